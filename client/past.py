"""Reads the past of leads from the ledger, without writing to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from client.errors import AmbiguousLead, LeadNotInLedger, LedgerFailed
from config.settings import Settings
from ledger.entries import event_of
from ledger.events import Head, Ledger, LedgerError
from process.core.events import Event
from process.core.fold import fold


class Past:
    """The leads in the ledger, including those past Temporal's retention."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.location = ledger.location
        self.heads: dict[str, Head] = {head.lead_id: head for head in ledger.heads()}

    def find(self, name: str) -> str:
        """Return the id of the lead with this name, or with the only id that begins so (`lead-` may be left out).

        Raises LeadNotInLedger or AmbiguousLead.
        """
        wanted = name.strip()
        if wanted in self.heads:
            return wanted
        known = wanted.removeprefix("lead-")
        beginnings = (wanted, f"lead-{wanted}")
        found = [lead_id for lead_id in self.heads if known and lead_id.startswith(beginnings)]
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousLead(name, found)
        raise LeadNotInLedger(name, self.location)

    def events(self, lead_id: str) -> tuple[Event, ...]:
        """Return the events of a lead, see `events_of`."""
        return events_of(self._ledger, lead_id)


def events_of(ledger: Ledger, lead_id: str) -> tuple[Event, ...]:
    """Return the lead's events in order, up to the first gap; none if this code cannot read them as a lead."""
    entries = ledger.entries(lead_id)
    whole = [entry for number, entry in enumerate(entries, start=1) if entry.seq == number]
    try:
        events = tuple(event_of(entry) for entry in whole)
        fold(events[:1], lead_id)
    except ValueError:
        return ()
    return events


@contextmanager
def past(known: Settings) -> Iterator[Past]:
    """Open the ledger for reading. Raises LedgerFailed if there is none or it cannot be reached."""
    try:
        ledger = Ledger.open(known.ledger_url.get_secret_value(), read_only=True)
        try:
            yield Past(ledger)
        finally:
            ledger.close()
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
