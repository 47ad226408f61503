"""Reads the past of leads from the ledger, without writing to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from client.errors import AmbiguousLead, LeadNotInLedger
from client.lists import open_ledger
from config.settings import Settings
from ledger.entries import event_of
from ledger.events import Ledger
from ledger.rebuilding import without_gaps
from process.core.events import Event
from process.core.fold import fold


class Past:
    """The leads in the ledger, including those past Temporal's retention."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.location = ledger.location

    def lead_ids(self) -> tuple[str, ...]:
        """Return the ids of all leads, in order."""
        return tuple(head.lead_id for head in self._ledger.heads())

    def find(self, name: str) -> str:
        """Return the id of the lead with this name, or with the only id that begins so (`lead-` may be left out).

        Raises LeadNotInLedger or AmbiguousLead.
        """
        wanted = name.strip()
        found = self._beginning(wanted)
        if wanted in found:
            return wanted
        if wanted.removeprefix("lead-"):
            found += self._beginning(f"lead-{wanted}")
        else:
            found = []
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousLead(name, found)
        raise LeadNotInLedger(name, self.location)

    def _beginning(self, beginning: str) -> list[str]:
        return [head.lead_id for head in self._ledger.heads(beginning)] if beginning else []

    def events(self, lead_id: str) -> tuple[Event, ...]:
        """Return the events of a lead, see `events_of`."""
        return events_of(self._ledger, lead_id)


def events_of(ledger: Ledger, lead_id: str) -> tuple[Event, ...]:
    """Return the lead's events in order, up to the first gap; none if this code cannot read them as a lead."""
    try:
        events = tuple(event_of(entry) for entry in without_gaps(ledger.entries(lead_id)))
        fold(events[:1], lead_id)
    except ValueError:
        return ()
    return events


@contextmanager
def past(known: Settings) -> Iterator[Past]:
    """Open the ledger for reading. Raises LedgerFailed if there is none or it cannot be reached."""
    with open_ledger(known) as ledger:
        yield Past(ledger)
