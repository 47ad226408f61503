"""`leads agenda`: one list of work per role and person."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from client.agendas import whose
from client.lists import lead_lists
from config.policy_file import current_policy
from process.views.agenda_items import TITLES, Agenda, AgendaItem, Section
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.output import Output
from starter.cli.stuck import warn_of_stuck
from starter.cli.warnings import warn_of_outdated


async def agenda(
    *,
    for_: Annotated[
        str | None,
        Parameter("--for", help="Only for this role, or this person: name, GitHub login or mail address."),
    ] = None,
    json: Json = False,
) -> None:
    """List what is due, overdue, waited for, stuck and upcoming, by role and person.

    It comes from the ledger, in one read: no lead is asked, and no worker is needed.

    Example: leads agenda --for sales
    """
    known = read_settings()
    with lead_lists(known) as rows:
        found = rows.agenda(datetime.now(UTC))
        roles = whose(current_policy(known), rows.people, for_).roles if for_ else ()
        mine = found.for_(for_, roles) if for_ else found
    out = Output(as_json=json)
    if not out.value(mine):
        show(mine, out)
    warn_of_outdated(found.outdated, json=json)
    await warn_of_stuck(known, json=json)


def show(found: Agenda, out: Output) -> None:
    """Print the agenda by owner, and by section."""
    if not found.items:
        out.line("Nothing to do.", "green")
    for place, owner in enumerate(found.owners()):
        if place:
            out.line()
        out.line(owner, "bold")
        for section in Section:
            if lines := found.section(owner, section):
                style = "yellow" if section in (Section.ATTENTION, Section.OVERDUE, Section.STUCK) else ""
                out.items([TITLES[section]], "bold")
                out.items([f"  {line(item, found)}" for item in lines], style)


def line(item: AgendaItem, found: Agenda) -> str:
    """Return the item as one line: task, dates, lead."""
    days = [f"by {item.due}"] if item.due else []
    days += ["today"] if item.until == (item.day or found.day) else []
    days += [f"since {item.open_since}"] if item.open_since else []
    return f"{item.text}{' · ' if days else ''}{', '.join(days)} · {item.lead_id} {item.heading}"
