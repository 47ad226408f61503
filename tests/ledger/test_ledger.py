"""Promises of the ledger, on both engines."""

import multiprocessing
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import make_url

from keys.ring import KeyRing
from ledger.entry import Entry
from ledger.errors import LedgerConflict, LedgerOutdated, LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.reader import Head

from .conftest import DAY, by_hand, entry, record

Open = Callable[[str], Ledger]


def test_append_returns_how_far_a_lead_is_recorded(ledger: Ledger) -> None:
    assert ledger.last_seq("lead-1") == 0
    assert record(ledger, [entry(1), entry(2)]) == 2
    assert record(ledger, [entry(4)]) == 2
    assert record(ledger, [entry(3)]) == 3
    assert ledger.last_seq("lead-1") == 4
    assert record(ledger, [entry(2, lead_id="lead-2")]) == 0
    assert ledger.last_seq("lead-1") == 4


def test_events_are_in_order_whatever_the_order_of_arrival(ledger: Ledger) -> None:
    record(ledger, [entry(4), entry(3)])
    record(ledger, [entry(2), entry(1)])
    assert ledger.entries("lead-1") == [entry(1), entry(2), entry(3), entry(4)]
    assert ledger.entries("unknown") == []


def test_a_repeat_changes_nothing(ledger: Ledger) -> None:
    record(ledger, [entry(1), entry(2)])
    assert record(ledger, [entry(1), entry(2)]) == 2
    assert record(ledger, [entry(2), entry(3)]) == 3
    assert ledger.entries("lead-1") == [entry(1), entry(2), entry(3)]


@pytest.mark.parametrize(
    "change",
    [
        {"at": DAY},
        {"kind": "lost"},
        {"by": "bob@example.org"},
        {"source": "web"},
        {"key": "another"},
        {"policy": "2022-05"},
        {"summary": "Bob did."},
        {"data": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_different_content_is_a_conflict_and_the_whole_call_is_rolled_back(
    ledger: Ledger, change: dict[str, Any]
) -> None:
    record(ledger, [entry(1), entry(2)])
    with pytest.raises(LedgerConflict, match=r"event 2 of lead lead-1") as refused:
        record(ledger, [entry(1), entry(2, **change), entry(3)], after=2)
    assert (refused.value.lead_id, refused.value.seq) == ("lead-1", 2)
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


@pytest.mark.parametrize(
    "entries",
    [
        [entry(1), entry(2, lead_id="lead-2")],
        [entry(1), entry(1)],
        [entry(1), entry(3)],
        [entry(2), entry(3)],
    ],
    ids=["two leads", "twice", "gap", "gap before"],
)
def test_one_call_has_consecutive_events_of_one_lead(ledger: Ledger, entries: list[Entry]) -> None:
    with pytest.raises(LedgerRefused, match="One call must record"):
        ledger.append("lead-1", entries, after=0)
    assert ledger.heads() == []


def test_times_come_back_in_utc(ledger: Ledger) -> None:
    local = datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    record(ledger, [entry(1, at=local)])
    [recorded] = ledger.entries("lead-1")
    assert recorded.at == local
    assert recorded.at.tzinfo is UTC
    assert record(ledger, [entry(1, at=local.astimezone(UTC))]) == 1


# Text that both engines can store: no NUL, no lone surrogates.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
    line=texts,
    data=st.dictionaries(texts, json_values, max_size=4),
)
def test_any_event_comes_back_as_it_was_and_may_be_repeated(
    ledger: Ledger, at: datetime, line: str, data: dict[str, Any]
) -> None:
    written = entry(1, lead_id=str(uuid4()), at=at, kind=line, summary=line, data=data)
    assert record(ledger, [written]) == 1
    assert ledger.entries(written.lead_id) == [written]
    assert record(ledger, [written]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 0},
        {"lead_id": ""},
        {"at": datetime(2026, 3, 1)},  # noqa: DTZ001 - the missing offset is the point
        {"summary": "a\0b"},
        {"summary": "\ud800"},
        {"data": {"deep": [{"a\0b": 1}]}},
        {"data": {"deep": "\ud800"}},
        {"data": {"n": float("nan")}},
        {"data": {"n": float("-inf")}},
        {"data": {"when": DAY}},
    ],
    ids=str,
)
def test_an_entry_refuses_values_that_the_engines_store_differently(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate(entry(1).model_dump() | wrong)


def test_heads_list_each_lead_and_its_gaps(ledger: Ledger) -> None:
    record(ledger, [entry(1, lead_id="b"), entry(2, lead_id="b", at=DAY)])
    record(ledger, [entry(1, lead_id="a")])
    record(ledger, [entry(3, lead_id="a")])
    assert ledger.heads() == [Head("a", 3, entry(3).at, complete=False), Head("b", 2, DAY, complete=True)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entries SET kind = 'never_happened'",
        "UPDATE ledger_entries SET kind = 'never_happened' WHERE seq = 2",
        "DELETE FROM ledger_entries",
        "DELETE FROM ledger_entries WHERE seq = 2",
        "TRUNCATE ledger_entries",
        "UPDATE ledger_contents SET content = ''",
        "UPDATE ledger_contents SET epoch = epoch + 1, content = ''",  # no erasure is noted
        "DELETE FROM ledger_contents WHERE seq = 2",
        "TRUNCATE ledger_contents",
    ],
)
def test_the_database_itself_refuses_changes(ledger: Ledger, url: str, change: str) -> None:
    if change.startswith("TRUNCATE") and url.startswith("sqlite"):
        pytest.skip("SQLite has no TRUNCATE")
    record(ledger, [entry(1), entry(2)])
    with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
        by_hand(url, change)
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


