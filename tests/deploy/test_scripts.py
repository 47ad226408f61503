"""The one-shot scripts, run: on a real PostgreSQL where there is one, against a recorder in place of Temporal's tool."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from client.past import events_of
from ledger.database import Database
from ledger.errors import LedgerRefused
from ledger.ledger import Ledger
from ledger.queries import board
from ledger.queries.asking import LedgerQueries
from ledger.reader import LedgerReader
from process.policy import Policy
from process.types import Stage
from starter.web.auth.database import WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.store import AccountStore, Scope
from tests.support.postgres import Postgres

from .conftest import ROOT, make_databases


def test_databases_are_made_once_and_passwords_are_set_each_time(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_databases(postgres, "first", "first")
    second = """it's "$HOME" \\ a%b"""
    make_databases(postgres, "second", second)

    monkeypatch.setenv("PGPASSWORD", "the owner's")
    owner = Database.open(f"postgresql://leads_owner@/leads?host={postgres.folder}")
    owner.make("leads")
    owner.make("leads")  # at every start
    owner.close()

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


def test_the_pages_read_the_ledger_and_own_their_store(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_databases(postgres, "some", "some", web="of the pages")
    monkeypatch.setenv("PGPASSWORD", "the owner's")
    with closing(Database.open(f"postgresql://leads_owner@/leads?host={postgres.folder}")) as owner:
        owner.make("leads", "leads_web")
    monkeypatch.setenv("PGPASSWORD", "of the pages")
    ledger = f"postgresql://leads_web@/leads?host={postgres.folder}"
    with closing(LedgerReader.open(ledger, read_only=True)) as reader:
        assert not events_of(reader, "lead-nobody")
    with closing(LedgerQueries.open(ledger)) as queries, queries.asking() as connection:
        assert not board.column(connection, Stage.LEAD).cards
    for change in (
        "DELETE FROM ledger_leads",
        "INSERT INTO ledger_limits DEFAULT VALUES",
        "CREATE TABLE x ()",
    ):
        with psycopg.connect(ledger) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change.encode())
    people = People(Policy(), frozenset({Way.PROXY}))
    with closing(WebDatabase.open(f"postgresql://leads_web@/leads_web?host={postgres.folder}")) as database:
        store, person = AccountStore(database, people), Person(Way.PROXY, "ada")
        token = store.token(store.add_token(person, "reports", [Scope.READ]))
        assert token
        assert token.scopes == {Scope.READ}
        assert store.sign_in(person).epoch == store.sign_in(person).epoch == 1
    for role, password in (("leads", "some"), ("temporal", "some")):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(host=str(postgres.folder), dbname="leads_web", user=role, password=password)


def test_databases_need_all_passwords(postgres: Postgres) -> None:
    for passwords in (
        ("", "set", "set"),
        ("set", "", "set"),
        ("set", "set", ""),
        ("set", "set", "set", ""),
    ):
        with pytest.raises(subprocess.CalledProcessError):
            make_databases(postgres, *passwords)


def test_a_ledger_of_an_earlier_release_gets_its_owner(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the service's role had made the tables, and could drop their triggers."""
    with postgres.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS leads WITH (FORCE)")
        connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'leads'").fetchone() or connection.execute(
            "CREATE ROLE leads LOGIN"
        )
        connection.execute("CREATE DATABASE leads OWNER leads")
        connection.execute("ALTER ROLE leads PASSWORD 'before'")
    monkeypatch.setenv("PGPASSWORD", "before")
    url = f"postgresql://leads@/leads?host={postgres.folder}"
    before = Ledger.open(url)
    identity = before.identity()
    before.close()
    make_databases(postgres, "some", "before")
    monkeypatch.setenv("PGPASSWORD", "the owner's")
    owner = Database.open(f"postgresql://leads_owner@/leads?host={postgres.folder}")
    owner.make("leads")
    owner.close()
    monkeypatch.setenv("PGPASSWORD", "before")
    ledger = Ledger.open(url)
    assert ledger.identity() == identity
    assert ledger.check().events == 0
    ledger.close()
    with (
        psycopg.connect(
            host=str(postgres.folder), dbname="leads", user="leads", password="before"
        ) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DROP TRIGGER ledger_refuses_change ON ledger_entries")


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


DOCKER = """#!/bin/sh
case "$*" in
  *config*) cat config.json ;;
  *python:*) echo '{"digest": "sha256:of-python"}' ;;
  *postgres:16-bookworm*) echo '{"digest": "sha256:of-postgres"}' ;;
  *) exit 1 ;;
esac
"""


def test_images_are_pinned_to_the_digests_of_their_tags(tmp_path: Path) -> None:
    (docker := tmp_path / "docker").write_text(DOCKER)
    docker.chmod(0o755)
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    services = {"postgresql": {"image": "postgres:16-bookworm"}, "web": {"image": "ours", "build": {}}}
    (tmp_path / "config.json").write_text(json.dumps({"services": services}))
    run = [sys.executable, str(ROOT / "deploy/pin_images.py")]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(run, cwd=tmp_path, env=env, check=True)
    written = json.loads((tmp_path / "docker-compose.override.yml").read_text())["services"]
    [python] = re.findall(r"^ARG PYTHON=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert written == {
        "postgresql": {"image": "postgres:16-bookworm@sha256:of-postgres"},
        "web": {"build": {"args": {"PYTHON": f"{python}@sha256:of-python"}}},
    }


def test_no_image_is_pinned_if_one_cannot_be_looked_up(tmp_path: Path) -> None:
    (docker := tmp_path / "docker").write_text(DOCKER)
    docker.chmod(0o755)
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"services": {"ui": {"image": "gone:1"}}}))
    run = [sys.executable, str(ROOT / "deploy/pin_images.py")]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(run, cwd=tmp_path, env=env, stderr=subprocess.PIPE).returncode != 0
    assert not (tmp_path / "docker-compose.override.yml").exists()
