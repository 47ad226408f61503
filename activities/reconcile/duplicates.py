"""Flags duplicates that intake missed: leads opened at the same moment, or alike only since a later change.

A reconciliation reads the rows of the leads that changed since the last one, and compares each with the open leads of
the same organisation or mail domain. Of two alike leads that nobody has compared, the one at the earlier stage is
flagged; if both are at the first stage, the younger.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime
from temporalio import activity

from activities.issue_sync.context import in_thread
from activities.reconcile.cursors import Sweep
from activities.reconcile.progress import Progress
from activities.reconcile.rows import LeadRows
from client.leads import LeadsClient
from config.settings import Settings
from process.duplicates.matching import MatchKeys, match_reasons
from process.lead.duplicate_links import MAX_ORIGINALS, DuplicateLink, MatchReason
from process.types import Base, Id, Stage
from process.views.lead_row import LeadRow
from workflows.reconcile import SystemResult

BATCH = 100
"""Number of leads that are compared at once; after each batch the position is kept."""
OVERLAP = timedelta(minutes=2)
"""Time span that is read again: clocks differ, and a row may be written a moment late."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class DuplicatesCursor(Base):
    """Position in the order of the leads' last changes, and of the walk over all leads."""

    at: AwareDatetime = LONG_AGO
    lead_id: Id = ""
    """Time of the last change that was read, and its lead."""
    sweep: Sweep = Sweep()


class DuplicateReconciler:
    """Flags leads that look alike. `leads` uses the worker's own client."""

    def __init__(self, leads: LeadsClient, rows: LeadRows, settings: Settings) -> None:
        self.leads = leads
        self.rows = rows
        self.settings = settings

    @activity.defn(name="reconcile_duplicates")
    async def reconcile_duplicates(self, cursor: dict[str, Any]) -> SystemResult:
        """Find open leads that look alike and were never compared, and flag the younger ones."""
        progress = Progress(DuplicatesCursor, cursor)
        if not (await self._changed(progress) and await self._look(progress)):
            return progress.result(more=True)
        progress.cursor.sweep.end()
        progress.cursor.at, progress.cursor.lead_id = progress.cursor.at - OVERLAP, ""
        return progress.result()

    async def _changed(self, progress: Progress[DuplicatesCursor]) -> bool:
        """Compare the leads that changed. Returns False if another activity has to go on."""
        cursor = progress.cursor
        while rows := await self.rows.changed_after(cursor.at, cursor.lead_id, BATCH):
            await self._compare(progress, rows)
            cursor.at, cursor.lead_id = rows[-1].updated_at, rows[-1].lead_id
            progress.save()
            if progress.is_over:
                return False
        return True

    async def _look(self, progress: Progress[DuplicatesCursor]) -> bool:
        """Compare a slice of all leads, in case that a row was written late. Returns False as `_changed` does."""
        sweep, github = progress.cursor.sweep, self.settings.github
        sweep.begin(await self.rows.count(), github.reconcile_minutes, github.sweep_hours, BATCH)
        while sweep.left:
            rows, more = await self.rows.after(sweep.after, min(BATCH, sweep.left))
            await self._compare(progress, rows)
            sweep.advance([row.lead_id for row in rows], more=more)
            progress.save()
            if progress.is_over and sweep.left:
                return False
        return True

    async def _compare(self, progress: Progress[DuplicatesCursor], rows: Sequence[LeadRow]) -> None:
        found = await in_thread(likely_duplicates, rows, await self.rows.alike(rows))
        for lead_id, links in found.items():
            handle = self.leads.client.get_workflow_handle(lead_id)
            await self.leads.flag_duplicates(handle, links)
            progress.find(f"{lead_id} may be the same as {', '.join(link.lead_id for link in links)}")


def likely_duplicates(rows: Iterable[LeadRow], others: Iterable[LeadRow]) -> dict[str, list[DuplicateLink]]:
    """Return the leads to flag, each with the leads that it may duplicate: pairs of a row with one of the others."""
    found: dict[str, list[DuplicateLink]] = {}
    for one, other in _pairs(rows, others):
        earlier, later = (one, other) if _rank(one) < _rank(other) else (other, one)
        if later.stage is not Stage.LEAD or _are_linked(one, other):
            continue
        links = found.setdefault(later.lead_id, [])
        if len(later.linked) + len(links) < MAX_ORIGINALS and (reasons := _reasons(earlier, later)):
            heading, url = earlier.heading, earlier.issue
            links.append(DuplicateLink(lead_id=earlier.lead_id, reasons=reasons, heading=heading, url=url))
    return {lead_id: links for lead_id, links in found.items() if links}


def _pairs(rows: Iterable[LeadRow], others: Iterable[LeadRow]) -> Iterator[tuple[LeadRow, LeadRow]]:
    """Yield each pair of a row and another lead once, if they have a key in common."""
    alike: dict[str, list[LeadRow]] = {}
    for other in others:
        for key in _keys(other):
            alike.setdefault(key, []).append(other)
    done = set[str]()
    for row in rows:
        done.add(row.lead_id)
        together = {each.lead_id: each for key in _keys(row) for each in alike.get(key, ())}
        yield from ((row, other) for lead_id, other in together.items() if lead_id not in done)


def _keys(row: LeadRow) -> list[str]:
    return [f"org {row.org_key}", *([f"contact {row.contact_key}"] if row.contact_key else [])]


def _reasons(one: LeadRow, other: LeadRow) -> tuple[MatchReason, ...]:
    return match_reasons(
        *(MatchKeys(row.org_key, row.title_key, row.contact_key, row.address_key) for row in (one, other))
    )


def _rank(row: LeadRow) -> tuple[bool, datetime, str]:
    """Sort the lead that is flagged last: the one at the first stage, or else the younger."""
    return row.stage is Stage.LEAD, row.opened_at, row.lead_id


def _are_linked(one: LeadRow, other: LeadRow) -> bool:
    """Return True if one of the leads already has a link to the other."""
    return other.lead_id in one.linked or one.lead_id in other.linked
