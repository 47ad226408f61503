"""Activity that records a lead's events in the ledger."""

from collections.abc import Iterator

from temporalio import activity

from activities.checks import Check
from activities.errors import again, park
from activities.performs import performs
from ledger.entries import entry_of
from ledger.events import Ledger, LedgerError, LedgerOutdated, LedgerUnavailable
from process.effects.requests import EffectRequest, Outcome


class LedgerActivities:
    """Records events in one ledger, which all threads share."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @performs("record_events")
    def record_events(self, request: EffectRequest) -> Outcome:
        """Record the events of the request. Returns the number of the newest event that the ledger has without a gap."""
        try:
            entries = [entry_of(request.lead.id, event) for event in request.events]
            after = entries[0].seq - 1 if entries else request.lead.last_seq
            return Outcome(
                recorded=self._ledger.append(
                    request.lead.id, entries, after=after, committed=not activity.info().is_local
                )
            )
        except (LedgerUnavailable, LedgerOutdated) as error:
            raise again(str(error)) from None
        except LedgerError as error:
            raise park(str(error)) from None

    def checks(self) -> Iterator[Check]:
        """Check that the ledger can be written."""
        try:
            status = self._ledger.check()
        except LedgerError as error:
            yield Check("Ledger", "can be written", ok=False, detail=str(error))
        else:
            detail = f"{status.engine} at {status.location}; events: {status.events}, leads: {status.leads}"
            yield Check("Ledger", "can be written", ok=True, detail=detail)
