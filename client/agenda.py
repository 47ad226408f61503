"""The agenda of all leads, collected by asking each of them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from temporalio.service import RPCError

from client.directory import LeadRow
from client.errors import LeadsError, LeadStuck, NoWorker
from client.leads import LeadsClient
from process.types import Role, Stage
from process.views.agenda import AHEAD, Agenda, AgendaItem, Section
from workflows.lead import LeadWorkflow

MAX_CONCURRENT = 20
"""Number of leads asked at the same time: enough to keep a worker busy without starving other callers."""

Progress = Callable[[int, int], None]
"""Called with the number of leads asked so far, and the number of all."""


async def collect_agenda(leads: LeadsClient, now: datetime, progress: Progress | None = None) -> Agenda:
    """Return the agenda of all leads that are not archived."""
    rows = [row async for row in leads.list_leads(Stage, ours=True)]
    return Agenda.of(now.date(), *await ask_leads(leads, rows, now, progress))


async def ask_leads(
    leads: LeadsClient, rows: Sequence[LeadRow], now: datetime, progress: Progress | None = None
) -> tuple[list[AgendaItem], list[str]]:
    """Return the agenda items of these leads, and the ids of the leads that did not answer.

    A lead that does not answer contributes the items that its row in the list implies. If the first leads
    show that no worker runs, the others are not asked.
    """
    found: list[AgendaItem] = []
    unreachable: list[str] = []
    answered, done = False, 0
    free = asyncio.Semaphore(MAX_CONCURRENT)

    async def ask(row: LeadRow) -> None:
        nonlocal answered, done
        async with free:
            try:
                if unreachable and not answered:
                    raise NoWorker(leads.task_queue)
                handle = leads.client.get_workflow_handle_for(LeadWorkflow.run, row.lead_id)
                found.extend(await leads.agenda(handle, now))
                answered = True
            except LeadStuck:
                answered = True
                found.extend((_stuck(row), *_items_of_row(row, now)))
            except (LeadsError, RPCError):
                unreachable.append(row.lead_id)
                found.extend(_items_of_row(row, now))
            done += 1
            if progress:
                progress(done, len(rows))

    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(ask(row))
    return found, unreachable


def _stuck(row: LeadRow) -> AgendaItem:
    return AgendaItem(
        section=Section.STUCK,
        role=Role.ENGINEERING,
        lead_id=row.lead_id,
        heading=row.heading,
        text="The lead is stuck: it cannot be replayed with the worker's code",
        link=row.url,
    )


def _items_of_row(row: LeadRow, now: datetime) -> Iterator[AgendaItem]:
    """Return the items that the list alone implies, for a lead that was not asked."""

    def item(section: Section, role: Role, text: str, until: date | None = None) -> AgendaItem:
        return AgendaItem(
            section=section,
            role=role,
            lead_id=row.lead_id,
            heading=row.heading,
            text=text,
            link=row.url,
            until=until,
        )

    owner = Role(row.owner or Role.SALES)
    if row.attention:
        yield item(Section.ATTENTION, Role.SALES, f"{row.attention} things need attention")
    if row.failed:
        yield item(Section.STUCK, Role.ENGINEERING, f"{row.failed} effects failed for good")
    if row.on_hold or owner is Role.COMMUNITY:
        yield item(Section.WAITING, Role.SALES, "On hold" if row.on_hold else f"Waits for {owner}")
    elif owner is not Role.NOBODY:
        yield item(Section.DUE, owner, f"The next step of a lead at {row.stage}")
    if row.next_date and now < row.next_date <= now + AHEAD:
        role = Role.SALES if owner in (Role.NOBODY, Role.COMMUNITY) else owner
        yield item(Section.UPCOMING, role, "A deadline is reached", row.next_date.date())
