"""Effects within the service: notices to other leads, the ledger, and messages to a repaired lead."""

from process.effects.base import Effect
from process.lead.lead import Lead
from process.types import Id


class NotifyLeads(Effect):
    """Notifies each lead that this one may duplicate, or was merged into, of their relation now."""

    kind = "notify_leads"
    queue = "other leads"
    alone = True
    needs = frozenset(("duplicates", "originals", "questionnaire"))
    coalesces = True

    def ready(self, lead: Lead) -> bool:
        return lead.issue is not None  # they link to it

    def summary(self) -> str:
        return "Notify the other leads of their relation to this one"


class CollectMessages(Effect):
    """Sends the lead the messages that its stuck run got while the lead was being repaired."""

    kind = "collect_messages"
    queue = "messages"
    alone = True
    run_id: Id
    after: int
    """Number of the newest event of that run's history whose messages the lead knows."""

    def summary(self) -> str:
        return "Collect the messages that came while the lead was being repaired"


class RecordEvents(Effect):
    """Writes the lead's new events to the ledger, after the attempt within the workflow task failed."""

    kind = "record_events"
    queue = "ledger"
    alone = True
    coalesces = True

    def summary(self) -> str:
        return "Write the events to the ledger, which was away"
