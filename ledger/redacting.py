"""Writes a lead's events anew after a person was erased from them, within a transaction that holds the lead."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, insert, select, update

from keys.data_key import DataKey
from ledger.contents import EMPTY, Place, content_row, contents_of, fields_of
from ledger.entry import Entry
from ledger.errors import LeadErased, LedgerOutdated, LedgerRefused
from ledger.projecting import feed
from ledger.recording import hold, insert_entries, rebuild, standing_of, state_after
from ledger.tables import CONTENTS, ERASURES, LEADS
from ledger.writing import Changes, LeadState, Standing, changes_of, make_writing
from process.personal import ERASED


class Erasure(NamedTuple):
    """A note that a person was erased from a lead's events."""

    lead_id: str
    epoch: int
    """The epoch of the lead's key under which its events were written anew."""
    request: str
    """Id of the request; it names nobody."""
    at: datetime


_NO_CONTENT: Final = 2**31
"""Above all numbers: contents are replaced without being read, since their key may be gone."""

_OLDER = (
    select(CONTENTS)
    .where(CONTENTS.c.lead_id == bindparam("of_lead"), CONTENTS.c.epoch < bindparam("below"))
    .order_by(CONTENTS.c.seq, CONTENTS.c.revision)
)
_REPLACE = (
    update(CONTENTS)
    .where(and_(*(CONTENTS.c[name] == bindparam(f"of_{name}") for name in Place._fields)))
    .values({name: bindparam(f"new_{name}") for name in ("epoch", "sealed", "content")})
)
_THIS = LEADS.c.lead_id == bindparam("of_lead")


def redact(connection: Connection, erasure: Erasure, entries: Sequence[Entry], key: DataKey | None) -> int:
    """Let the lead's events say what these entries say, and nothing else; return how many contents were replaced.

    `entries` are all events of the lead. Those that the ledger lacks are recorded, and what a lost workflow task has left
    is superseded. Which events are final stays as it is. Contents under this epoch or a newer one stay as they are, so
    the call may be repeated. The row and the read tables are made anew. Raises LedgerConflict if a final event is
    another one, and LedgerOutdated if the lead has recorded more under its former key.
    """
    lead = hold(connection, erasure.lead_id)
    writing = make_writing(erasure.lead_id, entries, 0, None, committed=True)
    if not writing.entries:
        raise LedgerRefused("An erasure needs all events of the lead.")
    _note(connection, erasure, writing.last)
    standing = standing_of(connection, erasure.lead_id, 1, _NO_CONTENT)
    changes = changes_of(writing, LeadState(lead.confirmed, lead.written_at, _NO_CONTENT), standing)
    insert_entries(connection, writing, changes, key, erasure.epoch)
    newest = _newest(standing, changes)
    replaced = [*_replacements(connection, erasure, writing.entries, newest, key)]
    if replaced:
        connection.execute(_REPLACE, replaced)
    state = state_after(connection, lead, writing, 1, standing, changes)
    state |= {"epoch": max(lead.epoch, erasure.epoch), "redacted": max(lead.redacted, writing.last)}
    state["confirmed"] = lead.confirmed  # a task that is under way may still be lost
    connection.execute(update(LEADS).where(_THIS), state | {"of_lead": erasure.lead_id})
    rebuild(connection, erasure.lead_id, erasure.at, redacted=True)
    feed(connection, erasure.lead_id, changes.written)
    return len(replaced)


def _note(connection: Connection, erasure: Erasure, last: int) -> None:
    """Note the erasure, without which the database refuses to replace anything."""
    this = (ERASURES.c.lead_id == erasure.lead_id, ERASURES.c.epoch == erasure.epoch)
    noted = connection.scalar(select(ERASURES.c.request).where(*this))
    if noted is None:
        connection.execute(insert(ERASURES), erasure._asdict() | {"last": last})
    elif noted != erasure.request:
        raise LedgerRefused(
            f"Another request has redacted lead {erasure.lead_id} under the epoch {erasure.epoch}."
        )


def _newest(standing: Mapping[int, Standing], changes: Changes) -> dict[int, int]:
    """Return the revision that counts, by the event's number, after these changes."""
    newest = {seq: there.revision for seq, there in standing.items()}
    newest |= {entry.seq: revision for revision, entry in changes.entries}
    return newest | dict(changes.voids)


def _replacements(
    connection: Connection,
    erasure: Erasure,
    entries: Sequence[Entry],
    newest: Mapping[int, int],
    key: DataKey | None,
) -> Iterator[dict[str, Any]]:
    """Yield what takes the place of each content under an older epoch: nothing where it counts no longer."""
    wanted = {entry.seq: entry for entry in entries}
    older = {"of_lead": erasure.lead_id, "below": erasure.epoch}
    for row in connection.execute(_OLDER, older).mappings().all():
        place = Place(erasure.lead_id, row["seq"], row["revision"])
        if place.seq == 0:
            new = content_row(place, _redacted_note(connection, row), key, erasure.epoch)
        elif place.revision != newest.get(place.seq):
            new = EMPTY | {"epoch": erasure.epoch}
        elif (entry := wanted.get(place.seq)) is not None:
            new = content_row(place, fields_of(entry), key, erasure.epoch)
        else:
            raise LedgerOutdated(erasure.lead_id)
        yield {f"of_{name}": value for name, value in place._asdict().items()} | {
            f"new_{name}": new[name] for name in ("epoch", "sealed", "content")
        }


def _redacted_note(connection: Connection, row: RowMapping) -> dict[str, Any]:
    """Return a note about the lead's events without the words of the person who made it."""
    try:
        fields = contents_of(connection).opened(row)
    except LeadErased:
        fields = {"key": "", "data": {}}
    return fields | {"by": ERASED, "summary": ERASED}


def erasures(connection: Connection, lead_id: str) -> list[Erasure]:
    """Return the erasures from a lead's events, oldest first."""
    wanted = select(*(ERASURES.c[name] for name in Erasure._fields)).where(ERASURES.c.lead_id == lead_id)
    return [Erasure(*row) for row in connection.execute(wanted.order_by(ERASURES.c.epoch))]


def epochs(connection: Connection, lead_id: str) -> dict[int, int]:
    """Return the number of the lead's contents by the epoch of their key; 0 stands for none."""
    wanted = select(CONTENTS.c.epoch, func.count()).where(CONTENTS.c.lead_id == lead_id)
    return {row[0]: row[1] for row in connection.execute(wanted.group_by(CONTENTS.c.epoch))}
