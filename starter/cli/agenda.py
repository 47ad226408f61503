"""`leads agenda`: one list of work per role and person."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from client.agenda import collect_agenda
from process.views.agenda import AHEAD, Agenda, AgendaItem, Section
from starter.cli.options import Json
from starter.cli.output import Output, console, progress
from starter.cli.session import leads_of
from starter.cli.stuck import warn_of_stuck

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
    """List what is due, overdue, waited for, stuck and upcoming, by role and person.

    Asks every lead. Without a worker, it shows what Temporal's list of leads knows.

    Example: leads agenda --for sales
    """
    leads = await leads_of()
    with progress(hidden=json) as shown:
        bar = shown.add_task("Asking the leads")
        found = await collect_agenda(
            leads, datetime.now(UTC), lambda done, total: shown.update(bar, completed=done, total=total)
        )
    mine = found.for_(for_) if for_ else found
    out = Output(as_json=json)
    if not out.value(mine):
        show(mine, out)
    if found.unreachable and not json:
        console(stderr=True).print(_missing(found), style="yellow", soft_wrap=True)
    await warn_of_stuck(json=json)


def show(found: Agenda, out: Output) -> None:
    """Print the agenda by owner, and by section."""
    if not found.items:
        out.line("Nothing to do.", "green")
    for owner in found.owners():
        out.heading(owner)
        for section in Section:
            if lines := found.section(owner, section):
                style = "yellow" if section in (Section.ATTENTION, Section.OVERDUE, Section.STUCK) else ""
                out.items([TITLES[section]], "bold")
                out.items([f"  {line(item, found)}" for item in lines], style)


def line(item: AgendaItem, found: Agenda) -> str:
    """Return the item as one line: task, dates, lead."""
    days = [f"by {item.due}"] if item.due else []
    days += ["today"] if item.until == found.day else []
    days += [f"since {item.open_since}"] if item.open_since else []
    return f"{item.text}{' · ' if days else ''}{', '.join(days)} · {item.lead_id} {item.heading}"


def _missing(found: Agenda) -> str:
    some = f"{', '.join(found.unreachable[:5])}{' …' if len(found.unreachable) > 5 else ''}"
    return (
        f"leads: {len(found.unreachable)} leads did not answer ({some}). For these, only what Temporal's list knows is "
        "shown: no dates, invoices or persons. Is a worker running?"
    )
