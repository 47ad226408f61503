"""Reads every text of every table, so that a person's words can be looked for in all that the ledger keeps."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, Text, select

from ledger import read_tables
from ledger.contents import contents_of
from ledger.errors import LeadErased
from ledger.tables import CONTENTS, EVENTS, METADATA

ROWS_AT_ONCE = 500


class StoredText(NamedTuple):
    """A text in a table."""

    where: str
    """Table, and column or number of the event."""
    lead_id: str
    """The lead to which it belongs; empty if it belongs to none."""
    text: str


def texts(connection: Connection) -> Iterator[StoredText]:
    """Yield each text of each table, with what events say opened. What was erased says nothing."""
    for table in dict.fromkeys((*METADATA.sorted_tables, *read_tables.OF_LEAD)):
        if table is CONTENTS:
            yield from _contents(connection)
        elif table.name != EVENTS.name:  # the view shows what both tables have
            yield from _columns(connection, table)


def _columns(connection: Connection, table: Table) -> Iterator[StoredText]:
    named = [column for column in table.c if isinstance(column.type, Text)]
    if not named:
        return
    lead = next((column.name for column in named if column.name == "lead_id"), "")
    with connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(*named)) as rows:
        for row in rows.mappings():
            for name, value in row.items():
                if value:
                    yield StoredText(f"{table.name}.{name}", row[lead] if lead else "", str(value))


def _contents(connection: Connection) -> Iterator[StoredText]:
    contents = contents_of(connection)
    with connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(CONTENTS)) as rows:
        for row in rows.mappings():
            try:
                fields = contents.opened(row)
            except LeadErased:
                continue
            for text in _texts_of(fields):
                yield StoredText(f"{CONTENTS.name}, event {row['seq']}", row["lead_id"], text)


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from _texts_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts_of(each)
