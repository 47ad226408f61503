"""The ledger on SQLite: the file, its folder, its lock."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import func, select

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.tables import EVENTS
from sql.engines import make_engine

from .conftest import entry, record

Open = Callable[[str], Ledger]

_NUMBER = select(func.count()).select_from(EVENTS)


def test_readers_and_the_writer_do_not_wait_for_each_other(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "new" / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}?timeout=0.05")
    record(ledger, [entry(1)])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.execute("BEGIN IMMEDIATE")
        assert ledger.entries("lead-1") == [entry(1)]


def test_a_writing_keeps_other_writers_out_from_its_beginning_and_a_reading_does_not(
    tmp_path: Path, opened: Open
) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}")
    record(ledger, [entry(1)])
    with (
        closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other,
        ledger._database.writing(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    with ledger._database.reading() as reading:
        assert reading.scalar(_NUMBER) == 1
        record(opened(f"sqlite:///{file}"), [entry(2)])
        assert reading.scalar(_NUMBER) == 1, "a transaction sees one state"
    assert len(ledger.entries("lead-1")) == 2


@pytest.mark.parametrize("url", ["sqlite:///ledger.sqlite", "postgresql://leads@127.0.0.1/leads"])
def test_no_statement_looks_for_listeners(url: str) -> None:
    """With a listener on the engine, an append makes two thirds more calls."""
    assert not make_engine(url, "The ledger")._has_events


def test_waits_for_other_writers_of_a_new_file(tmp_path: Path, opened: Open) -> None:
    """Wait for the journal change, which SQLite itself refuses at once while another process writes."""
    file = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE anything (x)")
        other.execute("BEGIN IMMEDIATE")
        done = Timer(0.1, other.rollback)
        done.start()
        assert record(opened(f"sqlite:///{file}"), [entry(1)]) == 1
        done.join()


def test_a_locked_file_is_temporary(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}?timeout=0.05")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # in a new file not even the journal mode can be set
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            record(ledger, [entry(1)])
    record(ledger, [entry(1)])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            record(ledger, [entry(2)])
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            ledger.check()
    assert record(ledger, [entry(2)]) == 2


def test_insert_or_replace_cannot_change_an_entry(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}")
    record(ledger, [entry(1)])
    with closing(sqlite3.connect(file)) as other, other:
        other.execute(
            "INSERT OR REPLACE INTO ledger_entries "
            "SELECT lead_id, seq, revision, void, at, 'never_happened', source, policy FROM ledger_entries"
        )
        other.execute(
            "INSERT OR REPLACE INTO ledger_contents SELECT lead_id, seq, revision, epoch, 0, '' FROM ledger_contents"
        )
    assert ledger.entries("lead-1") == [entry(1)]


def test_a_file_that_is_no_database_is_refused_for_good(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "notes.txt").write_text("not a database, whatever the settings say\n" * 100)
    with pytest.raises(LedgerRefused, match="not a database"):
        opened(f"sqlite:///{tmp_path}/notes.txt").check()
    with pytest.raises(LedgerRefused, match="folder"):
        opened(f"sqlite:///{tmp_path}/notes.txt/ledger.sqlite").check()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "mysql://h/d",
        "oracle://h/d",
    ],
)
def test_other_database_urls_are_refused(url: str) -> None:
    with pytest.raises(LedgerRefused, match="postgresql://… or sqlite:///FILE"):
        Ledger.open(url)


@pytest.mark.parametrize("url", ["", "ledger.sqlite", "postgresql://me:s3cr3t@host:s3cr3t/leads"])
def test_an_unreadable_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(LedgerRefused, match="cannot be read") as refused:
        Ledger.open(url)
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_nobody_but_its_owner_reads_it(tmp_path: Path, opened: Open) -> None:
    before = os.umask(0)
    try:
        record(opened(f"sqlite:///{tmp_path}/new/ledger.sqlite"), [entry(1)])
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()} == {0o600}
