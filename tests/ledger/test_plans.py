"""What is asked about one lead reads that lead only, however many there are: the engines' own query plans."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from ledger.events import Ledger, LedgerOutdated
from ledger.rows import above, equals, one_of

from .conftest import DAY, entry, make_row


def record_life(ledger: Ledger) -> None:
    """Append events, lose some, write them anew, repeat, and be too late."""
    row = make_row(last_seq=2, updated_at=entry(2).at)
    ledger.append("lead-1", [entry(1), entry(2)], after=0, row=row)
    ledger.append("lead-1", [entry(2, at=entry(3).at)], after=1)
    ledger.append("lead-1", [entry(2, at=entry(3).at)], after=1)
    with pytest.raises(LedgerOutdated):
        ledger.append("lead-1", [entry(2)], after=1)
    ledger.append("lead-1", [], after=2, row=make_row(last_seq=2, updated_at=entry(4).at))
    ledger.append("lead-1", [], after=0, row=make_row(last_seq=0, updated_at=entry(5).at))
    ledger.reopen("lead-1", 0, "Reset")
    ledger.append("lead-1", [], after=0, row=make_row(last_seq=0, updated_at=entry(6).at))
    ledger.append("lead-1", [entry(1, at=entry(7).at)], after=0)


QUESTIONS: dict[str, Callable[[Ledger], Any]] = {
    "append": record_life,
    "last_seq": lambda ledger: ledger.last_seq("lead-1"),
    "entries": lambda ledger: ledger.entries("lead-1"),
    "row": lambda ledger: ledger.row("lead-1"),
    "heads": lambda ledger: ledger.heads("lead-"),
    "next lead": lambda ledger: list(ledger.leads_from("lead-1")),
    "rebuild": lambda ledger: ledger.rebuild("lead-1"),
    "reopenings": lambda ledger: ledger.reopenings("lead-1"),
    "rows by key": lambda ledger: ledger.rows(equals("org_key", "acme")),
    "rows by keys": lambda ledger: ledger.rows(one_of("contact_key", ["a", "b"])),
    "rows written since": lambda ledger: ledger.rows(above("updated_at", DAY), order=["updated_at"]),
    "newest rows": lambda ledger: ledger.rows(equals("stage", "lead"), order=["-updated_at"], limit=5),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_as_a_whole(ledger: Ledger, url: str, question: str) -> None:
    ledger.append("lead-1", [entry(1, at=DAY)], after=0)
    plans: list[str] = []
    planning = False

    @event.listens_for(ledger._database.reader, "before_cursor_execute")
    def plan(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        nonlocal planning
        if planning or many or not statement.startswith(("SELECT", "UPDATE")) or "FROM" not in statement:
            return
        planning = True
        try:
            if url.startswith("sqlite"):
                found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(f"{row.detail}   <- {statement}" for row in found)
            else:
                connection.execute(text("SET LOCAL enable_seqscan = off"))
                found = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                plans.extend(f"{row[0].strip()}   <- {statement}" for row in found)
        finally:
            planning = False

    QUESTIONS[question](ledger)
    assert plans
    whole = "SCAN " if url.startswith("sqlite") else "Seq Scan"
    assert [each for each in plans if whole in each.split("<-")[0]] == []
