"""Fills a ledger with many leads: a few dozen real lives, then copies of their rows made by the database itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, insert, literal, select, update

from bench.what_if import hub
from bench.writings import whole
from ledger.ledger import Ledger
from ledger.read_tables import FEED, FEED_HEAD, OF_LEAD
from ledger.tables import CONTENTS, ENTRIES, LEADS
from tests.support.lives import MONDAY, Life

STARTS = 12
"""Number of Mondays, three weeks apart, on which the lives begin."""
FIRST = 10_000_000
"""First number of the copies. All have as many digits, so their ids are in order."""

MANY_ROWS = {"sqlite": "PRAGMA cache_size = -500000", "postgresql": "SET LOCAL statement_timeout = 0"}
"""Statement that lets an engine copy many rows: it keeps 500 MB of them in memory, or takes as long as it needs."""


def fill(ledger: Ledger, leads: int) -> int:
    """Write so many leads, with some twenty events each on average; return the number of events."""
    kinds = list(_lives())[:leads]
    for life in kinds:
        whole(life).write(ledger, life.lead.id)
    events = 0
    with ledger._database.writing() as connection:
        connection.exec_driver_sql(MANY_ROWS[connection.dialect.name])
        for number, life in enumerate(kinds):
            copies = len(range(number, leads, len(kinds))) - 1
            events += len(life.aggregate.event_log.events) * (copies + 1)
            if copies:
                _copy(connection, life.lead.id, FIRST + number * leads, copies)
        connection.execute(update(FEED_HEAD).values(last=select(func.max(FEED.c.position)).scalar_subquery()))
        connection.exec_driver_sql("ANALYZE")
    return events


def _lives() -> Iterator[Life]:
    """Yield lives of each kind, from first contact to a hub of one year."""
    for number in range(STARTS):
        start = MONDAY + timedelta(weeks=3 * number)
        names = (f"lead-kind{number:02}-{kind}" for kind in range(9))
        yield Life(start, next(names), org=f"University {number}")
        yield Life(start, next(names), org=f"College {number}").quoted()
        yield Life(start, next(names)).wait(9).quoted().wait(5).lost()
        yield Life(start, next(names)).contracted().perform()
        yield Life(start, next(names)).live().perform()
        yield Life(start, next(names)).quoted(amount="15000", currency="EUR", per="year").perform()
        yield (
            Life(start, next(names))
            .quoted(amount=str(9000 + 100 * number), currency="USD", per="year")
            .perform()
        )
        if number % 3:
            yield hub(1, start, next(names))


def _copy(connection: Connection, lead_id: str, first: int, copies: int) -> None:
    """Copy all rows of this lead so many times, under ids that end in the numbers from `first` on."""
    counting = select(literal(first).label("n")).cte("numbers", recursive=True)
    numbers = counting.union_all(select(counting.c.n + 1).where(counting.c.n < first + copies - 1))
    new_id = literal("lead-").concat(func.cast(numbers.c.n, ENTRIES.c.lead_id.type))
    for table in (ENTRIES, CONTENTS, LEADS, *OF_LEAD, FEED):
        values = [
            _copied(connection, table, column.name, lead_id, new_id, numbers.c.n - first)
            for column in table.c
        ]
        rows = (
            select(*values).select_from(table).join(numbers, literal(True)).where(table.c.lead_id == lead_id)
        )
        connection.execute(insert(table).from_select([column.name for column in table.c], rows))


def _copied(connection: Connection, table: Table, name: str, lead_id: str, new_id: Any, nth: Any) -> Any:
    column = table.c[name]
    if name == "lead_id":
        return new_id
    if (table, name) in ((LEADS, "document"), (OF_LEAD[-1], "text")):
        return func.replace(column, lead_id, new_id)
    if (table, name) == (FEED, "position"):
        count: int = connection.scalar(select(func.count()).where(FEED.c.lead_id == lead_id)) or 0
        highest: int = connection.scalar(select(func.max(FEED.c.position))) or 0
        place = func.row_number().over(order_by=FEED.c.position, partition_by=nth)
        return highest + nth * count + place
    return column
