"""Writes to the tables of the ledger, within a transaction that holds the lead until its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ledger.entry import Entry
from ledger.errors import LedgerRefused
from ledger.lag import is_stale
from ledger.projecting import continue_spans, feed, follows, forget_spans, remake_spans, write_lines
from ledger.rebuilding import read_lead, row_from, without_gaps
from ledger.rows import columns_of
from ledger.tables import ENTRIES, EVENTS, LEADS
from ledger.writing import VOID, Changes, LeadState, Standing, Writing, changes_of
from process.views.lead_row import LeadRow
from process.views.snapshot import Snapshot


class Reopening(NamedTuple):
    """A note that a person allowed a lead's workflow to write final events anew."""

    lead_id: str
    after: int
    """Events above this number could be written anew."""
    confirmed: int
    """Events up to this number had been final."""
    at: datetime
    by: str
    reason: str


# Made once, because each decision of each lead executes them.
_THIS = LEADS.c.lead_id == bindparam("of_lead")
_COLUMNS = (
    *("lead_id", "confirmed", "recorded", "last_seq", "last_at", "written_at", "updated_at"),
    *("version", "projected", "snapshot", "parts"),
)
_STATE = select(*(LEADS.c[name] for name in _COLUMNS)).where(_THIS).with_for_update()
_UPDATE = update(LEADS).where(_THIS)
_INSERT = insert(ENTRIES)
_FROM = (
    select(ENTRIES)
    .where(ENTRIES.c.lead_id == bindparam("of_lead"), ENTRIES.c.seq >= bindparam("first"))
    .order_by(ENTRIES.c.seq, ENTRIES.c.revision)
)


def write(
    connection: Connection, writing: Writing, row: LeadRow | None, snapshots: Sequence[Snapshot] = ()
) -> int:
    """Write events, row and read tables. Returns the number up to which the ledger has the events that the writer knows.

    Without a row the read tables are left behind, until the lead's next row or a rebuild.
    """
    lead = _hold(connection, writing.lead_id)
    first = max(writing.after, lead.confirmed) + 1
    if writing.entries:
        first = min(first, writing.entries[0].seq)
    standing = _standing(connection, writing.lead_id, first)
    changes = changes_of(writing, LeadState(lead.confirmed, lead.written_at), standing)
    _insert(connection, writing, changes)
    state = _state_after(connection, lead, writing, first, standing, changes)
    changed = {name: value for name, value in state.items() if getattr(lead, name) != value}
    if row and _is_kept(row, lead, changes):
        changed |= columns_of(row)
        changed |= write_lines(connection, writing.lead_id, row, lead.parts)
    changed |= _project(connection, lead, writing, changes, state["recorded"], snapshots, has_row=bool(row))
    if changed:
        connection.execute(_UPDATE, changed | {"of_lead": writing.lead_id})
    feed(connection, writing.lead_id, changes.written)
    return min(int(state["recorded"]), writing.last)


def _project(
    connection: Connection,
    lead: Any,
    writing: Writing,
    changes: Changes,
    recorded: int,
    snapshots: Sequence[Snapshot],
    *,
    has_row: bool,
) -> dict[str, Any]:
    """Write the lead's spans, from snapshots if they follow, else from all events. Return the changed values of its row."""
    new = [snapshot for snapshot in snapshots if lead.projected < snapshot.seq <= recorded]
    if not changes.supersedes and follows(lead, recorded, new):
        return continue_spans(connection, lead, new, {entry.seq: entry.at for entry in writing.entries})
    if has_row:
        whole = without_gaps(_entries(connection, lead.lead_id))
        read = read_lead(lead.lead_id, whole)
        return remake_spans(connection, lead.lead_id, read and read.spans, len(whole))
    return forget_spans(connection, lead.lead_id) if changes.supersedes else {}


def _entries(connection: Connection, lead_id: str) -> list[Entry]:
    wanted = select(EVENTS).where(EVENTS.c.lead_id == lead_id).order_by(EVENTS.c.seq)
    return [Entry.model_validate(dict(found)) for found in connection.execute(wanted).mappings()]


def _hold(connection: Connection, lead_id: str) -> Any:
    """Return the lead's state, made if it is missing, and keep other writers of the lead out."""
    this = {"of_lead": lead_id}
    found = connection.execute(_STATE, this).one_or_none()
    if found is None:
        _insert_new_lead(connection, lead_id)
        found = connection.execute(_STATE, this).one()
    return found


