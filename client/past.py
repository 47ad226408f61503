"""The past of leads, as the ledger has it. It is read, and nothing is made or written."""

from collections.abc import Iterator
from contextlib import contextmanager

from client.errors import AmbiguousLead, LeadNotInLedger, LedgerFailed
from config.settings import Settings
from ledger.entries import event_of
from ledger.events import Head, Ledger, LedgerError
from process.core.events import Event
from process.core.fold import fold


class Past:
    """What the ledger has of all leads, also of those that Temporal has forgotten."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.location = ledger.location
        self.heads: dict[str, Head] = {head.lead_id: head for head in ledger.heads()}

    def find(self, name: str) -> str:
        """The lead of this id, or of the only id that begins so (`lead-` may be left out).

        Raises CommandError: not found, or ambiguous.
        """
        wanted = name.strip()
        if wanted in self.heads:
            return wanted
        known = wanted.removeprefix("lead-")
        beginnings = (wanted, f"lead-{wanted}")
        found = [lead for lead in self.heads if known and lead.startswith(beginnings)]
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousLead(name, found)
        raise LeadNotInLedger(name, self.location)

    def events(self, lead: str) -> tuple[Event, ...]:
        """All that it has of a lead, as `events_of` gives it."""
        return events_of(self._ledger, lead)


def events_of(ledger: Ledger, lead: str) -> tuple[Event, ...]:
    """All that the ledger has of a lead without gaps, in order; nothing where this code can't read it as a lead."""
    entries = ledger.entries(lead)
    whole = [entry for number, entry in enumerate(entries, start=1) if entry.seq == number]
    try:
        events = tuple(event_of(entry) for entry in whole)
        fold(events[:1], lead)
    except ValueError:
        return ()
    return events


@contextmanager
def past(known: Settings) -> Iterator[Past]:
    """The past, as long as it is read. Raises CommandError where there is no ledger, or it can't be reached."""
    try:
        ledger = Ledger.open(known.ledger_url.get_secret_value(), read_only=True)
        try:
            yield Past(ledger)
        finally:
            ledger.close()
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
