"""A person is erased from a lead's events: no word of theirs is left, and no late writing brings one back."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from keys.ring import KeyRing
from ledger.contents import contents_of
from ledger.conversion import entry_of
from ledger.errors import LeadErased, LedgerConflict, LedgerOutdated, LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.read_tables import OF_LEAD
from ledger.schema import ERASING
from ledger.tables import CONTENTS, LEADS, METADATA
from process.core.events import Event
from process.views.row import row_of
from tests.support.engines import ROLE
from tests.support.lives import Life
from tests.support.postgres import Postgres

from .conftest import by_hand, entry, make_row, record

Open = Callable[[str], Ledger]
LEAD = "lead-1"
MARKER = "Zephyrine"


@pytest.fixture(autouse=True)
def eraser(url: str, request: pytest.FixtureRequest) -> None:
    """Let the role of the service erase, on PostgreSQL."""
    if url.startswith("postgresql"):
        postgres: Postgres = request.getfixturevalue("postgres")
        database = request.getfixturevalue("made_copy")
        with postgres.connect(database) as connection:
            for table, rights in ERASING.items():
                connection.execute(f"GRANT {rights} ON {table} TO {ROLE}".encode())


@pytest.fixture(params=["sealed", "plain"])
def ring(request: pytest.FixtureRequest) -> KeyRing | None:
    """Return the test's keys. Without any an erasure does the same."""
    return KeyRing.in_memory() if request.param == "sealed" else None


def life() -> Life:
    """Return a lead whose events name a person."""
    return Life(person=f"{MARKER} Example", note=f"{MARKER} called").wait(1).quoted().lost()


def events_of(life: Life) -> list[Event]:
    return [*life.aggregate.event_log.events]


def redacted(events: Sequence[Event]) -> list[Event]:
    """Return the events without the person, as `process.privacy` makes them."""
    return [Event.model_validate_json(each.model_dump_json().replace(MARKER, "[erased]")) for each in events]


def write(ledger: Ledger, life: Life, **more: Any) -> None:
    entries = [entry_of(LEAD, event) for event in events_of(life)]
    row = row_of(life.aggregate, life.now).replaced(lead_id=LEAD, parked=(f"Mail to {MARKER}",))
    ledger.append(LEAD, entries, after=0, row=row, **more)


def erase(ledger: Ledger, ring: KeyRing | None, events: Sequence[Event], epoch: int = 2) -> int:
    """Do as an erasure does: begin an epoch, redact, destroy the keys before."""
    epoch = ring.advance(LEAD) if ring else epoch
    return ledger.redact(LEAD, epoch, events, "request-1")


def contents(ledger: Ledger) -> list[tuple[Any, ...]]:
    with ledger._database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(CONTENTS).order_by(*CONTENTS.primary_key))]


def words(ledger: Ledger) -> str:
    """Return all that the ledger's tables say of all leads, opened where it is sealed."""
    found: list[object] = []
    with ledger._database.reading() as connection:
        for table in METADATA.tables.values():
            if table.name != "ledger_events":
                found += [tuple(row) for row in connection.execute(select(table))]
        for row in connection.execute(select(CONTENTS)).mappings():
            found.append(contents_of(connection).readable(row))
    return repr(found)


def test_no_word_is_left_and_the_lead_is_read_as_before(
    ledger: Ledger, ring: KeyRing | None, url: str
) -> None:
    lived = life()
    write(ledger, lived)
    before = ledger.row(LEAD)
    assert MARKER in words(ledger)
    clean = redacted(events_of(lived))
    assert erase(ledger, ring, clean) == len(clean)
    if ring:
        assert ring.erase(LEAD, before=2) == 1
    assert MARKER not in words(ledger)
    assert ledger.events(LEAD) == clean
    after = ledger.row(LEAD)
    assert before
    assert after
    assert (after.stage, after.last_seq, after.value) == (before.stage, before.last_seq, before.value)
    assert len(after.parked) == len(before.parked) == 1
    assert ledger.epochs(LEAD) == {2: len(clean)}
    [note] = ledger.erasures(LEAD)
    assert (note.epoch, note.request) == (2, "request-1")
    assert ledger.rebuild(LEAD)
    assert MARKER not in words(ledger)
    if url.startswith("sqlite"):
        files = Path(str(ledger._database.engine.url.database)).parent.glob("ledger.sqlite*")
        assert not any(MARKER.encode() in file.read_bytes() for file in files)


