"""Writes a lead's lines in the read tables, within the transaction that records its events.

The lead's workflow sends its row, and a snapshot after each new event. So an append reads no events and writes only
what differs. What cannot be told so (a correction, a lost workflow task, older rules) is made from all events.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from ledger.lines import Line, checksum, checksums, content_of, lines_of, money_line, stage_line
from ledger.read_tables import FEED, FEED_HEAD, MONEY, NOW, STAGES, TOLD
from ledger.read_tables import OF_LEAD as READ_TABLES
from ledger.rows import columns_of, seldom_written
from ledger.tables import LEADS, storable
from process.types import Stage
from process.views.lead_row import ROWS_VERSION, LeadRow
from process.views.snapshot import Flow, Snapshot
from process.views.spans import MoneySpan, Spans, StageSpan, money_after, stages_after

# Made once, because each decision of each lead executes them.
_ROW_TABLES: Final = {table.name: table for table in READ_TABLES}
_DELETE: Final = {
    name: delete(table).where(table.c.lead_id == bindparam("of_lead")) for name, table in _ROW_TABLES.items()
}
_INSERT: Final = {name: insert(table) for name, table in _ROW_TABLES.items()}
_STAGES: Final = (
    select(STAGES.c.book, *(STAGES.c[name] for name in StageSpan._fields))
    .where(STAGES.c.lead_id == bindparam("of_lead"))
    .order_by(STAGES.c.from_seq)
)
_MONEY: Final = select(MONEY.c.from_seq, MONEY.c.from_at, *(MONEY.c[name] for name in Flow._fields)).where(
    MONEY.c.lead_id == bindparam("of_lead"), MONEY.c.to_seq.is_(None)
)


def _closing(table: Table, *keys: str) -> Any:
    """Return the statement that ends a span."""
    this = (table.c[key] == bindparam(f"of_{key}") for key in ("lead_id", *keys))
    return update(table).where(and_(*this))


_END_STAGE: Final = _closing(STAGES, "book", "from_seq")
_END_MONEY: Final = _closing(MONEY, "kind", "term", "from_seq")
_NEXT: Final = update(FEED_HEAD).values(last=FEED_HEAD.c.last + bindparam("more")).returning(FEED_HEAD.c.last)
_FEED: Final = insert(FEED)


def follows(lead: Any, recorded: int, snapshots: Sequence[Snapshot]) -> bool:
    """Return True if the spans up to the event `recorded` follow from those that stand and these snapshots.

    `lead` is the lead's row before the writing.
    """
    if lead.projected and (lead.version != ROWS_VERSION or lead.snapshot is None):
        return False
    numbers = [snapshot.seq for snapshot in snapshots]
    wanted = list(range(lead.projected + 1, recorded + 1))
    return numbers == wanted and not any(snapshot.refolds for snapshot in snapshots)


def continue_spans(
    connection: Connection, lead: Any, snapshots: Sequence[Snapshot], times: Mapping[int, datetime]
) -> dict[str, Any]:
    """Write the spans after these snapshots, which follow. Return the changed values of the lead's row."""
    if not snapshots:
        return {}
    changed: dict[str, Any] = {"projected": snapshots[-1].seq}
    known = json.loads(lead.snapshot or "{}")
    moves = any((each.stage, each.reason) != (known.get("stage"), known.get("reason")) for each in snapshots)
    pays = any([*map(list, each.flows)] != known.get("flows") for each in snapshots)
    if not moves and not pays:  # as with most events
        return changed
    before = after = _stored(connection, lead.lead_id, moves, pays) if lead.projected else Spans()
    for snapshot in snapshots:
        at = times[snapshot.seq]
        if moves:
            told, now = (stages_after(stages, snapshot, at) for stages in (after.told, after.now))
            after = after._replace(told=told, now=now)
        if pays:
            after = after._replace(money=money_after(after.money, snapshot, at))
    _write_spans(connection, lead.lead_id, before, after)
    if moves:
        changed |= {"stage_since": after.now[-1].from_at}
    return changed | {"version": ROWS_VERSION, "snapshot": content_of(snapshots[-1])}


def forget_spans(connection: Connection, lead_id: str) -> dict[str, Any]:
    """Remove the lead's spans, because they are not those of its events. Return the values of the lead's row."""
    for table in (STAGES, MONEY):
        connection.execute(_DELETE[table.name], {"of_lead": lead_id})
    return {"version": None, "projected": 0, "snapshot": None, "stage_since": None}


def remake_spans(connection: Connection, lead_id: str, spans: Spans | None, projected: int) -> dict[str, Any]:
    """Write the spans of all events anew. Return the values of the lead's row.

    Without spans, because this code cannot read the events as a lead, there are none until another version tries.
    """
    stale = forget_spans(connection, lead_id)
    if spans is None:
        return stale | {"version": ROWS_VERSION, "projected": projected}
    _write_spans(connection, lead_id, Spans(), spans)
    snapshot = content_of(spans.snapshot) if spans.snapshot else None
    state = {"version": ROWS_VERSION, "stage_since": spans.now[-1].from_at if spans.now else None}
    return state | {"projected": projected, "snapshot": snapshot}


