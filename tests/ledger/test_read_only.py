"""A ledger that is read-only for a while: writing fails for now, and works again without a new process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from ledger.conversion import entry_of
from ledger.database import Database
from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from tests.support.lives import Life


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")) as database:
        yield database


def test_it_is_written_again_once_it_is_mended(database: Database) -> None:
    ledger, life, broken = Ledger(database), Life(), [True]
    entries = [entry_of(life.lead.id, each) for each in life.aggregate.event_log.events]
    ledger.check()
    database.engine.dispose()

    @event.listens_for(database.engine, "connect")
    def read_only(connection: sqlite3.Connection, _record: object) -> None:
        if broken:  # a connection stays as it was opened
            connection.execute("PRAGMA query_only = ON")

    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match="readonly"):
            ledger.append(life.lead.id, entries, after=0)
    broken.clear()
    assert ledger.append(life.lead.id, entries, after=0) == len(entries)
