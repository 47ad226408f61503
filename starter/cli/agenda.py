"""`leads agenda`: one list of work per role and person."""

import difflib
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from client.lists import LeadLists, lead_lists
from config.policy_file import current_policy
from process.actor import plain_name
from process.policy import TEAMS, Policy
from process.types import Role
from process.views.agenda_items import AHEAD, Agenda, AgendaItem, Section
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from starter.cli.stuck import warn_of_stuck
from starter.cli.warnings import warn_of_outdated

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

    It comes from the ledger, in one read: no lead is asked, and no worker is needed.

    Example: leads agenda --for sales
    """
    known = read_settings()
    with lead_lists(known) as rows:
        found = rows.agenda(datetime.now(UTC))
        mine = found.for_(for_, _roles(for_, rows, current_policy(known))) if for_ else found
    out = Output(as_json=json)
    if not out.value(mine):
        show(mine, out)
    warn_of_outdated(found.outdated, json=json)
    await warn_of_stuck(json=json)


def _roles(name: str, rows: LeadLists, policy: Policy) -> frozenset[Role]:
    """Return the roles of this role or person. Raises CommandFailed, with near names, for one that nobody knows."""
    wanted = plain_name(name)
    of_role = {
        role: {plain_name(each) for each in (*policy.people.get(role, ()), *policy.addresses.get(role, ()))}
        for role in Role
    }
    roles = frozenset(role for role, names in of_role.items() if wanted in names)
    if roles or wanted in {role.value for role in TEAMS}:
        return roles
    people = {plain_name(each) for each in rows.people()}
    if wanted in people:
        return roles
    known = people.union(*of_role.values(), (role.value for role in TEAMS))
    near = difflib.get_close_matches(wanted, sorted(known), n=3)
    meant = f"Did you mean {' or '.join(near)}?" if near else f"Roles are {', '.join(sorted(TEAMS))}."
    raise CommandFailed(ExitCode.USAGE, f"{name!r} is no role, and nobody of that name has one. {meant}")


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
    days += ["today"] if item.until == (item.day or found.day) else []
    days += [f"since {item.open_since}"] if item.open_since else []
    return f"{item.text}{' · ' if days else ''}{', '.join(days)} · {item.lead_id} {item.heading}"
