"""The figures of reports are those that the pure core makes of the same leads, and come from indexes alone."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, make_url

from ledger.ledger import Ledger
from ledger.queries import board, reports
from process.reports.rows import Days, Expected, Waiting
from process.types import OPEN_STAGES, Stage
from process.views.spans import MoneySpan, Spans, spans_of
from tests.support.lives import MONDAY, Life
from tests.support.postgres import Postgres
from tests.support.rows import write_events

from .conftest import having, plans_of

END = MONDAY + timedelta(days=100)


def make_lives() -> list[Life]:
    """Return leads that were at their stages for different times, some of them corrected since."""
    reopened = Life(lead_id="lead-e").wait(2).quoted().wait(3).lost()
    reopened.wait(4).does("reopened", reason="They found another grant")
    corrected = Life(lead_id="lead-f").wait(1).quoted().wait(6).lost()
    corrected.wait(1).does("corrected", seq=corrected.lead.last_seq, reason="A slip")
    return [
        Life(lead_id="lead-a"),
        Life(lead_id="lead-b").wait(9).quoted().wait(5),
        Life(lead_id="lead-c").wait(9).quoted().wait(5).contracted().wait(7),
        Life(MONDAY + timedelta(days=3), "lead-d").wait(2).contracted().wait(20),
        reopened.wait(2),
        corrected.wait(3),
    ]


def write_step_by_step(ledger: Ledger) -> list[Spans]:
    """Write the lives; return the spans that their events make."""
    lives = make_lives()
    for life in lives:
        write_events(ledger, life)
    return [spans_of(life.aggregate.event_log.events, life.lead.id) for life in lives]


def counted(stage: Stage, days: Iterable[int | None]) -> list[Days]:
    found = Counter(each for each in days if each is not None)
    return [Days(stage, each, found[each]) for each in sorted(found)]


def expected_at(money: Iterable[MoneySpan], moment: datetime) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for span in money:
        if span.from_at <= moment and (span.to_at is None or span.to_at > moment):
            key = span.flow.kind, span.flow.first, span.flow.months
            before = found.get(key, Expected(*key, 0, 0, 0))
            amounts = before.spans + 1, before.month + span.flow.month, before.rest + span.flow.rest
            found[key] = Expected(*key, *amounts)
    return found


def test_the_figures_are_those_of_the_pure_core(ledger: Ledger) -> None:
    spans = write_step_by_step(ledger)
    stages = [each.now for each in spans]
    first_contracts = [
        (before, span)
        for each in stages
        for before, span in pairwise(each)
        if span.stage is Stage.CONTRACTED and span.is_first
    ]
    assert len(first_contracts) == 2
    lasting = [each[-1] for each in stages]
    waiting = {
        stage: [span.from_at for span in lasting if span.stage is stage] for stage in sorted(OPEN_STAGES)
    }
    with ledger._database.reading() as asked:
        assert reports.to_contract(asked, MONDAY, END) == counted(
            Stage.CONTRACTED, ((span.from_at - span.opened_at).days for _, span in first_contracts)
        )
        assert reports.to_signature(asked, MONDAY, END) == counted(
            Stage.QUOTED, (before.days for before, _ in first_contracts if before.stage is Stage.QUOTED)
        )
        times = reports.time_in_stage(asked, MONDAY, END)
        assert times.left == [
            each
            for stage in sorted(Stage)
            for each in counted(stage, (s.days for of in stages for s in of if s.stage is stage))
        ]
        assert times.waiting == [
            Waiting(stage, len(since), min(since)) for stage, since in waiting.items() if since
        ]
        for days in range(-1, 40):
            moment = MONDAY + timedelta(days=days, hours=1)
            found = reports.expected(asked, "USD", moment)
            money = [span for each in spans for span in each.money if span.flow.currency == "USD"]
            assert {each[:3]: each for each in found} == expected_at(money, moment)
            assert len({each[:3] for each in found}) == len(found)


MOVED = "what moved it"
FIGURES: dict[str, tuple[Callable[[Connection], Any], tuple[str, ...]]] = {
    "funnel": (lambda c: reports.funnel(c, MONDAY, END), ("ledger_stages_opened",)),
    "time in stage": (lambda c: reports.time_in_stage(c, MONDAY, END), ("ledger_stages_opened",)),
    "to contract": (lambda c: reports.to_contract(c, MONDAY, END), ("ledger_stages_began",)),
    "to signature": (lambda c: reports.to_signature(c, MONDAY, END), ("ledger_stages_began",)),
    "outcomes": (lambda c: reports.outcomes(c, MONDAY, END), ("ledger_stages_began",)),
    "losses": (lambda c: reports.losses(c, [MONDAY, END]), ("ledger_stages_began",)),
    "stages at a moment": (lambda c: board.stages_on(c, END), ("ledger_stages_told",)),
    "expected money": (
        lambda c: reports.expected(c, "USD", END),
        ("ledger_money_lasting", "ledger_money_ended"),
    ),
    MOVED: (
        lambda c: reports.moved(c, "USD", MONDAY, END),
        ("ledger_money_began", "ledger_money_ended"),
    ),
    "currencies": (reports.currencies, ("ledger_money_began",)),
}


MANY_STAGES = """
INSERT INTO ledger_stages
SELECT 'lead-' || n, book, 1, (ARRAY['lead', 'quoted', 'contracted', 'hub', 'lost'])[n % 5 + 1], 'lead', 1, NULL,
    moment, moment, 2, 1, moment, 1, true
FROM generate_series(1, 20000) n, unnest(ARRAY['now', 'told']) book,
    LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 hour') AS at(moment)
"""
MANY_AMOUNTS = """
INSERT INTO ledger_money
SELECT 'lead-' || n, 'new', 0, 1, 'USD', n, n, 24000, 12, moment, CASE n % 2 WHEN 0 THEN moment END, n % 2
FROM generate_series(1, 20000) n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 hour') AS at(moment)
"""


def fill(postgres: Postgres, database: str) -> None:
    """Add so many lines that PostgreSQL does not read their tables as a whole."""
    with postgres.connect(database) as connection:
        connection.execute(MANY_STAGES)
        connection.execute(MANY_AMOUNTS)
        connection.execute("VACUUM ANALYZE ledger_stages, ledger_money")


def test_figures_are_read_from_their_indexes_alone(
    ledger: Ledger, engine: str, url: str, request: pytest.FixtureRequest
) -> None:
    kind = "USING COVERING INDEX"
    if engine == "postgresql":
        kind = "Index Only Scan using"
        fill(request.getfixturevalue("postgres"), str(make_url(url).database))
    for name, (question, indexes) in FIGURES.items():

        def ask(ledger: Ledger, question: Callable[[Connection], Any] = question) -> None:
            with ledger._database.reading() as asked:
                question(asked)

        plans = plans_of(ledger, ask, "enable_seqscan")
        if engine == "postgresql" and name == MOVED:  # its rows are few, and say which event it was
            assert [index for index in indexes if not having(plans, index)] == []
            continue
        for index in indexes:
            assert having(plans, f"{kind} {index}"), name
        ways = [line.split("<-")[0] for way in ("SEARCH", "SCAN", "Scan") for line in having(plans, way)]
        tables = (" ledger_stages", " ledger_money")
        assert [way for way in ways if any(table in way for table in tables) and kind not in way] == [], name
