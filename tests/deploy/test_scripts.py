"""The one-shot scripts, run: on a real PostgreSQL where there is one, against a recorder in place of Temporal's tool."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from ledger.events import Ledger, LedgerRefused
from tests.support.postgres import PASSWORD, Postgres

from .conftest import ROOT


def make_databases(postgres: Postgres, temporal: str, ledger: str) -> None:
    if not shutil.which("psql"):
        pytest.skip("no psql here: apt-get install postgresql-client")
    subprocess.run(
        ["sh", ROOT / "deploy/databases.sh"],
        check=True,
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": str(postgres.folder),
            "PGUSER": "owner",
            "PGPASSWORD": PASSWORD,
            "TEMPORAL_DB_PASSWORD": temporal,
            "LEDGER_DB_PASSWORD": ledger,
        },
    )


def test_databases_are_made_once_and_passwords_are_set_each_time(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_databases(postgres, "first", "first")
    second = """it's "$HOME" \\ a%b"""
    make_databases(postgres, "second", second)

    # As in Compose: no password in the URL.
    monkeypatch.setenv("PGPASSWORD", second)
    ledger = Ledger.open(f"postgresql://leads@/leads?host={postgres.folder}")
    assert ledger.check().events == 0
    ledger.close()
    with pytest.raises(LedgerRefused, match="permission denied"):
        Ledger.open(f"postgresql://leads@/temporal?host={postgres.folder}").check()
    monkeypatch.setenv("PGPASSWORD", "first")
    with pytest.raises(LedgerRefused, match="authentication failed"):
        Ledger.open(f"postgresql://leads@/leads?host={postgres.folder}").check()

    for database in ("temporal", "temporal_visibility"):
        with psycopg.connect(
            host=str(postgres.folder), dbname=database, user="temporal", password="second"
        ) as connection:
            connection.execute("CREATE TABLE schema_version (id int)")
            connection.execute("CREATE EXTENSION btree_gin")  # Temporal's visibility tables need it
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(host=str(postgres.folder), dbname="leads", user="temporal", password="second")


def test_databases_need_both_passwords(postgres: Postgres) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        make_databases(postgres, "", "set")


@pytest.fixture
def temporal_sql_tool(tmp_path: Path) -> Path:
    """Writes its arguments down; fails when they hold what the file `fail` holds."""
    tool = tmp_path / "temporal-sql-tool"
    tool.write_text('#!/bin/sh\necho "$*" >> calls\n[ ! -e fail ] || ! echo "$*" | grep -q -f fail\n')
    tool.chmod(0o755)
    return tool


def make_schema(tool: Path) -> int:
    return subprocess.run(
        ["sh", ROOT / "deploy/temporal-schema.sh"],
        cwd=tool.parent,
        env={"PATH": f"{tool.parent}:{os.environ['PATH']}"},
    ).returncode


def test_temporals_tables_are_set_up_before_they_are_updated(temporal_sql_tool: Path) -> None:
    assert make_schema(temporal_sql_tool) == 0
    schemas = "/etc/temporal/schema/postgresql/v12"
    assert (temporal_sql_tool.parent / "calls").read_text().splitlines() == [
        "--db temporal setup-schema -v 0.0",
        f"--db temporal update-schema -d {schemas}/temporal/versioned",
        "--db temporal_visibility setup-schema -v 0.0",
        f"--db temporal_visibility update-schema -d {schemas}/visibility/versioned",
    ]


@pytest.mark.parametrize(
    "step", ["temporal setup", "temporal update", "visibility setup", "visibility update"]
)
def test_a_failed_step_is_not_covered_by_the_next(temporal_sql_tool: Path, step: str) -> None:
    (temporal_sql_tool.parent / "fail").write_text(step)
    assert make_schema(temporal_sql_tool) != 0
    assert step in (temporal_sql_tool.parent / "calls").read_text().splitlines()[-1]
