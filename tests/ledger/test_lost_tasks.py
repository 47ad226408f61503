"""The ledger under workflow tasks that are lost after they wrote: whatever happened, it ends with the lead's events.

A small model of Temporal makes one lead's workflow tasks, loses some of them before, during or after their writing,
delays writings of lost tasks, and lets effects with retries take over. The ledger is a real one, on both engines.
"""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger.entry import Entry
from ledger.errors import LedgerConflict, LedgerOutdated, LedgerRefused
from ledger.ledger import Ledger

from .conftest import DAY, by_hand, entry, make_row

Open = Callable[[str], Ledger]


class Request(NamedTuple):
    """The input of one writing, as the workflow made it."""

    lead_id: str
    entries: Sequence[Entry]
    after: int
    at: datetime
    length: int

    def write(self, ledger: Ledger, *, committed: bool = False) -> int:
        row = make_row(
            lead_id=self.lead_id, updated_at=self.at, last_seq=self.length, heading=self.at.isoformat()
        )
        return ledger.append(self.lead_id, self.entries, after=self.after, row=row, committed=committed)


@dataclass
class Workflow:
    """One lead: the events of its committed history, and what that knows of the ledger."""

    ledger: Ledger
    lead_id: str = field(default_factory=lambda: str(uuid4()))
    events: tuple[Entry, ...] = ()
    in_ledger: int = 0
    clock: int = 0
    effect: Request | None = None
    """The effect that took over from a failed writing, until it succeeds."""
    late: list[tuple[Request, bool]] = field(default_factory=list)
    """Writings whose worker hangs, each with whether its events are committed."""

    def request(self, new: int, skew: int = 0) -> tuple[Request, tuple[Entry, ...]]:
        """Start a task that records this many events. `skew`: seconds by which its clock is ahead."""
        self.clock += 1
        at = DAY + timedelta(seconds=self.clock + skew)
        begin = len(self.events) + 1
        events = self.events + tuple(
            entry(seq, self.lead_id, at=at, key=str(uuid4())) for seq in range(begin, begin + new)
        )
        return Request(self.lead_id, events[self.in_ledger :], self.in_ledger, at, len(events)), events

    def commit(self, events: tuple[Entry, ...], recorded: int | None) -> None:
        """End a task. `recorded` is None if its writing failed, so that an effect takes over."""
        self.events = events
        if recorded is None:
            self.effect = self.effect or Request(
                self.lead_id,
                events[self.in_ledger :],
                self.in_ledger,
                DAY + timedelta(seconds=self.clock),
                len(events),
            )
        else:
            self.learn(recorded)

    def learn(self, recorded: int) -> None:
        assert recorded <= len(self.events), "the ledger confirms events that the lead does not have"
        self.in_ledger = max(self.in_ledger, recorded)

    def local(self, request: Request) -> int | None:
        """Write within the task. Returns None if that failed."""
        try:
            return request.write(self.ledger)
        except LedgerOutdated:
            return None

    def perform_effect(self) -> None:
        """Let the effect that took over succeed. It must not be refused: its events are committed."""
        if self.effect:
            recorded = self.effect.write(self.ledger, committed=True)
            self.late.append((self.effect, True))  # an earlier attempt may still be under way
            self.effect = None
            self.learn(recorded)

    def settle(self, new: int = 1) -> datetime:
        """Let everything end well: the effects, and a last task. Returns the time of that."""
        while self.effect:
            self.perform_effect()
        request, events = self.request(new)
        self.commit(events, self.local(request))
        self.perform_effect()
        return request.at


tasks = st.tuples(
    st.sampled_from(["commit", "commit", "lose", "hang", "fail", "fail and hang", "lose early"]),
    st.integers(0, 3),
)
steps = st.lists(tasks | st.tuples(st.sampled_from(["effect", "late"]), st.integers(0, 5)), max_size=25)


