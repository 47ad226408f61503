"""Writes to the tables of the ledger, within a transaction that holds the lead until its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from keys.data_key import DataKey
from ledger.contents import Place, blank, content_row, contents_of, fields_of
from ledger.entry import Entry
from ledger.errors import LeadErased, LedgerRefused, LedgerUnavailable
from ledger.lag import is_lagging
from ledger.projecting import (
    NO_PARTS,
    continue_spans,
    feed,
    follows,
    forget_lines,
    forget_spans,
    remake_spans,
    write_lines,
)
from ledger.rebuilding import read_lead, row_from, without_gaps
from ledger.rows import NO_ROW
from ledger.tables import CONTENTS, ENTRIES, ERASURES, EVENTS, IS_CONTENT, LEADS, OF_CONTENT
from ledger.writing import VOID, Changes, LeadState, Standing, Writing, changes_of
from process.personal import ERASED
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
_VALID = select(EVENTS).where(EVENTS.c.lead_id == bindparam("of_lead")).order_by(EVENTS.c.seq)
_HEADS = (
    select(EVENTS.c.seq, EVENTS.c.at).where(EVENTS.c.lead_id == bindparam("of_lead")).order_by(EVENTS.c.seq)
)
_ERASED = (
    select(ERASURES.c.epoch, ERASURES.c.last)
    .where(ERASURES.c.lead_id == bindparam("of_lead"))
    .order_by(ERASURES.c.epoch.desc())
    .limit(1)
)
_COLUMNS = (
    *("lead_id", "confirmed", "recorded", "last_seq", "last_at", "written_at", "updated_at"),
    *("epoch", "redacted", "version", "projected", "snapshot", "parts"),
)
_STATE = select(*(LEADS.c[name] for name in _COLUMNS)).where(_THIS).with_for_update()
_UPDATE = update(LEADS).where(_THIS)
_INSERT = insert(ENTRIES)
_INSERT_CONTENT = insert(CONTENTS)
_FROM = (
    select(ENTRIES, *OF_CONTENT)
    .join(CONTENTS, IS_CONTENT, isouter=True)
    .where(ENTRIES.c.lead_id == bindparam("of_lead"), ENTRIES.c.seq >= bindparam("first"))
    .order_by(ENTRIES.c.seq, ENTRIES.c.revision)
)


def write(
    connection: Connection,
    writing: Writing,
    row: LeadRow | None,
    snapshots: Sequence[Snapshot] = (),
    key: DataKey | None = None,
) -> int:
    """Write events, row and read tables. Returns the number up to which the ledger has the events that the writer knows.

    Without a row the read tables lag until the lead's next row or a rebuild. What the events say is sealed
    under the key; without one it stays plain.
    """
    lead = hold(connection, writing.lead_id)
    first = max(writing.after, lead.confirmed) + 1
    if writing.entries:
        first = min(first, writing.entries[0].seq)
    standing = standing_of(connection, writing.lead_id, first, lead.redacted)
    changes = changes_of(writing, LeadState(lead.confirmed, lead.written_at, lead.redacted), standing)
    insert_entries(connection, writing, changes, key, lead.epoch)
    state = state_after(connection, lead, writing, first, standing, changes)
    changed = {name: value for name, value in state.items() if getattr(lead, name) != value}
    if row and _is_kept(row, lead, changes):
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
    found = connection.execute(_VALID, {"of_lead": lead_id}).mappings()
    return [*map(contents_of(connection).entry, found)]


def _readable(connection: Connection, lead_id: str) -> tuple[list[Entry], bool]:
    """Return the lead's events, and True if their key was destroyed, so that they say nothing."""
    try:
        return _entries(connection, lead_id), False
    except LeadErased:
        found = connection.execute(_VALID, {"of_lead": lead_id}).mappings()
        return [*map(blank, found)], True


def hold(connection: Connection, lead_id: str) -> Any:
    """Return the lead's state, made if it is missing, and keep other writers of the lead out."""
    this = {"of_lead": lead_id}
    found = connection.execute(_STATE, this).one_or_none()
    if found is None:
        _insert_new_lead(connection, lead_id)
        found = connection.execute(_STATE, this).one()
    return found


