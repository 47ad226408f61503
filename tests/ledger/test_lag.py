"""The lag of the read tables is known exactly, and they are brought up to date lead by lead."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

import ledger.recording as ledger_recording
from client.rebuilding import LagWatch, rebuild_batch
from ledger import projecting
from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.views.lead_row import GRACE
from process.views.row import row_of
from tests.support.lives import Life
from upkeep.read_tables import ReadTables

from .conftest import by_hand


def written(ledger: Ledger, *lead_ids: str, with_row: bool = True) -> Life:
    life = Life().quoted()
    for lead_id in lead_ids:
        entries = [entry_of(lead_id, event) for event in life.aggregate.event_log.events]
        row = row_of(life.aggregate, life.now).replaced(lead_id=lead_id) if with_row else None
        ledger.append(lead_id, entries, after=0, row=row)
    return life


def test_each_way_to_lag_is_counted_once(ledger: Ledger, url: str) -> None:
    life = written(ledger, "current", "older", "late", "both")
    written(ledger, "missing", with_row=False)
    assert ledger.lag(life.now)[:5] == (5, 0, 1, 0, 0)
    by_hand(
        url,
        "UPDATE ledger_leads SET version = 0 WHERE lead_id IN ('older', 'both')",
        "UPDATE ledger_leads SET projected = 1 WHERE lead_id IN ('late', 'both')",
    )
    lag = ledger.lag(life.now)
    assert (lag.leads, lag.older, lag.missing, lag.late, lag.overdue) == (5, 2, 1, 1, 0)
    assert (lag.lagging, ledger.lagging_leads(life.now, 3)) == (4, ["missing", "late", "both"])


def test_what_time_made_wrong_is_made_again_once(ledger: Ledger) -> None:
    life = written(ledger, "lead-1")
    row = ledger.row("lead-1")
    assert row
    assert row.right_until
    assert not ledger.lag(row.right_until).lagging
    assert ledger.lag(row.right_until + GRACE).overdue == 1
    assert ledger.rebuild("lead-1")  # today, which is later than the life's days
    assert not ledger.lag(life.now + timedelta(days=400)).overdue or ledger.row("lead-1") != row


def test_all_are_brought_up_to_date_in_batches(ledger: Ledger, url: str) -> None:
    written(ledger, *(f"lead-{number}" for number in range(5)), with_row=False)
    ticks = iter([0.0, 10.0, 20.0])
    watch = LagWatch(ledger, lambda: next(ticks))
    assert watch.look().seconds_left is None
    assert len(rebuild_batch(ledger, 3)) == 3
    seen = watch.look()
    assert (seen.lag.lagging, seen.per_second) == (2, 0.3)
    assert seen.seconds_left == pytest.approx(2 / 0.3)
    assert len(rebuild_batch(ledger, 3)) == 2
    assert rebuild_batch(ledger, 3) == []
    assert watch.look().seconds_left == 0


@pytest.mark.usefixtures("long_waits")
def test_two_workers_rebuild_each_lead_once(
    ledger: Ledger, url: str, opened: Callable[[str], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(ledger, *(f"lead-{number}" for number in range(6)), with_row=False)
    made: list[str] = []
    remake = projecting.remake_spans

    def counted(connection: Any, lead_id: str, *more: Any) -> dict[str, Any]:
        made.append(lead_id)
        return remake(connection, lead_id, *more)

    monkeypatch.setattr("ledger.recording.remake_spans", counted)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rebuild_batch, (ledger, opened(url))))
    assert sorted(made) == sorted(set(made)) == [f"lead-{number}" for number in range(6)]


def _rebuild_and_die(url: str) -> None:
    """Die in the middle of the third lead of a batch."""
    remake, left = projecting.remake_spans, [0, 1]

    def doomed(*args: Any) -> dict[str, Any]:
        found = remake(*args)
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left.pop()
        return found

    setattr(ledger_recording, "remake_spans", doomed)  # noqa: B010
    with closing(Ledger.open(url)) as dying:
        rebuild_batch(dying)


def test_a_batch_that_is_killed_goes_on_where_it_was(plain: Ledger, url: str) -> None:
    life = written(plain, *(f"lead-{number}" for number in range(5)), with_row=False)
    process = multiprocessing.get_context("spawn").Process(target=_rebuild_and_die, args=(url,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert plain.lag(life.now).lagging == 3
    assert [each.lead_id for each in rebuild_batch(plain)] == ["lead-2", "lead-3", "lead-4"]
    assert plain.lag(life.now).lagging == 0


async def test_a_worker_brings_them_up_to_date(ledger: Ledger) -> None:
    life = written(ledger, "lead-1", with_row=False)
    tables = ReadTables(ledger)
    assert await tables.work() > 0
    assert await tables.work() == 0
    assert ledger.lag(life.now).lagging == 0


def test_a_decision_at_the_time_of_a_rebuild_is_shown(ledger: Ledger) -> None:
    """A rebuild is later by the clock than the workflow task that is just taking a decision."""
    life = written(ledger, "lead-1")
    assert ledger.rebuild("lead-1")
    known = len(life.aggregate.event_log.events)
    life.does("quote_accepted")
    new = [entry_of("lead-1", event) for event in life.aggregate.event_log.events[known:]]
    row = row_of(life.aggregate, life.now).replaced(lead_id="lead-1")
    ledger.append("lead-1", new, after=known, row=row)
    assert ledger.row("lead-1") == row