def run(life: Workflow, what: str, number: int, skew: int = 0) -> None:
    """Let one thing happen."""
    match what:
        case "effect":
            life.perform_effect()
        case "late":
            if life.late:
                late, committed = life.late.pop(number % len(life.late))
                # A hanging writing may be too late, and is refused; nobody waits for its answer.
                with suppress(LedgerOutdated, LedgerConflict):
                    late.write(life.ledger, committed=committed)
        case _:
            # A writing that hangs is known as old by its time, so that must be right.
            request, events = life.request(number, skew if what == "lose" else 0)
            match what:
                case "commit":
                    life.commit(events, life.local(request))
                case "lose":
                    life.local(request)
                case "hang":
                    life.late.append((request, False))
                case "fail":
                    life.commit(events, None)
                case "fail and hang":
                    life.commit(events, None)
                    life.late.append((request, False))


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@examples(25)
@given(steps=steps, new=st.integers(0, 2))
def test_the_ledger_ends_with_the_events_of_the_lead(
    ledger: Ledger, steps: list[tuple[str, int]], new: int
) -> None:
    life = Workflow(ledger)
    for what, number in steps:
        run(life, what, number)
        recorded = ledger.entries(life.lead_id)[: life.in_ledger]
        assert recorded == list(life.events[: life.in_ledger])  # what was confirmed stays
    end = life.settle(new)
    assert ledger.entries(life.lead_id) == list(life.events)
    assert life.in_ledger == ledger.last_seq(life.lead_id) == len(life.events)
    heads = ledger.heads(life.lead_id)
    assert heads == [(each.lead_id, each.seq, each.at, True) for each in life.events[-1:]]
    row = ledger.row(life.lead_id)
    assert row
    assert (row.last_seq, row.updated_at) == (len(life.events), end)
    for late, committed in life.late:  # what comes after the end changes nothing
        with suppress(LedgerOutdated, LedgerConflict):
            late.write(ledger, committed=committed)
    assert ledger.entries(life.lead_id) == list(life.events)
    assert ledger.row(life.lead_id) == row


@examples(20)
@given(steps=steps, skew=st.integers(-30, 30))
def test_a_wrong_clock_of_a_lost_task_does_not_keep_the_events_out(
    ledger: Ledger, steps: list[tuple[str, int]], skew: int
) -> None:
    life = Workflow(ledger)
    for what, number in steps:
        run(life, what, number, skew)
    life.settle()
    assert ledger.entries(life.lead_id) == list(life.events)
    assert life.in_ledger == len(life.events)


def test_fewer_events_void_the_lost_ones(ledger: Ledger) -> None:
    lost = [entry(seq, at=DAY) for seq in (1, 2, 3)]
    assert ledger.append("lead-1", lost, after=0) == 3
    mine = entry(1)
    assert ledger.append("lead-1", [mine], after=0) == 1
    assert ledger.entries("lead-1") == [mine]
    assert ledger.last_seq("lead-1") == 1
    assert ledger.heads() == [("lead-1", 1, mine.at, True)]
    assert ledger.append("lead-1", [entry(2)], after=1) == 2
    assert ledger.entries("lead-1") == [mine, entry(2)]


def test_a_newer_row_without_the_lost_events_voids_them(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1)], after=0, row=make_row(updated_at=entry(1).at))
    lost = [entry(2), entry(3, at=entry(2).at)]
    ledger.append("lead-1", lost, after=1, row=make_row(updated_at=entry(2).at, last_seq=3))
    newer = make_row(updated_at=entry(3).at, last_seq=1)
    assert ledger.append("lead-1", [], after=1, row=newer) == 1
    assert ledger.entries("lead-1") == [entry(1)]
    assert ledger.row("lead-1") == newer


def test_an_older_writing_is_refused(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1, at=DAY)], after=0)
    newer = [entry(2, at=DAY + timedelta(hours=2))]
    ledger.append("lead-1", newer, after=1)
    older = entry(2, at=DAY + timedelta(hours=1), summary="lost")
    with pytest.raises(LedgerOutdated, match="newer events of lead lead-1"):
        ledger.append("lead-1", [older], after=1)
    with pytest.raises(LedgerOutdated):  # at the same time nobody can tell which one is lost
        ledger.append("lead-1", [entry(2, at=newer[0].at, summary="lost")], after=1)
    assert ledger.entries("lead-1") == [entry(1, at=DAY), *newer]


