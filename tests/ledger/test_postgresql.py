"""The ledger on PostgreSQL: passwords, rights, lost connections. Skipped if no server is installed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from time import sleep

import pytest

from ledger.errors import LedgerError, LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.schema import grant_rights
from tests.support.postgres import PASSWORD, Postgres

from .conftest import entry, record

Open = Callable[[str], Ledger]


@pytest.fixture
def ledger(postgres: Postgres, database: str, opened: Open) -> Ledger:
    ledger = opened(postgres.url(database))
    record(ledger, [entry(1)])
    return ledger


@pytest.fixture
def role(postgres: Postgres, database: str) -> str:
    """Create a role without any rights."""
    name = f"role_of_{database}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'".encode())
    return name


def assert_tells_nothing(error: LedgerError) -> None:
    """Check that the error and its cause reveal neither the password nor the row."""
    assert PASSWORD not in str(error)
    assert "wr0ng" not in str(error)
    assert "ann@example.org" not in str(error)
    assert error.__suppress_context__


def test_a_wrong_password_is_permanent(postgres: Postgres, database: str, opened: Open) -> None:
    with pytest.raises(LedgerRefused, match="password authentication failed") as refused:
        opened(postgres.url(database, password="wr0ng")).check()
    assert_tells_nothing(refused.value)
    query = f"postgresql:///{database}?host={postgres.folder}&user=owner&password=wr0ng"
    with pytest.raises(LedgerRefused, match="password authentication failed") as refused:
        opened(query).check()
    assert_tells_nothing(refused.value)


def test_an_unknown_database_or_role_is_permanent(postgres: Postgres, database: str, opened: Open) -> None:
    with pytest.raises(LedgerRefused, match='database "nowhere" does not exist'):
        opened(postgres.url("nowhere")).check()
    with pytest.raises(LedgerRefused, match="authentication failed"):
        opened(postgres.url(database, user="nobody")).check()


def test_no_server_is_temporary(tmp_path: Path, opened: Open) -> None:
    for where in (f"/leads?host={tmp_path}", "127.0.0.1:1/leads"):
        with pytest.raises(LedgerUnavailable) as unavailable:
            opened(f"postgresql://owner:{PASSWORD}@{where}").check()
        assert_tells_nothing(unavailable.value)


def test_a_missing_right_is_permanent(
    ledger: Ledger, postgres: Postgres, database: str, role: str, opened: Open
) -> None:
    limited = opened(postgres.url(database, user=role))
    with pytest.raises(LedgerRefused, match="permission denied") as refused:
        limited.entries("lead-1")
    with postgres.connect(database) as connection:
        connection.execute(
            f"GRANT SELECT ON ledger_entries, ledger_events, ledger_leads, ledger_schema TO {role}".encode()
        )
    assert limited.entries("lead-1") == [entry(1)]
    with pytest.raises(LedgerRefused, match="permission denied") as refused:
        record(limited, [entry(2)])
    assert_tells_nothing(refused.value)
    with pytest.raises(LedgerRefused, match="permission denied"):
        limited.check()


def test_reading_and_appending_are_all_the_rights_it_needs(
    ledger: Ledger, postgres: Postgres, database: str, role: str, opened: Open
) -> None:
    with ledger._database.writing() as connection:
        grant_rights(connection, role)
    limited = opened(postgres.url(database, user=role))
    assert record(limited, [entry(2)]) == 2
    assert limited.check().events == 2


def test_a_server_that_is_read_only_for_now_is_temporary(
    ledger: Ledger, postgres: Postgres, database: str, opened: Open
) -> None:
    with postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on".encode())
    with pytest.raises(LedgerUnavailable, match="read-only"):
        record(opened(postgres.url(database)), [entry(2)])


def test_the_sessions_time_zone_does_not_show(
    ledger: Ledger, postgres: Postgres, database: str, opened: Open
) -> None:
    with postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {database} SET TimeZone = 'Asia/Kathmandu'".encode())
    [recorded] = opened(postgres.url(database)).entries("lead-1")
    assert recorded == entry(1)
    assert recorded.at.tzinfo is UTC


def test_a_connection_lost_while_idle_is_not_noticed(
    ledger: Ledger, postgres: Postgres, database: str
) -> None:
    with postgres.connect() as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
        ).fetchall()
    assert cut == [(True,)]
    assert record(ledger, [entry(2)]) == 2


def test_a_connection_lost_while_writing_is_temporary_and_nothing_is_half_done(
    ledger: Ledger, postgres: Postgres, database: str
) -> None:
    waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'ledger_entries'::regclass"
    with ThreadPoolExecutor(1) as thread, postgres.connect(database) as connection, connection.transaction():
        connection.execute("LOCK TABLE ledger_entries")
        append = thread.submit(record, ledger, [entry(2), entry(3)])
        while not (found := connection.execute(waiting).fetchone()):
            assert not append.done()
            sleep(0.01)
        connection.execute("SELECT pg_terminate_backend(%s)", found)
        with pytest.raises(LedgerUnavailable) as unavailable:
            append.result()
    assert_tells_nothing(unavailable.value)
    assert ledger.entries("lead-1") == [entry(1)]
    assert record(ledger, [entry(2), entry(3)]) == 3


def test_a_lead_that_another_process_holds_is_temporary_and_others_go_on(
    ledger: Ledger, postgres: Postgres, database: str
) -> None:
    with postgres.connect(database) as connection, connection.transaction():
        connection.execute("SELECT * FROM ledger_leads WHERE lead_id = 'lead-1' FOR UPDATE")
        with pytest.raises(LedgerUnavailable, match="lock timeout"):
            record(ledger, [entry(2)])
        assert record(ledger, [entry(1, lead_id="lead-2")]) == 1
        assert ledger.entries("lead-1") == [entry(1)]
    assert record(ledger, [entry(2)]) == 2


def test_a_right_to_delete_or_to_change_the_schema_is_never_needed(
    ledger: Ledger, postgres: Postgres, database: str, role: str, opened: Open
) -> None:
    with ledger._database.writing() as connection:
        grant_rights(connection, role)
    limited = opened(postgres.url(database, user=role))
    lost = [entry(2), entry(3)]
    assert record(limited, lost) == 3
    assert record(limited, [entry(2, at=entry(4).at)]) == 2  # supersedes one event and voids the other
    assert limited.append("lead-1", [], after=2) == 2
    assert limited.reopen("lead-1", 1, "Reset")
    assert not limited.rebuild("lead-1")
    assert limited.entries("lead-1") == [entry(1), entry(2, at=entry(4).at)]
