"""Lists of leads, read from their rows in the ledger: no workflow is asked, and no worker is needed."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal, NamedTuple

from client.errors import LedgerFailed
from client.ledgers import reader_of
from config.settings import Settings
from ledger.errors import LedgerError
from ledger.lag import Lag
from ledger.reader import LedgerReader
from ledger.rows import (
    Filter,
    any_of,
    below,
    differs,
    equals,
    from_,
    mentions,
    needs_attention,
    one_of,
    up_to,
)
from process.github.titles import split_heading
from process.identity import org_key, same_text
from process.types import OPEN_STAGES, Role, Stage
from process.views.agenda_items import Agenda, AgendaItem
from process.views.digest import DigestMail, Digests, Week
from process.views.lead_row import GRACE, LeadRow

Order = Literal["opened", "next-date", "contract-end", "updated", "lead"]
_COLUMNS: dict[Order, str] = {
    "opened": "opened_at",
    "next-date": "next_date",
    "contract-end": "contract_end",
    "updated": "-updated_at",
    "lead": "lead_id",
}

LONGEST_NAME = 500
"""Characters of a name by which a lead may be found. A database takes no pattern of any length."""

_NOT_ARCHIVED = equals("archived", False)
_OPEN = (_NOT_ARCHIVED, one_of("stage", sorted(OPEN_STAGES)))


class Selection(NamedTuple):
    """Leads to list: those that all given conditions fit."""

    stages: Collection[Stage] = OPEN_STAGES
    owner: Role | None = None
    attention: bool = False
    """True for leads that have a concern or an effect that failed for good."""
    org: str | None = None
    archived: bool = False
    """True to select archived leads, too."""
    since: datetime | None = None
    """Earliest time at which it was opened."""
    before: datetime | None = None
    """Time before which it was opened."""
    ends_by: date | None = None
    """Latest day on which its contract ends; leads without a contract do not fit."""
    unpaid: bool = False
    """True for leads that have an invoice that is neither paid nor voided."""

    def filters(self) -> list[Filter]:
        """Return the conditions for the ledger."""
        found = [one_of("stage", sorted(self.stages))]
        if not self.archived:
            found.append(_NOT_ARCHIVED)
        if self.owner:
            found.append(equals("owner", self.owner.value))
        if self.attention:
            found.append(needs_attention())
        if self.org:
            found.append(equals("org_key", org_key(self.org)))
        if self.since:
            found.append(from_("opened_at", self.since))
        if self.before:
            found.append(below("opened_at", self.before))
        if self.ends_by:
            found.append(up_to("contract_end", self.ends_by))
        return found

    def fits(self, row: LeadRow) -> bool:
        """Return True if the row fits the conditions that the ledger has no column for."""
        return bool(row.open_invoices) or not self.unpaid


class DigestsOfWeek(NamedTuple):
    """The mails of a week's digest, and the number of leads that were read for them."""

    mails: tuple[DigestMail, ...]
    leads: int


