"""`leads agenda`: what is due, overdue, waited for and stuck, in one list per role and person."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from cyclopts import Parameter
from temporalio.service import RPCError

from client.directory import LeadRow
from client.errors import LeadsError, LeadStuck, NoWorker
from client.leads import LeadsClient
from process.types import Role, Stage
from process.views.agenda import AHEAD, Agenda, Item, Section
from starter.cli.options import Json
from starter.cli.output import Output, console, progress
from starter.cli.session import leads_of
from workflows.lead import LeadWorkflow

AT_ONCE = 20
"""Leads that are asked at the same time: enough to keep a worker busy, not so many that it keeps others waiting."""

TITLES = {
    Section.ATTENTION: "Needs attention",
    Section.OVERDUE: "Overdue",
    Section.DUE: "To do",
    Section.STUCK: "Stuck",
    Section.WAITING: "Waiting",
    Section.UPCOMING: f"In the next {AHEAD.days} days",
}


async def agenda(
    *,
    for_: Annotated[
        str | None,
        Parameter("--for", help="Only for this role, or this person: name, GitHub login or mail address."),
    ] = None,
    json: Json = False,
) -> None:
    """What is due, overdue, waited for, stuck and to come, in one list per role and person.

    Asks every lead; where no worker answers, it says what Temporal's own list knows.
    """
    leads = await leads_of()
    with progress(hidden=json) as shown:
        bar = shown.add_task("Asking the leads")
        found = await collected(
            leads, datetime.now(UTC), lambda done, total: shown.update(bar, completed=done, total=total)
        )
    mine = found.for_(for_) if for_ else found
    out = Output(as_json=json)
    if not out.value(mine):
        show(mine, out)
    if found.unasked and not json:
        console(stderr=True).print(_missing(found), style="yellow", soft_wrap=True)


def show(found: Agenda, out: Output) -> None:
    """Owner by owner, section by section."""
    if not found.items:
        out.line("Nothing to do.", "green")
    for owner in found.owners():
        out.heading(owner)
        for section in Section:
            if lines := found.section(owner, section):
                style = "yellow" if section in (Section.ATTENTION, Section.OVERDUE, Section.STUCK) else ""
                out.items([TITLES[section]], "bold")
                out.items([f"  {line(item, found)}" for item in lines], style)


def line(item: Item, found: Agenda) -> str:
    """A line of an agenda: what, by when or since when, and which lead."""
    days = [f"by {item.due}"] if item.due else []
    days += ["today"] if item.until == found.day else []
    days += [f"since {item.lasting}"] if item.lasting else []
    return f"{item.what}{' · ' if days else ''}{', '.join(days)} · {item.lead} {item.heading}"


def _missing(found: Agenda) -> str:
    some = f"{', '.join(found.unasked[:5])}{' …' if len(found.unasked) > 5 else ''}"
    return (
        f"leads: no answer from {len(found.unasked)} of the leads ({some}); of these only what Temporal's list knows is "
        "said: no dates, no invoices, no persons. Is a worker there?"
    )


async def collected(
    leads: LeadsClient, now: datetime, tell: Callable[[int, int], None] | None = None
) -> Agenda:
    """The agenda of all leads that are not archived. `tell` hears how many of how many were asked."""
    rows = [row async for row in leads.list_leads(Stage, ours=True)]
    return Agenda.of(now.date(), *await asked(leads, rows, now, tell))


async def asked(
    leads: LeadsClient, rows: Sequence[LeadRow], now: datetime, tell: Callable[[int, int], None] | None = None
) -> tuple[list[Item], list[str]]:
    """What these leads have to say, and which of them did not answer.

    The first that are asked show whether a worker is there at all: without one, the rest is not asked either.
    """
    found: list[Item] = []
    unasked: list[str] = []
    answered, done = False, 0
    ready = asyncio.Semaphore(AT_ONCE)

    async def ask(row: LeadRow) -> None:
        nonlocal answered, done
        async with ready:
            try:
                if unasked and not answered:
                    raise NoWorker(leads.task_queue)
                handle = leads.client.get_workflow_handle_for(LeadWorkflow.run, row.lead)
                found.extend(await leads.agenda(handle, now))
                answered = True
            except LeadStuck:
                answered = True
                found.extend((_stuck(row), *_listed(row, now)))
            except (LeadsError, RPCError):
                unasked.append(row.lead)
                found.extend(_listed(row, now))
            done += 1
            if tell:
                tell(done, len(rows))

    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(ask(row))
    return found, unasked


def _stuck(row: LeadRow) -> Item:
    return Item(
        section=Section.STUCK,
        role=Role.ENGINEERING,
        lead=row.lead,
        heading=row.heading,
        what="It does not go on with the worker's code (leads verify)",
        link=row.url,
    )


def _listed(row: LeadRow, now: datetime) -> Iterator[Item]:
    """What a list knows of a lead that was not asked."""

    def item(section: Section, role: Role, what: str, until: date | None = None) -> Item:
        return Item(
            section=section,
            role=role,
            lead=row.lead,
            heading=row.heading,
            what=what,
            link=row.url,
            until=until,
        )

    owner = Role(row.owner or Role.SALES)
    if row.attention:
        yield item(
            Section.ATTENTION, Role.SALES, f"{row.attention} things must not be overlooked (leads show)"
        )
    if row.failed:
        yield item(Section.STUCK, Role.ENGINEERING, f"{row.failed} effects failed for good (leads show)")
    if row.on_hold or owner is Role.COMMUNITY:
        yield item(Section.WAITING, Role.SALES, "On hold" if row.on_hold else f"Waits for {owner}")
    elif owner is not Role.NOBODY:
        yield item(Section.DUE, owner, f"The next step of a lead at {row.stage}")
    if row.next_date and now < row.next_date <= now + AHEAD:
        whose = Role.SALES if owner in (Role.NOBODY, Role.COMMUNITY) else owner
        yield item(Section.UPCOMING, whose, "The calendar moves", row.next_date.date())