def _insert_new_lead(connection: Connection, lead_id: str) -> None:
    """Insert a blank row. Waits for another transaction that inserts the same one.

    A ledger that was restored has events without rows, because backups leave those out.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"lead_id": lead_id, "confirmed": 0, "recorded": 0, "last_seq": 0, "epoch": 0, "redacted": 0}
    of_lead = {"of_lead": lead_id}
    if standing := connection.execute(_HEADS, of_lead).all():
        numbers = [found.seq for found in standing]
        row["recorded"] = next(seq for seq in count(1) if numbers[seq - 1 : seq] != [seq]) - 1
        row |= {"last_seq": numbers[-1], "last_at": standing[-1].at, "written_at": standing[-1].at}
    else:
        row["parts"] = NO_PARTS
    if erased := connection.execute(_ERASED, of_lead).one_or_none():
        row |= {"epoch": erased.epoch, "redacted": erased.last}
    connection.execute(dialect.insert(LEADS).on_conflict_do_nothing(), row)


def standing_of(connection: Connection, lead_id: str, first: int, redacted: int) -> dict[int, Standing]:
    """Return what stands under each number of the lead from `first` on.

    Contents up to the number `redacted` are not read: they do not say what was recorded any more.
    """
    contents = contents_of(connection)
    rows = connection.execute(_FROM, {"of_lead": lead_id, "first": first})
    newest = {found["seq"]: found for found in rows.mappings()}
    return {
        seq: Standing(
            found["revision"],
            None if found["void"] else blank(found) if seq <= redacted else contents.entry(found),
        )
        for seq, found in newest.items()
    }


def insert_entries(
    connection: Connection, writing: Writing, changes: Changes, key: DataKey | None, epoch: int
) -> None:
    """Insert the rows of these changes. `epoch`: that of the lead's newest erasure."""
    rows = [_clear(entry) | {"revision": revision, "void": False} for revision, entry in changes.entries]
    rows += [_VOID | {"seq": seq, "revision": revision} for seq, revision in changes.voids]
    if not rows:
        return
    of_all = {"lead_id": writing.lead_id}
    connection.execute(_INSERT, [{"at": writing.at} | row | of_all for row in rows])
    if not changes.entries:
        return
    if key and key.id.epoch < epoch:
        raise LedgerUnavailable(
            f"The key {key.id} is older than an erasure of the lead. The one since then is fetched within a minute."
        )
    contents = [
        content_row(Place(writing.lead_id, entry.seq, revision), fields_of(entry), key, epoch)
        for revision, entry in changes.entries
    ]
    connection.execute(_INSERT_CONTENT, contents)


def _clear(entry: Entry) -> dict[str, Any]:
    """Return the part of an entry that names nobody."""
    values = entry.__dict__
    return {name: values[name] for name in ("seq", "at", "kind", "source", "policy")}


_VOID = {"kind": VOID, "source": "", "policy": "", "void": True}


def state_after(
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
    """Check if the row replaces the stored one: it is not older, or what the stored one shows was lost.

    One that was made before an erasure does not.
    """
    if changes.supersedes:
        return True
    if row.last_seq < lead.redacted:
        return False
    if lead.updated_at is None:
        return True
    if (
        changes.entries and row.last_seq > lead.last_seq
    ):  # it knows more, even if that one was rebuilt just now
        return True
    return (row.updated_at, row.last_seq) >= (lead.updated_at, lead.last_seq)


def rebuild(
    connection: Connection,
    lead_id: str,
    now: datetime,
    *,
    only_if_lagging: bool = False,
    redacted: bool = False,
) -> bool:
    """Make the lead's row, state and read tables from its events.

    Returns False, and keeps the row, if they cannot be read. With `redacted`, nothing that was said in the former row is
    kept, and there is none if the events cannot be read. A lead whose key was destroyed has no row from then on.
    """
    lead = hold(connection, lead_id)
    if only_if_lagging and not is_lagging(connection, lead_id, now):  # another process was faster
        return True
    entries, is_erased = _readable(connection, lead_id)
    redacted = redacted or is_erased
    if not entries:
        raise LedgerRefused(f"The ledger has no lead {lead_id}.")
    before = _stored_row(connection, lead_id)
    whole = without_gaps(entries)
    # A row that knows more than the events before a gap is better than one made of these.
    is_known = before is not None and len(whole) < before.last_seq and not redacted
    if redacted and before:
        now, before = max(now, before.updated_at), _without_words(before)
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
        values |= write_lines(connection, lead_id, row, None)
    elif redacted:
        values |= NO_ROW | forget_lines(connection, lead_id)
    connection.execute(_UPDATE, values | {"of_lead": lead_id})
    return row is not None or is_erased


def _without_words(row: LeadRow) -> LeadRow:
    """Return the row with the number of what no event tells, and not what was said of it."""
    return row.replaced(parked=(ERASED,) * len(row.parked), items=())


def _stored_row(connection: Connection, lead_id: str) -> LeadRow | None:
    """Return the lead's row if there is one that this code can read."""
    document = connection.scalar(select(LEADS.c.document).where(LEADS.c.lead_id == lead_id))
    try:
        return LeadRow.model_validate_json(document or "")
    except ValueError:
        return None


def reopen(connection: Connection, note: Reopening, key: DataKey | None) -> bool:
    """Let events above `note.after` be written anew. Returns False, without a note, if they are not final anyway."""
    lead = hold(connection, note.lead_id)
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
    }
    connection.execute(_INSERT, row)
    limits = {"after": note.after, "confirmed": lead.confirmed}
    fields = {"by": note.by, "key": "", "summary": note.reason, "data": limits}
    connection.execute(
        _INSERT_CONTENT, content_row(Place(note.lead_id, 0, before + 1), fields, key, lead.epoch)
    )
    connection.execute(_UPDATE, {"confirmed": note.after, "of_lead": note.lead_id})
    return True


def reopenings(connection: Connection, lead_id: str) -> list[Reopening]:
    """Return the notes about a lead, oldest first."""
    contents = contents_of(connection)
    found = []
    for row in connection.execute(_FROM, {"of_lead": lead_id, "first": 0}).mappings():
        if row["seq"] == 0:
            fields = contents.readable(row)
            after, confirmed = (fields["data"].get(name, 0) for name in ("after", "confirmed"))
            found.append(Reopening(lead_id, after, confirmed, row["at"], fields["by"], fields["summary"]))
    return found