def _stored(connection: Connection, lead_id: str, stages: bool, money: bool) -> Spans:
    """Return the lead's stages, and the money that is expected now, as far as they are wanted."""
    books: dict[str, list[StageSpan]] = {TOLD: [], NOW: []}
    for book, *values in connection.execute(_STAGES, {"of_lead": lead_id}) if stages else ():
        span = StageSpan(*values)
        before = Stage(span.before) if span.before else None
        books[book].append(span._replace(stage=Stage(span.stage), before=before, reason=span.reason or ""))
    lasting = [
        MoneySpan(from_seq, Flow(*flow), from_at)
        for from_seq, from_at, *flow in (connection.execute(_MONEY, {"of_lead": lead_id}) if money else ())
    ]
    return Spans(tuple(books[TOLD]), tuple(books[NOW]), tuple(lasting))


def _write_spans(connection: Connection, lead_id: str, before: Spans, after: Spans) -> None:
    stages = {
        (book, span.from_seq): span
        for book, spans in ((TOLD, before.told), (NOW, before.now))
        for span in spans
    }
    changed = [
        (was, stage_line(book, span))
        for book, spans in ((TOLD, after.told), (NOW, after.now))
        for span in spans
        if (was := stages.get((book, span.from_seq))) != span
    ]
    _write_changed(connection, STAGES, _END_STAGE, ("book", "from_seq"), lead_id, changed)
    money = {(span.from_seq, span.flow.kind, span.flow.term): span for span in before.money}
    flows = [
        (flow, money_line(span))
        for span in after.money
        if (flow := money.get((span.from_seq, span.flow.kind, span.flow.term))) != span
    ]
    _write_changed(connection, MONEY, _END_MONEY, ("kind", "term", "from_seq"), lead_id, flows)


def _write_changed(
    connection: Connection,
    table: Table,
    ending: Any,
    keys: Sequence[str],
    lead_id: str,
    changed: Iterable[tuple[object, Line]],
) -> None:
    """Insert the spans that are new, and end those that have ended. Each is given as it was and as it is."""
    new, ended = [], []
    for was, line in changed:
        if was is None:
            new.append(line | {"lead_id": lead_id})
        else:
            this = {f"of_{key}": line[key] for key in keys}
            ends = {name: line[name] for name in ("to_at", "to_seq", "days") if name in line}
            ended.append(this | ends | {"of_lead_id": lead_id})
    if ended:
        connection.execute(ending, ended)
    if new:
        connection.execute(_INSERT[table.name], new)


def write_lines(connection: Connection, lead_id: str, row: LeadRow, parts: str | None) -> dict[str, Any]:
    """Write the lines that follow from the lead's row. `parts` tells which stand already; None: nothing is known.

    Returns the values of the row that may have changed.
    """
    known: Mapping[str, int] = json.loads(parts) if parts else {}
    columns = columns_of(row)
    seldom = seldom_written(columns)
    lines = lines_of(row)
    sums = checksums(lines) | {LEADS.name: checksum([*seldom.values()])}
    if known.get(LEADS.name) == sums[LEADS.name]:
        columns = {name: value for name, value in columns.items() if name not in seldom}
    if sums == known:
        return columns
    for name, found in lines.items():
        if known.get(name) == sums[name]:
            continue
        if known.get(name) != 0:
            connection.execute(_DELETE[name], {"of_lead": lead_id})
        if found:
            connection.execute(_INSERT[name], [line | {"lead_id": lead_id} for line in found])
    return columns | {"parts": _parts(sums)}


def _parts(sums: Mapping[str, int]) -> str:
    return json.dumps(sums, separators=(",", ":"))


NO_PARTS: Final = _parts({table.name: 0 for table in READ_TABLES if table not in (STAGES, MONEY)})
"""The value of `parts` of a lead that has no lines yet."""


def forget_lines(connection: Connection, lead_id: str) -> dict[str, Any]:
    """Remove all lines of the lead. Return the changed values of its row."""
    for table in _ROW_TABLES:
        connection.execute(_DELETE[table], {"of_lead": lead_id})
    return {"parts": None}


def feed(connection: Connection, lead_id: str, written: Sequence[tuple[int, int, str]]) -> None:
    """Give the next positions to what was written: number, revision and kind of each.

    It comes last in a transaction, because from here on other writers wait for its end.
    """
    if not written:
        return
    last = connection.execute(_NEXT, {"more": len(written)}).scalar_one()
    first = last - len(written) + 1
    connection.execute(
        _FEED,
        [
            {
                "position": first + n,
                "lead_id": lead_id,
                "seq": seq,
                "revision": revision,
                "kind": storable(kind),
            }
            for n, (seq, revision, kind) in enumerate(written)
        ],
    )
