"""Measure the ledger's read tables: `python -m bench.read_tables --leads 100000`.

So many leads at all stages stand in SQLite in a temporary folder, or in the empty database that BENCH_LEDGER_URL names:
a few are written, the others are copies of their rows. An append is one writing on the way to a hub; its ratio is to
the same in a smaller ledger on SQLite, to the same without read tables, or, where it is sealed, to the same in plain.
Of each question that pages and reports ask, the 95th percentile counts.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, func, select

from bench.figures import Figure, Report, Target
from bench.many_leads import STARTS, fill
from bench.options import run_benchmark
from bench.writings import on_the_way
from keys.ring import KeyRing
from ledger.ledger import Ledger
from ledger.queries import agenda, board, feed, reports, search
from ledger.queries.asking import LedgerQueries
from ledger.read_tables import OF_LEAD
from ledger.rows import columns_of
from ledger.tables import CONTENTS, LEADS
from process.types import Role, Stage
from tests.support.lives import MONDAY

ROUNDS = 5


@contextmanager
def without_read_tables() -> Iterator[None]:
    """Let appends leave the read tables and the feed alone."""
    with (
        patch("ledger.recording.write_lines", lambda _connection, _lead_id, row, _parts: columns_of(row)),
        patch("ledger.recording._project", lambda *_, **__: {}),
        patch("ledger.recording.feed", lambda *_: None),
    ):
        yield


def append_times(ledger: Ledger, leads: int, name: str) -> tuple[float, float]:
    """Return the milliseconds of an append, and those of CPU: the mean over so many leads on their way to a hub."""
    writings = on_the_way()
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(leads):
        for writing in writings:
            writing.write(ledger, f"{name}-{number}")
    count = leads * len(writings)
    return 1000 * (time.perf_counter() - began) / count, 1000 * (time.process_time() - cpu) / count


NOW = MONDAY + timedelta(weeks=3 * STARTS)

QUESTIONS: dict[str, Callable[[Connection], Any]] = {
    "board: totals and six columns": lambda c: (
        board.totals(c),
        *(board.column(c, stage) for stage in Stage),
    ),
    "board: a column by value": lambda c: board.column(c, Stage.QUOTED, "value"),
    "board: a column with words": lambda c: board.column(
        c, Stage.QUOTED, only=board.BoardFilter(text="university hub")
    ),
    "board: stages at a past moment": lambda c: board.stages_on(c, NOW),
    "agenda: a role's first page": lambda c: agenda.agenda(c, agenda.Whose(roles=[Role.SALES]), NOW),
    "agenda: numbers by section": lambda c: agenda.counts(c, agenda.Whose(roles=[Role.SALES]), NOW),
    "agenda: a person's first page": lambda c: agenda.agenda(c, agenda.Whose("Ada"), NOW),
    "search": lambda c: search.search(c, "lead-10000003 example"),
    "feed: a page": lambda c: feed.events_after(c, feed.head(c) - 100),
    "report: funnel": lambda c: reports.funnel(c, MONDAY - timedelta(99), NOW),
    "report: time in stage": lambda c: reports.time_in_stage(c, MONDAY - timedelta(99), NOW),
    "report: expected money": lambda c: reports.expected(c, "USD", NOW),
    "report: hubs without contract": lambda c: reports.hubs_without_contract(c, NOW.date()),
    "report: contracts without hub": lambda c: reports.contracts_without_hub(c, NOW.date()),
    "report: unbilled": reports.unbilled,
    "report: open invoices": reports.open_invoices,
}


async def measure(leads: int = 1000, appends: int = 10, times: int = 20, rebuilds: int = 200) -> Report:
    """Fill a ledger with `leads` leads, append for `appends` of them, rebuild some, and ask each question `times` times."""
    figures = list[Figure]()
    with tempfile.TemporaryDirectory() as folder:
        ring = KeyRing.in_memory()
        given = os.environ.get("BENCH_LEDGER_URL")
        url = given or f"sqlite:///{Path(folder) / 'ledger.sqlite'}"
        with closing(Ledger.open(url)) as ledger:
            ledger.check()
            events = fill(ledger, leads)
            if not given:
                figures += _grown(ledger, leads, appends, Path(folder))
            figures += _appends(ledger, appends)
            figures.append(_rebuild(ledger, rebuilds))
            with closing(Ledger.open(url, ring)) as sealed:
                figures += _sealed(ledger, sealed, appends)
        with closing(LedgerQueries.open(url, ring)) as queries:
            figures += [_asked(queries, name, times) for name in QUESTIONS]
    tables = len(OF_LEAD) + len([LEADS])
    return Report(
        "read_tables",
        "The ledger's read tables",
        f"{leads} leads with {events} events in {tables} tables, p95 of {times} times",
        tuple(figures),
    )


def _grown(ledger: Ledger, leads: int, appends: int, folder: Path) -> Iterator[Figure]:
    """Yield what an append costs beside all leads, with its ratio to that beside a tenth of them, in turn."""
    few = max(leads // 10, 1)
    with closing(Ledger.open(f"sqlite:///{folder / 'few.sqlite'}")) as smaller:
        smaller.check()
        fill(smaller, few)
        ledgers, rounds = {"many": ledger, "few": smaller}, []
        for number in range(ROUNDS):
            kinds = ledgers if number % 2 else reversed(ledgers)
            rounds.append({kind: append_times(ledgers[kind], appends, f"{kind}-{number}") for kind in kinds})
    for place, name in enumerate(("an append", "CPU of an append")):
        pairs = [(taken["many"][place], taken["few"][place]) for taken in rounds]
        yield Figure.of_rounds(f"{name} beside {leads:,} leads, not {few:,}", "ms", pairs, Target(1.5))


def _appends(ledger: Ledger, leads: int) -> Iterator[Figure]:
    rounds = []
    for number in range(ROUNDS):
        pair = {}
        for kind in ("with", "without") if number % 2 else ("without", "with"):
            with without_read_tables() if kind == "without" else nullcontext():
                pair[kind] = append_times(ledger, leads, f"{kind}-{number}")
        rounds.append(pair)
    for place, name in enumerate(("an append", "an append, CPU of the worker")):
        pairs = [(pair["with"][place], pair["without"][place]) for pair in rounds]
        yield Figure.of_rounds(name, "ms", pairs, Target(2))


def _sealed(plain: Ledger, sealed: Ledger, leads: int) -> Iterator[Figure]:
    """Yield what it costs to seal what events say: written, read, and in bytes."""
    ledgers = {"sealed": sealed, "plain": plain}
    written, read = [], []
    for number in range(ROUNDS):
        times, reads = {}, {}
        for kind in ledgers if number % 2 else reversed(ledgers):
            times[kind] = append_times(ledgers[kind], leads, f"lead-{kind}-{number}")
            reads[kind] = _read_times(ledgers[kind], leads, f"lead-{kind}-{number}")
        written.append(times)
        read.append(reads)
    for place, name in enumerate(("a sealed append", "a sealed append, CPU of the worker")):
        pairs = [(times["sealed"][place], times["plain"][place]) for times in written]
        yield Figure.of_rounds(name, "ms", pairs, Target(1.1))
    pairs = [(reads["sealed"], reads["plain"]) for reads in read]
    yield Figure.of_rounds("a sealed lead's events are read", "ms", pairs)
    sizes = {kind: _bytes_of(ledger, f"lead-{kind}-0-0") for kind, ledger in ledgers.items()}
    yield Figure.of_rounds("sealed contents of a lead", "bytes", [(sizes["sealed"], sizes["plain"])])


def _read_times(ledger: Ledger, leads: int, name: str) -> float:
    began = time.perf_counter()
    for number in range(leads):
        ledger.events(f"{name}-{number}")
    return 1000 * (time.perf_counter() - began) / leads


def _bytes_of(ledger: Ledger, lead_id: str) -> float:
    size = select(func.sum(func.length(CONTENTS.c.content))).where(CONTENTS.c.lead_id == lead_id)
    with ledger._database.reading() as connection:
        return float(connection.scalar(size) or 0)


def _rebuild(ledger: Ledger, leads: int) -> Figure:
    with ledger._database.reading() as connection:
        ids = connection.scalars(select(LEADS.c.lead_id).order_by(LEADS.c.lead_id)).all()
    chosen = ids[:: max(len(ids) // leads, 1)][:leads]
    began = time.perf_counter()
    for lead_id in chosen:
        ledger.rebuild(lead_id)
    return Figure("leads rebuilt per second", len(chosen) / (time.perf_counter() - began))


def _asked(queries: LedgerQueries, name: str, times: int) -> Figure:
    taken = []
    for _ in range(max(times, 2)):
        began = time.perf_counter()
        with queries.asking(60) as connection:
            QUESTIONS[name](connection)
        taken.append(1000 * (time.perf_counter() - began))
    return Figure(name, statistics.quantiles(taken, n=20)[-1], "ms", target=Target(300))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
