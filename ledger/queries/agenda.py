"""The agenda of a role or a person, page by page, without reading the rows of all leads."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, select, union_all

from ledger.queries.cursors import beyond, read_cursor, write_cursor
from ledger.queries.rows import rows_of
from ledger.read_tables import AGENDA, NAMES
from process.actor import plain_name
from process.types import Role
from process.views.agenda_items import Section
from process.views.lead_row import LeadRow

PAGE: Final = 50
COUNTED: Final = 1_000
"""Number up to which the lines of a section are counted."""
_SECTIONS: Final = tuple(Section)
_ORDER: Final = ("section", "day", "lead_id", "number")


class Item(NamedTuple):
    """One line of an agenda."""

    section: Section
    role: Role
    text: str
    since: date | None
    until: date | None
    row: LeadRow


class Agenda(NamedTuple):
    """Some lines, by section and urgency, and the cursor of the next ones if there are more."""

    items: tuple[Item, ...]
    after: str | None


class Whose(NamedTuple):
    """The role or person whose agenda is asked for."""

    name: str = ""
    """Name, login or address of a person; empty for roles alone."""
    roles: Collection[Role] = ()
    """Roles whose lines are wanted: those of a person only where nobody else has the role for the lead."""

    def conditions(self, moment: datetime) -> list[ColumnElement[bool]]:
        """Return conditions on the lines, of which one must hold. No line fits two of them."""
        holds = (AGENDA.c.holds_from <= moment, AGENDA.c.holds_until > moment)
        anybodys = [AGENDA.c.is_assigned == false()] if self.name else []
        # role by role, so that each is read in the order of the index
        found = [and_(AGENDA.c.role == str(role), *holds, *anybodys) for role in self.roles]
        if self.name:
            known = select(NAMES.c.lead_id, NAMES.c.role).where(NAMES.c.name == plain_name(self.name))
            theirs = known.subquery()
            mine = select(theirs.c.lead_id).where(
                theirs.c.lead_id == AGENDA.c.lead_id, theirs.c.role == AGENDA.c.role
            )
            of_leads = AGENDA.c.lead_id.in_(select(theirs.c.lead_id))
            found.append(and_(of_leads, mine.exists(), *holds))
        return found


def agenda(
    connection: Connection, whose: Whose, moment: datetime, after: str | None = None, limit: int = PAGE
) -> Agenda:
    """Return the lines that hold at this moment, the most urgent first. Raises BrokenCursor."""
    later = []
    if after is not None:
        later.append(beyond([AGENDA.c[name] for name in _ORDER], read_cursor(after, int, date, str, int)))
    parts = []
    for condition in whose.conditions(moment):
        wanted = select(AGENDA).where(condition, *later)
        parts.append(wanted.order_by(*(AGENDA.c[name] for name in _ORDER)).limit(limit + 1).subquery())
    if not parts:
        return Agenda((), None)
    lines = union_all(*(select(part) for part in parts)).subquery()
    found = connection.execute(
        select(lines).order_by(*(lines.c[name] for name in _ORDER)).limit(limit + 1)
    ).all()
    rows = rows_of(connection, {line.lead_id for line in found})
    items = tuple(
        Item(_SECTIONS[line.section], Role(line.role), line.text, line.since, line.until, rows[line.lead_id])
        for line in found[:limit]
        if line.lead_id in rows
    )
    last = found[limit - 1] if len(found) > limit else None
    after = write_cursor([last.section, last.day, last.lead_id, last.number]) if last else None
    return Agenda(items, after)


def counts(connection: Connection, whose: Whose, moment: datetime) -> dict[Section, int]:
    """Return the number of lines in each section that has any; at least one more than COUNTED means more."""
    some = [
        select(AGENDA.c.section).where(AGENDA.c.section == number, condition).limit(COUNTED + 1).subquery()
        for condition in whose.conditions(moment)
        for number in range(len(_SECTIONS))
    ]
    if not some:
        return {}
    lines = union_all(*(select(each) for each in some)).subquery()
    found = connection.execute(select(lines.c.section, func.count()).group_by(lines.c.section))
    counted = {row[0]: row[1] for row in found}
    return {section: counted[number] for number, section in enumerate(_SECTIONS) if number in counted}


def people(connection: Connection) -> list[str]:
    """Return all names, logins and addresses of people who have a role for a lead, in small letters."""
    return list(connection.scalars(select(NAMES.c.name).distinct().order_by(NAMES.c.name)))