def test_a_committed_event_wins_whatever_its_time(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1), entry(2)], after=0)
    mine = [entry(1, at=DAY), entry(2, at=DAY)]
    assert ledger.append("lead-1", mine, after=0, committed=True) == 2
    assert ledger.entries("lead-1") == mine
    with pytest.raises(LedgerConflict):  # and is final
        ledger.append("lead-1", [entry(1)], after=0)


def test_a_superseded_event_stays_in_the_table(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1, at=DAY), entry(2, at=DAY)], after=0)
    ledger.append("lead-1", [entry(1)], after=0)
    with ledger._database.engine.begin() as connection:
        wanted = "SELECT seq, revision, kind FROM ledger_entries ORDER BY seq, revision"
        assert [tuple(row) for row in connection.execute(text(wanted))] == [
            (1, 1, "price_quoted"),
            (1, 2, "price_quoted"),
            (2, 1, "price_quoted"),
            (2, 2, "void"),
        ]


@pytest.mark.usefixtures("long_waits")
def test_of_many_lost_tasks_at_once_the_newest_stands(url: str, opened: Open) -> None:
    """Write from eight threads: each is a task that was done again, with more or with fewer events."""
    ledgers = [opened(url) for _ in range(8)]
    together = Barrier(len(ledgers))

    def attempt(number: int) -> list[Entry]:
        at = DAY + timedelta(minutes=number)
        return [entry(seq, at=at, key=f"{number}/{seq}") for seq in range(1, 2 + number * 3 % 8)]

    def write(number: int) -> int | None:
        together.wait()
        with suppress(LedgerOutdated):
            return ledgers[number].append("lead-1", attempt(number), after=0)
        return None

    with ThreadPoolExecutor(len(ledgers)) as threads:
        answers = list(threads.map(write, range(len(ledgers))))
    newest = attempt(len(ledgers) - 1)
    assert answers[-1] == len(newest)
    assert ledgers[0].entries("lead-1") == newest
    assert ledgers[0].heads() == [("lead-1", len(newest), newest[-1].at, True)]


@pytest.mark.parametrize("void", ["TRUE", "FALSE"])
def test_the_database_itself_keeps_final_events(ledger: Ledger, url: str, void: str) -> None:
    ledger.append("lead-1", [entry(1), entry(2)], after=1)
    supersede = (
        f"INSERT INTO ledger_entries SELECT lead_id, seq, 2, {void}, at, 'never_happened', source, policy "
        "FROM ledger_entries WHERE seq = 1"
    )
    with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
        by_hand(url, supersede)
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


# ---- a reset


def test_a_reset_is_a_conflict_until_a_person_allows_it(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1), entry(2), entry(3)], after=3)
    again = [entry(2, at=entry(9).at), entry(3, at=entry(9).at)]
    with pytest.raises(LedgerConflict):
        ledger.append("lead-1", again, after=1)
    assert ledger.reopen("lead-1", 1, "Reset after the outage", by="ann@example.org")
    assert ledger.entries("lead-1") == [entry(1), entry(2), entry(3)]
    assert ledger.append("lead-1", again, after=1) == 3
    assert ledger.entries("lead-1") == [entry(1), *again]
    assert ledger.append("lead-1", [], after=3) == 3
    with pytest.raises(LedgerConflict):  # what was written anew is final in turn
        ledger.append("lead-1", [entry(2)], after=1)


def test_a_reopening_is_recorded_once(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1), entry(2)], after=2)
    assert ledger.reopenings("lead-1") == []
    assert ledger.reopen("lead-1", 1, "Reset", by="ann@example.org")
    assert not ledger.reopen("lead-1", 1, "Reset", by="ann@example.org")
    [note] = ledger.reopenings("lead-1")
    assert (note.after, note.confirmed, note.by, note.reason) == (1, 2, "ann@example.org", "Reset")
    assert ledger.reopen("lead-1", 0, "Reset further")
    assert [each.after for each in ledger.reopenings("lead-1")] == [1, 0]
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


def test_an_unknown_lead_cannot_be_reopened(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="no lead lead-1"):
        ledger.reopen("lead-1", 0, "Reset")
    assert ledger.heads() == []