def test_a_newer_schema_is_refused(ledger: Ledger, url: str, opened: Open) -> None:
    record(ledger, [entry(1)])
    by_hand(url, "UPDATE ledger_schema SET version = 2")
    newer = opened(url)
    for _ in range(2):  # repeated calls are refused, too
        with pytest.raises(LedgerRefused, match="has schema 2, this program knows 1"):
            newer.entries("lead-1")


def test_a_read_only_ledger_creates_nothing(empty_url: str, ring: KeyRing, opened: Open) -> None:
    with closing(Ledger.open(empty_url, ring, read_only=True)) as reader:
        for _ in range(2):
            with pytest.raises(LedgerRefused, match=r"There is no ledger yet \("):
                reader.heads()
        if empty_url.startswith("sqlite"):
            assert not Path(empty_url.removeprefix("sqlite:///")).parent.exists()
        record(opened(empty_url), [entry(1)])
        assert [head.lead_id for head in reader.heads()] == ["lead-1"]
        assert reader.entries("lead-1") == [entry(1)]
    by_hand(empty_url, "UPDATE ledger_schema SET version = 2")
    with (
        closing(Ledger.open(empty_url, read_only=True)) as late,
        pytest.raises(LedgerRefused, match="has schema 2"),
    ):
        late.heads()


def test_check_writes_nothing(ledger: Ledger, url: str) -> None:
    record(ledger, [entry(1), entry(2)])
    record(ledger, [entry(1, lead_id="lead-2")])
    for _ in range(2):
        status = ledger.check()
        assert (status.leads, status.events, status.schema_version) == (2, 3, 1)
    assert status.engine.startswith(make_url(url).get_backend_name())
    assert [head.lead_id for head in ledger.heads()] == ["lead-1", "lead-2"]
    assert ledger.entries("") == []


def test_a_closed_ledger_can_be_used_again(ledger: Ledger) -> None:
    record(ledger, [entry(1)])
    ledger.close()
    assert ledger.entries("lead-1") == [entry(1)]


@pytest.mark.usefixtures("long_waits")
def test_concurrent_writers_record_the_same_events(url: str, opened: Open) -> None:
    """Append from eight threads, each with its own engine; the first one also creates the tables."""
    ledgers = [opened(url) for _ in range(8)]
    together = Barrier(len(ledgers))

    def write(number: int) -> int:
        together.wait()
        # Every second one appends in reverse order, which would deadlock if rows were locked in order of arrival.
        run = [entry(seq) for seq in range(1, 10 + number)]
        return record(ledgers[number], run[:: -1 if number % 2 else 1])

    with ThreadPoolExecutor(len(ledgers)) as threads:
        answers = list(threads.map(write, range(len(ledgers))))
    assert all(answer == 9 + number for number, answer in enumerate(answers))
    assert ledgers[0].entries("lead-1") == [entry(seq) for seq in range(1, 17)]


@pytest.mark.usefixtures("long_waits")
def test_of_two_conflicting_appends_at_once_one_is_recorded(url: str, opened: Open) -> None:
    ledgers = [opened(url), opened(url)]
    ledgers[0].check()
    together = Barrier(2)

    def write(number: int) -> bool:
        entries = [entry(seq, by=f"writer-{number}@example.org") for seq in (1, 2, 3)]
        together.wait()
        try:
            record(ledgers[number], entries)
        except LedgerOutdated:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        recorded = list(threads.map(write, (0, 1)))
    assert sorted(recorded) == [False, True]
    assert {event.by for event in ledgers[0].entries("lead-1")} == {
        f"writer-{recorded.index(True)}@example.org"
    }


def _start(url: str, number: int, together: Any) -> None:
    with closing(Ledger.open(url)) as ledger:
        together.wait()
        while True:
            with suppress(LedgerUnavailable):  # a lead would try again, too
                record(ledger, [entry(1, lead_id=f"lead-{number}")])
                return


def test_processes_may_create_the_ledger_at_once(empty_url: str, opened: Open) -> None:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    processes = [context.Process(target=_start, args=(empty_url, number, together)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [head.lead_id for head in opened(empty_url).heads()] == ["lead-0", "lead-1", "lead-2"]