def test_it_may_be_repeated(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    write(ledger, lived)
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    now = contents(ledger)
    assert ledger.redact(LEAD, 2, clean, "request-1") == 0
    assert len(ledger.erasures(LEAD)) == 1
    assert ledger.events(LEAD) == clean
    assert contents(ledger) == now
    with pytest.raises(LedgerRefused, match="Another request"):
        ledger.redact(LEAD, 2, clean, "request-2")


def test_what_lost_tasks_have_left_is_emptied(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    entries = [entry_of(LEAD, event) for event in events_of(lived)]
    lost = [entry(2, LEAD, at=entries[0].at, by=MARKER), entry(3, LEAD, at=entries[0].at, by=MARKER)]
    ledger.append(LEAD, [entries[0], *lost], after=0)
    ledger.append(LEAD, entries[:2], after=0)  # supersedes one and voids the other
    ledger.reopen(LEAD, 0, f"{MARKER} asked for it", by=MARKER)
    write(ledger, lived)
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    assert MARKER not in words(ledger)
    assert ledger.events(LEAD) == clean


def test_events_of_a_lost_task_that_stand_are_superseded(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    entries = [entry_of(LEAD, event) for event in events_of(lived)]
    lost = [entry(seq, LEAD, at=entries[0].at, by=MARKER) for seq in range(2, len(entries) + 3)]
    ledger.append(LEAD, [entries[0], *lost], after=0)
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    assert MARKER not in words(ledger)
    assert ledger.events(LEAD) == clean
    assert ledger.heads()[0].seq == len(clean)


def test_a_late_writing_brings_no_word_back(ledger: Ledger, ring: KeyRing | None, opened: Open) -> None:
    """A worker hung while its task was lost, or its effect was tried again; it writes after the erasure."""
    lived = life()
    write(ledger, lived)
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    for committed in (False, True):
        write(ledger, lived, committed=committed)  # the same events, as they were
        assert MARKER not in words(ledger)
    entries = [entry_of(LEAD, event) for event in events_of(lived)]
    assert ledger.append(LEAD, entries, after=len(entries)) == len(entries)  # no conflict
    other = entries[-1].model_copy(update={"at": entries[-1].at + timedelta(seconds=1)})
    with pytest.raises(LedgerConflict):  # another event is one
        ledger.append(LEAD, [other], after=len(entries))
    after = entry(len(entries) + 1, LEAD, at=entries[-1].at - timedelta(seconds=1), by=MARKER)
    with pytest.raises(LedgerOutdated):
        ledger.append(LEAD, [after], after=len(entries))
    assert MARKER not in words(ledger)
    assert ledger.events(LEAD) == clean


def test_a_late_writing_of_events_that_the_ledger_lacked_brings_none(
    ledger: Ledger, ring: KeyRing | None
) -> None:
    lived = life()
    entries = [entry_of(LEAD, event) for event in events_of(lived)]
    ledger.append(LEAD, entries[:1], after=0)  # then the ledger was away
    clean = redacted(events_of(lived))
    assert erase(ledger, ring, clean) == 1
    assert ledger.append(LEAD, entries[1:], after=1, committed=True) == len(entries)
    assert MARKER not in words(ledger)
    assert ledger.events(LEAD) == clean


def test_the_lead_goes_on_under_its_new_key(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    write(ledger, lived)
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    length = len(clean)
    next_ = entry(length + 1, LEAD, at=clean[-1].at + timedelta(hours=1))
    row = make_row(last_seq=length + 1, updated_at=clean[-1].at + timedelta(days=9999))
    assert ledger.append(LEAD, [next_], after=length, row=row) == length + 1
    assert ledger.append(LEAD, [next_], after=length) == length + 1  # it is compared as a whole again
    with pytest.raises(LedgerConflict):
        ledger.append(LEAD, [next_.model_copy(update={"summary": "No"})], after=length + 1)
    assert ledger.epochs(LEAD) == {2: length + 1}
    ledger.append(LEAD, [], after=length + 1)
    other = clean[-1].replaced(seq=length + 1, at=next_.at)
    with pytest.raises(LedgerConflict):  # a final event is of another kind
        erase(ledger, ring, [*clean, other], 3)


def test_a_task_that_was_under_way_may_be_lost(ledger: Ledger, ring: KeyRing | None) -> None:
    """Its recorded event was redacted like all else; then it is done again, with another event or none."""
    lived = life()
    write(ledger, lived)
    clean = redacted(events_of(lived))
    length, at = len(clean), clean[-1].at
    under_way = clean[-1].replaced(seq=length + 1, at=at + timedelta(hours=1))
    ledger.append(LEAD, [entry_of(LEAD, under_way)], after=length)
    erase(ledger, ring, [*clean, under_way])
    again = entry(length + 1, LEAD, at=at + timedelta(hours=2))
    assert ledger.append(LEAD, [again], after=length) == length + 1
    assert ledger.entries(LEAD)[-1] == again
    row = make_row(last_seq=length, updated_at=at + timedelta(hours=3))
    assert ledger.append(LEAD, [], after=length, row=row) == length
    assert ledger.events(LEAD) == clean
    assert ledger.row(LEAD) == row


def test_the_lead_has_recorded_more_meanwhile(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    write(ledger, lived)
    with pytest.raises(LedgerOutdated):
        erase(ledger, ring, redacted(events_of(lived))[:-1])
    assert ledger.erasures(LEAD) == []
    assert MARKER in words(ledger)


def test_a_key_from_before_the_erasure_is_refused(ledger: Ledger, url: str) -> None:
    """A worker has remembered it: what it sealed could not be read any more."""
    now = [0.0]
    behind = KeyRing(KeyRing.in_memory().store, clock=lambda: now[0])
    stale = Ledger.open(url, behind)
    other = KeyRing(behind.store)
    fresh = Ledger.open(url, other)
    lived = life()
    write(stale, lived)
    clean = redacted(events_of(lived))
    erase(fresh, other, clean)
    next_ = entry(len(clean) + 1, LEAD, at=clean[-1].at + timedelta(hours=1))
    with pytest.raises(LedgerUnavailable, match="older than an erasure"):
        stale.append(LEAD, [next_], after=len(clean))
    now[0] = behind.cache_seconds
    assert stale.append(LEAD, [next_], after=len(clean)) == len(clean) + 1
    for each in (stale, fresh):
        each.close()


def test_after_the_restore_of_an_older_backup_it_is_done_again(
    ledger: Ledger, ring: KeyRing | None, url: str
) -> None:
    """The old contents cannot be read: their key is gone. Rows are not part of a backup."""
    lived = life()
    write(ledger, lived)
    clean = redacted(events_of(lived))
    if ring:
        ring.advance(LEAD)
        ring.erase(LEAD, before=2)
    lines = [f"DELETE FROM {table.name}" for table in (LEADS, *OF_LEAD)]
    by_hand(url, *lines)
    if ring:
        with pytest.raises(LeadErased):
            ledger.events(LEAD)
    assert ledger.redact(LEAD, 2, clean, "request-1") == len(clean)
    assert ledger.events(LEAD) == clean
    assert MARKER not in words(ledger)
    by_hand(url, *lines)  # and again: what is known of the erasure is found by its note
    ledger.append(LEAD, [entry_of(LEAD, event) for event in events_of(lived)], after=0, committed=True)
    assert ledger.rebuild(LEAD)
    assert MARKER not in words(ledger)


def test_events_that_nobody_can_read_leave_no_row(
    ledger: Ledger, ring: KeyRing | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived = life()
    write(ledger, lived)
    monkeypatch.setattr("ledger.recording.read_lead", lambda *_: None)
    erase(ledger, ring, redacted(events_of(lived)))
    assert ledger.row(LEAD) is None
    assert MARKER not in words(ledger)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_contents SET epoch = 3, content = '' WHERE lead_id = 'lead-1'",  # no erasure of this epoch
        "UPDATE ledger_contents SET epoch = 2, content = '' WHERE lead_id = 'lead-1'",  # not above the present one
        "UPDATE ledger_contents SET epoch = 2, content = '' WHERE lead_id = 'lead-2'",  # none of this lead
        "UPDATE ledger_contents SET epoch = 9, seq = seq + 9",
        "DELETE FROM ledger_contents",
        "UPDATE ledger_erasures SET epoch = 3",
        "DELETE FROM ledger_erasures",
    ],
)
def test_the_database_replaces_contents_for_an_erasure_only(
    ledger: Ledger, ring: KeyRing | None, url: str, change: str
) -> None:
    lived = life()
    write(ledger, lived)
    record(ledger, [entry(1, "lead-2")])
    clean = redacted(events_of(lived))
    erase(ledger, ring, clean)
    with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
        by_hand(url, change)
    assert ledger.events(LEAD) == clean


def test_an_erasure_needs_all_events(ledger: Ledger, ring: KeyRing | None) -> None:
    lived = life()
    write(ledger, lived)
    for part in ([], redacted(events_of(lived))[1:]):
        with pytest.raises(LedgerRefused):
            erase(ledger, ring, part)


@pytest.mark.usefixtures("long_waits")
def test_writings_at_the_same_time_bring_no_word_back(
    ledger: Ledger, ring: KeyRing | None, url: str, opened: Open
) -> None:
    """The new run records under the new key, and old writings arrive, while the lead is redacted."""
    lived = life()
    entries = [entry_of(LEAD, event) for event in events_of(lived)]
    ledger.append(LEAD, entries[:2], after=0)
    clean = redacted(events_of(lived))
    length = len(clean)
    times = [clean[-1].at + timedelta(hours=n) for n in range(1, 6)]
    new = [clean[-1].replaced(seq=length + n, at=at) for n, at in enumerate(times, 1)]
    known = [entry_of(LEAD, event) for event in (*clean, *new)]
    others = [opened(url) for _ in range(3)]
    together = Barrier(4)
    epoch = ring.advance(LEAD) if ring else 2

    def late(number: int) -> None:
        together.wait()
        for committed in (False, True):
            with suppress(LedgerOutdated, LedgerConflict, LedgerUnavailable):
                write(others[number], lived, committed=committed)

    def new_run() -> None:
        together.wait()
        for last in range(length + 1, length + 6):
            with suppress(LedgerOutdated, LedgerConflict, LedgerUnavailable):  # it is tried again
                others[2].append(LEAD, known[:last], after=0, committed=True)

    with ThreadPoolExecutor(3) as threads:
        done = [threads.submit(late, 0), threads.submit(late, 1), threads.submit(new_run)]
        together.wait()
        while True:
            with suppress(LedgerUnavailable, LedgerOutdated):
                ledger.redact(LEAD, epoch, [*clean, *extra(ledger, length)], "request-1")
                break
        for each in done:
            each.result()
    ledger.redact(LEAD, epoch, clean, "request-1")
    ledger.append(LEAD, known, after=0, committed=True)
    assert MARKER not in words(ledger)
    assert [each.seq for each in ledger.entries(LEAD)] == [*range(1, length + 6)]


def extra(ledger: Ledger, after: int) -> list[Event]:
    """Return the events that the lead has recorded meanwhile, as its new run tells them."""
    return [event for event in ledger.events(LEAD) if event.seq > after]