def _insert_new_lead(connection: Connection, lead_id: str) -> None:
    """Insert a blank row. Waits for another transaction that inserts the same one."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    blank = {"lead_id": lead_id, "confirmed": 0, "recorded": 0, "last_seq": 0}
    connection.execute(dialect.insert(LEADS).on_conflict_do_nothing(), blank)


def _standing(connection: Connection, lead_id: str, first: int) -> dict[int, Standing]:
    """Return what stands under each number of the lead from `first` on."""
    rows = connection.execute(_FROM, {"of_lead": lead_id, "first": first})
    return {
        found["seq"]: Standing(
            found["revision"], None if found["void"] else Entry.model_validate(dict(found))
        )
        for found in rows.mappings()
    }


def _insert(connection: Connection, writing: Writing, changes: Changes) -> None:
    rows = [entry.model_dump() | {"revision": revision, "void": False} for revision, entry in changes.entries]
    rows += [_VOID | {"seq": seq, "revision": revision} for seq, revision in changes.voids]
    if rows:
        of_all = {"lead_id": writing.lead_id}
        connection.execute(_INSERT, [{"at": writing.at} | row | of_all for row in rows])


_VOID = dict.fromkeys(("by", "source", "key", "policy", "summary"), "") | {
    "kind": VOID,
    "void": True,
    "data": {},
}


def _state_after(
    connection: Connection,
    lead: Any,
    writing: Writing,
    first: int,
    standing: Mapping[int, Standing],
    changes: Changes,
) -> dict[str, Any]:
    """Return the lead's state after the changes. `standing` has every number from `first` on."""
    valid = {seq: there.entry for seq, there in standing.items() if there.entry}
    valid |= {entry.seq: entry for _, entry in changes.entries}
    for seq, _ in changes.voids:
        del valid[seq]
    recorded = lead.recorded
    if recorded >= first - 1:  # otherwise a number before `first` is missing
        recorded = next(seq for seq in count(first) if seq not in valid) - 1
    last_seq, last_at = _last(connection, lead, first, valid)
    newest = [at for at in (writing.at, None if changes.supersedes else lead.written_at) if at]
    return {
        "confirmed": max(lead.confirmed, writing.last if writing.committed else writing.after),
        "recorded": recorded,
        "last_seq": last_seq,
        "last_at": last_at,
        "written_at": max(newest, default=None),
    }


def _last(
    connection: Connection, lead: Any, first: int, valid: Mapping[int, Entry]
) -> tuple[int, datetime | None]:
    """Return number and time of the highest valid event."""
    if valid:
        return max(valid), valid[max(valid)].at
    if lead.last_seq < first:
        return lead.last_seq, lead.last_at
    before = select(EVENTS.c.seq, EVENTS.c.at).where(EVENTS.c.lead_id == lead.lead_id, EVENTS.c.seq < first)
    found = connection.execute(before.order_by(EVENTS.c.seq.desc()).limit(1)).one_or_none()
    return (found.seq, found.at) if found else (0, None)


def _is_kept(row: LeadRow, lead: Any, changes: Changes) -> bool:
    """Check if the row replaces the stored one: it is not older, or what the stored one shows was lost."""
    if lead.updated_at is None or changes.supersedes:
        return True
    if (
        changes.entries and row.last_seq > lead.last_seq
    ):  # it knows more, even if that one was rebuilt just now
        return True
    return (row.updated_at, row.last_seq) >= (lead.updated_at, lead.last_seq)


def rebuild(connection: Connection, lead_id: str, now: datetime, *, only_if_stale: bool = False) -> bool:
    """Make the lead's row, state and read tables from its events.

    Returns False, and keeps the row, if they cannot be read.
    """
    lead = _hold(connection, lead_id)
    if only_if_stale and not is_stale(connection, lead_id, now):  # another process was faster
        return True
    entries = _entries(connection, lead_id)
    if not entries:
        raise LedgerRefused(f"The ledger has no lead {lead_id}.")
    before = _stored_row(connection, lead_id)
    whole = without_gaps(entries)
    # A row that knows more than the events before a gap is better than one made of these.
    is_known = before is not None and len(whole) < before.last_seq
    read = read_lead(lead_id, whole)
    row = row_from(read, before, now) if read and not is_known else None
    state = {
        "recorded": len(whole),
        "last_seq": entries[-1].seq,
        "last_at": entries[-1].at,
        "written_at": lead.written_at or entries[-1].at,
    }
    values = state | remake_spans(connection, lead_id, read and read.spans, len(whole))
    if row:
        values |= columns_of(row) | write_lines(connection, lead_id, row, None)
    connection.execute(_UPDATE, values | {"of_lead": lead_id})
    return row is not None


def _stored_row(connection: Connection, lead_id: str) -> LeadRow | None:
    """Return the lead's row if there is one that this code can read."""
    document = connection.scalar(select(LEADS.c.document).where(LEADS.c.lead_id == lead_id))
    try:
        return LeadRow.model_validate_json(document or "")
    except ValueError:
        return None


def reopen(connection: Connection, note: Reopening) -> bool:
    """Let events above `note.after` be written anew. Returns False, without a note, if they are not final anyway."""
    lead = _hold(connection, note.lead_id)
    if not lead.last_seq:
        raise LedgerRefused(f"The ledger has no lead {note.lead_id}.")
    if lead.confirmed <= note.after:
        return False
    of_lead = (ENTRIES.c.lead_id == note.lead_id, ENTRIES.c.seq == 0)
    before = connection.scalar(select(func.max(ENTRIES.c.revision)).where(*of_lead)) or 0
    row = _VOID | {
        "lead_id": note.lead_id,
        "seq": 0,
        "revision": before + 1,
        "void": False,
        "at": note.at,
        "kind": "reopened",
        "by": note.by,
        "summary": note.reason,
        "data": {"after": note.after, "confirmed": lead.confirmed},
    }
    connection.execute(insert(ENTRIES), row)
    connection.execute(_UPDATE, {"confirmed": note.after, "of_lead": note.lead_id})
    return True


def reopenings(connection: Connection, lead_id: str) -> list[Reopening]:
    """Return the notes about a lead, oldest first."""
    wanted = select(ENTRIES).where(ENTRIES.c.lead_id == lead_id, ENTRIES.c.seq == 0)
    return [
        Reopening(lead_id, row.data["after"], row.data["confirmed"], row.at, row.by, row.summary)
        for row in connection.execute(wanted.order_by(ENTRIES.c.revision))
    ]
