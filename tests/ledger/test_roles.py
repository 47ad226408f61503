"""The role of the service on PostgreSQL: it may add events and read them, and neither change nor remove one.

All tests of the ledger run as this role there (`url` in conftest.py), so it has every right that the service needs.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ledger.database import Database
from ledger.errors import LedgerRefused
from ledger.ledger import Ledger
from ledger.read_tables import OF_LEAD
from ledger.schema import RIGHTS
from ledger.tables import ENTRIES
from tests.support.engines import ROLE
from tests.support.postgres import Postgres

from .conftest import entry, record

Open = Callable[[str], Ledger]


@pytest.fixture
def engine() -> str:
    """Return PostgreSQL: SQLite has no roles."""
    return "postgresql"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entries SET kind = 'never_happened'",
        "UPDATE ledger_contents SET content = ''",
        "DELETE FROM ledger_contents",
        "INSERT INTO ledger_erasures VALUES ('lead-1', 2, 'r', now(), 2)",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "DELETE FROM ledger_leads",
        "TRUNCATE ledger_leads",
        "UPDATE ledger_identity SET value = 'another'",
        "UPDATE ledger_schema SET version = 0",
        "DROP TRIGGER ledger_refuses_change ON ledger_entries",
        "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
        "DROP TABLE ledger_entries",
        "DROP FUNCTION ledger_refuse_change CASCADE",
        "SET session_replication_role = replica",  # would switch the triggers off
        "CREATE TABLE another (id int)",
    ],
)
def test_the_service_cannot_change_what_is_recorded(url: str, opened: Open, change: str) -> None:
    ledger = opened(url)
    record(ledger, [entry(1), entry(2)])
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(change.encode())
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


def test_a_role_that_could_do_more_loses_that(postgres: Postgres, url: str, made_copy: str) -> None:
    with postgres.connect(made_copy) as connection:
        connection.execute(f"GRANT ALL ON ledger_entries TO {ROLE}".encode())
    with closing(Database.open(postgres.url(made_copy))) as owned:
        owned.make(ROLE)
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM ledger_entries")


def test_every_table_has_its_rights() -> None:
    assert {table.name for table in ENTRIES.metadata.tables.values()} <= RIGHTS.keys()
    assert not any("UPDATE" in RIGHTS[name] for name in ("ledger_entries", "ledger_contents"))
    assert RIGHTS["ledger_erasures"] == "SELECT"
    derived = {table.name for table in OF_LEAD}
    assert all("DELETE" not in rights or table in derived for table, rights in RIGHTS.items())
    assert all("TRUNCATE" not in rights for rights in RIGHTS.values())


def test_a_file_has_no_roles(tmp_path: Path) -> None:
    with (
        closing(Database.open(f"sqlite:///{tmp_path}/ledger.sqlite")) as database,
        pytest.raises(LedgerRefused, match="only PostgreSQL has"),
    ):
        database.make("leads")
