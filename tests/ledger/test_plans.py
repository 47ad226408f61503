"""A question about one lead reads that lead only, however many there are: the engines' own query plans."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from client.lists import LeadLists, Selection
from ledger.errors import LedgerOutdated
from ledger.ledger import Ledger
from ledger.queries import agenda, board
from ledger.queries.agenda import Whose
from ledger.queries.board import BoardFilter
from ledger.rows import above, equals, one_of
from process.types import Role

from .conftest import DAY, entry, having, make_row, plans_of


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
    "the agenda": lambda ledger: LeadLists(ledger).agenda(DAY),
    "newest rows": lambda ledger: ledger.rows(equals("stage", "lead"), order=["-updated_at"], limit=5),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_as_a_whole(ledger: Ledger, url: str, question: str) -> None:
    plans = plans_of(ledger, QUESTIONS[question], "enable_seqscan")
    assert having(plans, "SCAN " if url.startswith("sqlite") else "Seq Scan") == []


def test_a_page_by_the_next_date_is_read_in_the_order_of_an_index(ledger: Ledger, url: str) -> None:
    plans = plans_of(ledger, lambda ledger: ledger.rows(order=["next_date"], limit=5), "enable_sort")
    assert having(plans, "ledger_leads_by_next_date")
    assert having(plans, "TEMP B-TREE" if url.startswith("sqlite") else "Sort") == []


def test_a_page_of_open_leads_by_the_next_date_can_be_read_so_too(ledger: Ledger, url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite prefers an index that begins with the stage, and sorts the leads at these stages")
    plans = plans_of(
        ledger, lambda ledger: LeadLists(ledger).list_leads(Selection(), "next-date", 5), "enable_sort"
    )
    assert having(plans, "ledger_leads_by_next_date")
    assert having(plans, "Sort") == []


FIGURES: dict[str, Callable[[Connection], Any]] = {
    "totals": lambda asked: board.totals(asked),
    "totals of one role": lambda asked: board.totals(asked, BoardFilter(owner=Role.SALES)),
    "totals of what needs attention": lambda asked: board.totals(asked, BoardFilter(attention=True)),
    "totals of one service": lambda asked: board.totals(asked, BoardFilter(service="hub", on_hold=False)),
    "counts of an agenda": lambda asked: agenda.counts(asked, Whose("", tuple(Role)), DAY),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_above_lists_are_read_from_an_index_alone(ledger: Ledger, url: str, figure: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL reads rows of a small table all the same")

    def ask(ledger: Ledger) -> None:
        with ledger._database.reading() as asked:
            FIGURES[figure](asked)

    plans = plans_of(ledger, ask)
    rows = having(plans, "ledger_leads") + having(plans, "ledger_agenda")
    assert rows
    assert [each for each in rows if "USING COVERING INDEX" not in each] == []