class LeadLists:
    """Reads the leads' rows in one ledger. Every method raises LedgerFailed if that cannot be read."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    @classmethod
    def of(cls, settings: Settings) -> "LeadLists":
        """Return the rows in the ledger of these settings, which is made if it is missing. It connects at its first use."""
        return cls(reader_of(settings, read_only=False))

    def list_leads(
        self, selection: Selection, order: Order = "opened", limit: int | None = None
    ) -> list[LeadRow]:
        """Return the first `limit` leads in this order."""
        with failing():
            filters, columns = selection.filters(), (_COLUMNS[order],)
            if not selection.unpaid:
                return self._ledger.rows(*filters, order=columns, limit=limit)
            found = self._ledger.rows(*filters, order=columns)
        return [row for row in found if selection.fits(row)][:limit]

    def losses(self, org: str) -> list[LeadRow]:
        """Return the leads of this organisation that were lost, also archived ones, without merged duplicates."""
        with failing():
            found = self._ledger.rows(
                equals("stage", Stage.LOST.value), equals("org_key", org_key(org)), order=("opened_at",)
            )
        return [row for row in found if not row.merged_into]

    def by_words(self, text: str) -> dict[str, str]:
        """Return the leads whose organisations have all of these words, not archived: id -> name for people."""
        with failing():
            return leads_by_words(self._ledger, text, _NOT_ARCHIVED)

    def count_by_stage(self, selection: Selection) -> dict[Stage, int]:
        """Return the number of leads at each stage that has any."""
        with failing():
            if selection.unpaid:
                each = self._ledger.each_row(*selection.filters())
                found: Mapping[str, int] = Counter(row.stage.value for row in each if selection.fits(row))
            else:
                found = self._ledger.counts("stage", *selection.filters())
        return {stage: found[stage.value] for stage in Stage if stage.value in found}

    def count(self) -> int:
        """Return the number of leads that are not archived."""
        return sum(self.count_by_stage(Selection(tuple(Stage))).values())

    def each(self) -> Iterator[LeadRow]:
        """Yield all leads that are not archived, in one read."""
        with failing():
            yield from self._ledger.each_row(_NOT_ARCHIVED)

    def _on_agenda(self, now: datetime) -> Iterator[LeadRow]:
        with failing():
            yield from self._ledger.each_row(
                _NOT_ARCHIVED, any_of(up_to("agenda_from", now), up_to("right_until", now - GRACE))
            )

    def agenda(self, now: datetime) -> Agenda:
        """Return the agenda of all leads that are not archived.

        Only rows that have an item by now, or have not followed their dates, are read.
        """
        items: list[AgendaItem] = []
        outdated: list[str] = []
        for row in self._on_agenda(now):
            items += row.agenda(now)
            if row.is_outdated(now):
                outdated.append(row.lead_id)
        return Agenda.of(now.date(), items, outdated)

    def people(self) -> frozenset[str]:
        """Return the names, logins and addresses of all who have a role for a lead. It reads every row."""
        assigned = (known for row in self.each() for known in row.assigned.values())
        return frozenset(name for known in assigned for name in known.names)

    def count_outdated(self, now: datetime) -> int:
        """Return the number of leads that should have written their row anew long before this moment."""
        with failing():
            counts = self._ledger.counts("archived", _NOT_ARCHIVED, up_to("right_until", now - GRACE))
        return sum(counts.values())

    def lag(self, now: datetime) -> Lag:
        """Return the lag of the read tables."""
        with failing():
            return self._ledger.lag(now)

    def digests(self, week: Week, now: datetime) -> DigestsOfWeek:
        """Return the mails of the week's digest as of now."""
        digests, leads, outdated = Digests(week), 0, 0
        for row in self._on_agenda(now):
            digests.add(row.agenda(now))
            leads += 1
            outdated += row.is_outdated(now)
        return DigestsOfWeek(digests.mails(outdated), leads)

    def policies(self) -> dict[str, int]:
        """Return the number of open leads under each version of the policy."""
        with failing():
            return self._ledger.counts("policy", *_OPEN)

    def under_policy(self, version: str, limit: int | None = None) -> list[LeadRow]:
        """Return the open leads under this version of the policy, oldest first."""
        with failing():
            return self._ledger.rows(*_OPEN, equals("policy", version), order=("opened_at",), limit=limit)

    def under_another_policy(self, version: str, limit: int | None = None) -> list[LeadRow]:
        """Return the open leads under another version of the policy, oldest first."""
        with failing():
            return self._ledger.rows(*_OPEN, differs("policy", version), order=("opened_at",), limit=limit)


def leads_by_words(ledger: LedgerReader, text: str, *where: Filter) -> dict[str, str]:
    """Return the leads whose organisations have words that begin with each of these: id -> name for people."""
    words = same_text(text).split() if len(text) <= LONGEST_NAME else []
    where += tuple(mentions(word) for word in words if word.isascii() and word.isalnum())
    rows = ledger.rows(*where, order=("opened_at",)) if words else []
    return {row.lead_id: f"{row.lead_id} “{row.heading}”" for row in rows if _has_words(row, words)}


def _has_words(row: LeadRow, words: list[str]) -> bool:
    """Return True if the organisation's name has each of the words, or a word that begins so."""
    heading = split_heading(row.heading)
    org = same_text(heading.names.rpartition(" / ")[0] or heading.names) if heading else ""
    known = re.findall(r"[^\s,;:/()\[\]–—-]+", org)
    return all(any(each.startswith(word) for each in known) for word in words)


@contextmanager
def lead_lists(settings: Settings) -> Iterator[LeadLists]:
    """Open the ledger of these settings for reading. Raises LedgerFailed if there is none."""
    with open_ledger(settings) as ledger:
        yield LeadLists(ledger)


@contextmanager
def open_ledger(settings: Settings) -> Iterator[LedgerReader]:
    """Open the ledger of these settings for reading. Raises LedgerFailed if there is none or it cannot be reached."""
    with failing():
        ledger = reader_of(settings)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def failing() -> Iterator[None]:
    """Translate the ledger's errors into LedgerFailed."""
    try:
        yield
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error


def recorded_in(settings: Settings, lead_id: str) -> bool:
    """Return True if the ledger of these settings has a lead with this id; False while it is away."""
    try:
        with open_ledger(settings) as ledger:
            return ledger.last_seq(lead_id) > 0
    except LedgerFailed:
        return False
