"""What is SQLite's own: the file, its folder, its lock."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from ledger.events import Ledger, LedgerRefused, LedgerUnavailable

from .conftest import entry

Open = Callable[[str], Ledger]


def test_readers_and_the_writer_do_not_wait_for_each_other(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "new" / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}?timeout=0.05")
    ledger.append([entry(1)])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.execute("BEGIN IMMEDIATE")
        assert ledger.entries("lead-1") == [entry(1)]


def test_waits_for_others_that_meet_at_a_new_file(tmp_path: Path, opened: Open) -> None:
    """While one writes, another cannot change the journal, and SQLite alone would not wait for that."""
    file = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE anything (x)")
        other.execute("BEGIN IMMEDIATE")
        done = Timer(0.1, other.rollback)
        done.start()
        assert opened(f"sqlite:///{file}").append([entry(1)]) == 1
        done.join()


def test_a_locked_file_is_temporary(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}?timeout=0.05")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # while the file is new: not even its journal can be chosen
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            ledger.append([entry(1)])
    ledger.append([entry(1)])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            ledger.append([entry(2)])
        with pytest.raises(LedgerUnavailable, match="database is locked"):
            ledger.check()
    assert ledger.append([entry(2)]) == 2


def test_replacing_keeps_what_is_recorded(tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = opened(f"sqlite:///{file}")
    ledger.append([entry(1)])
    with closing(sqlite3.connect(file)) as other, other:
        other.execute(
            "INSERT OR REPLACE INTO ledger_entries "
            "SELECT lead_id, seq, at, kind, by, source, key, policy, 'never happened', data FROM ledger_entries"
        )
    assert ledger.entries("lead-1") == [entry(1)]


def test_another_file_is_refused_for_good(tmp_path: Path, opened: Open) -> None:
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
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(LedgerRefused, match="postgresql://… or sqlite:///FILE"):
        Ledger.open(url)


@pytest.mark.parametrize("url", ["", "ledger.sqlite", "postgresql://me:s3cr3t@host:s3cr3t/leads"])
def test_an_unreadable_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(LedgerRefused, match="cannot be read") as refused:
        Ledger.open(url)
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.__suppress_context__
