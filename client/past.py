"""Reads the past of leads from the ledger, without writing to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from client.errors import AmbiguousLead, LeadErased, LeadNotInLedger
from client.lists import LONGEST_NAME, leads_by_words, open_ledger
from config.settings import Settings
from ledger.errors import LeadErased as KeyDestroyed
from ledger.reader import LedgerReader
from ledger.rows import mentions
from process.core.events import Event
from process.core.fold import fold
from process.identity import issue_name, issue_named, slug_of


class Past:
    """The leads in the ledger, including those past Temporal's retention."""

    def __init__(self, ledger: LedgerReader, leads_repo: str) -> None:
        self._ledger = ledger
        self.leads_repo = leads_repo
        self.location = ledger.location

    def lead_ids(self) -> tuple[str, ...]:
        """Return the ids of all leads, in order."""
        return tuple(head.lead_id for head in self._ledger.heads())

    def find(self, name: str) -> str:
        """Return the id of the lead with this name, as `Directory.find` does, among all leads in the ledger.

        Raises LeadNotInLedger or AmbiguousLead.
        """
        wanted = name.strip()
        if not wanted.removeprefix("lead-") or len(wanted) > LONGEST_NAME:
            raise LeadNotInLedger(name, self.location)
        if issue := issue_named(wanted, self.leads_repo):
            return self._only(name, self._with_issue(*issue))
        beginnings = dict.fromkeys(
            [wanted, f"lead-{wanted}", *(f"lead-{slug}" for slug in [slug_of(wanted)] if slug)]
        )
        found = {lead_id: lead_id for each in beginnings for lead_id in self._beginning(each)}
        for lead_id in (wanted, f"lead-{wanted}"):
            if lead_id in found:
                return lead_id
        return self._only(name, found | leads_by_words(self._ledger, wanted))

    def _only(self, name: str, found: Mapping[str, str]) -> str:
        """Return the only lead of these. Raises LeadNotInLedger or AmbiguousLead."""
        if len(found) > 1:
            raise AmbiguousLead(name, list(found.values()))
        if not found:
            raise LeadNotInLedger(name, self.location)
        return next(iter(found))

    def _with_issue(self, repo: str, number: int) -> dict[str, str]:
        rows = self._ledger.rows(mentions(f"/{repo}/issues/{number}"), order=("opened_at",))
        name = f"{repo}#{number}"
        return {
            row.lead_id: row.lead_id
            for row in rows
            if name in (issue_name(row.issue), issue_name(row.hub_issue))
        }

    def _beginning(self, beginning: str) -> list[str]:
        return [head.lead_id for head in self._ledger.heads(beginning)] if beginning else []

    def events(self, lead_id: str) -> tuple[Event, ...]:
        """Return the events of a lead, see `events_of`."""
        return events_of(self._ledger, lead_id)


def events_of(ledger: LedgerReader, lead_id: str) -> tuple[Event, ...]:
    """Return the lead's events in order, up to the first gap; none if this code cannot read them as a lead.

    Raises LeadErased if the lead's key was destroyed.
    """
    try:
        events = tuple(ledger.events(lead_id))
        fold(events[:1], lead_id)
    except KeyDestroyed:
        raise LeadErased(lead_id) from None
    except ValueError:
        return ()
    return events


@contextmanager
def past(known: Settings) -> Iterator[Past]:
    """Open the ledger for reading. Raises LedgerFailed if there is none or it cannot be reached."""
    with open_ledger(known) as ledger:
        yield Past(ledger, known.github.leads_repo)
