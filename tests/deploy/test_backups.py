"""Backups name nobody: the documented commands are run, their files searched, and a service restored from them."""

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from client.ledgers import ledger_of
from config.groups import Keys, Web
from config.settings import Settings
from ledger.conversion import entry_of
from ledger.copying import DERIVED
from ledger.database import Database
from process.policy import Policy
from process.views.row import row_of
from starter.cli.backup import _copy, _file, _files
from starter.cli.exits import CommandFailed
from starter.web.auth.database import WebDatabase
from starter.web.auth.links import LinkStore
from starter.web.auth.people import People, Person, Way
from starter.web.auth.store import AccountStore, Scope
from tests.support.lives import Life
from tests.support.postgres import PASSWORD, Postgres

from .conftest import ROOT, make_databases

MARKERS = ("zephyrine", "marker")
DATABASES = ("leads", "leads_web", "temporal", "temporal_visibility")


@pytest.fixture(scope="module")
def life() -> Life:
    """Return a lead whose events name people."""
    names: dict[str, Any] = {
        "org": "Marker University",
        "person": "Zephyrine Example",
        "title": "Zephyrine's hub",
    }
    life = Life(**names, note="Ask the marker").wait(1).quoted()
    life.does("quote_declined", reason="The marker did not please Zephyrine")
    return life


def settings(folder: Path, ledger: str, web: str) -> Settings:
    keys = Keys(
        **{"master_key": "m" * 32, "pepper": "p" * 32, "store_url": f"sqlite:///{folder}/keys/keys.sqlite"}
    )
    known: dict[str, Any] = {"ledger_url": ledger, "web": Web(**{"store_url": web}), "keys": keys}
    return Settings(_env_file=None, **known)


def fill(known: Settings, life: Life) -> None:
    """Write a lead, an account with a token, and a link. All of them name people."""
    with closing(ledger_of(known)) as ledger:
        entries = [entry_of(life.lead.id, event) for event in life.aggregate.event_log.events]
        ledger.append(life.lead.id, entries, after=0, row=row_of(life.aggregate, life.now))
        assert ledger.row(life.lead.id)
    with closing(WebDatabase.of(known)) as database:
        store = AccountStore(database, People(Policy(), frozenset({Way.GITHUB})))
        store.sign_in(person := Person(Way.GITHUB, "zephyrine-marker", 7))
        store.add_token(person, "the marker's", [Scope.READ])
        LinkStore(database).add(life.lead, "hub", "Zephyrine Example", "z@marker.example", "marker", 9)


def assert_names_nobody(folder: Path) -> None:
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files
    for file in files:
        content = file.read_bytes().lower()
        assert not any(word.encode() in content for word in MARKERS), file.name


def assert_restored(known: Settings, life: Life) -> None:
    with closing(ledger_of(known)) as ledger:
        assert ledger.row(life.lead.id) is None  # it is derived
        for lead_id in ledger.leads_from():
            assert ledger.rebuild(lead_id)
        assert ledger.events(life.lead.id) == [*life.aggregate.event_log.events]
        row = ledger.row(life.lead.id)
        assert row
        assert row.heading == life.lead.heading
        entries = ledger.entries(life.lead.id)
        assert ledger.append(life.lead.id, entries, after=len(entries)) == len(entries)
    with closing(WebDatabase.of(known)) as database:
        [link] = LinkStore(database).of(life.lead.id)
        assert link.name == "Zephyrine Example"


# ---- one machine


def test_files_of_one_machine(tmp_path: Path, life: Life) -> None:
    live, copies = tmp_path / "live", tmp_path / "backup" / "2026-01-31"
    known = settings(live, f"sqlite:///{live}/ledger.sqlite", f"sqlite:///{live}/web.sqlite")
    fill(known, life)
    assert b"zephyrine" in (live / "ledger.sqlite").read_bytes().lower()  # lists and the search need it
    files = {name: file for name, file in _files(known).items() if file.is_file()}
    copied = _copy(files, copies)
    assert [each.name for each in copied] == ["ledger.sqlite", "web.sqlite"]
    assert_names_nobody(copies)
    assert {each.stat().st_mode & 0o777 for each in copies.iterdir()} == {0o600}
    with pytest.raises(CommandFailed, match="already"):
        _copy(files, copies)
    with pytest.raises(CommandFailed, match=r"deploy/backup\.sh"):
        _file("postgresql://leads@h/leads", "LEADS_LEDGER_URL")
    for copy in copied:
        for more in ("", "-wal", "-shm"):
            (live / f"{copy.name}{more}").unlink(missing_ok=True)
        shutil.copy(copy, live)
    assert_restored(known, life)


# ---- PostgreSQL

DOCKER = """#!/bin/sh
# docker compose exec -T postgresql …: runs it here
if [ "$2" = exec ]; then shift 4; exec "$@"; fi
"""


@pytest.fixture
def on_postgres(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make the databases as Compose does, and return the environment in which its commands reach them."""
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump here: apt-get install postgresql-client")
    (tmp_path / "bin").mkdir()
    (docker := tmp_path / "bin" / "docker").write_text(DOCKER)
    docker.chmod(0o755)
    with postgres.connect() as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'postgres'").fetchone():
            connection.execute(f"CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '{PASSWORD}'".encode())
    new_databases(postgres)
    return {
        "PATH": f"{docker.parent}:{os.environ['PATH']}",
        "PGHOST": str(postgres.folder),
        "PGPASSWORD": PASSWORD,
    }


def new_databases(postgres: Postgres) -> None:
    with postgres.connect() as connection:
        for name in DATABASES:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
    make_databases(postgres, PASSWORD, PASSWORD, PASSWORD, PASSWORD)


def run(script: str, folder: Path, env: dict[str, str]) -> None:
    subprocess.run(["sh", ROOT / "deploy" / script, folder], check=True, env=env)


def test_databases_of_compose(
    postgres: Postgres, on_postgres: dict[str, str], tmp_path: Path, life: Life
) -> None:
    with closing(Database.open(postgres.url("leads", "leads_owner"))) as owner:
        owner.make("leads", "leads_web", "leads")
    known = settings(tmp_path, postgres.url("leads", "leads"), postgres.url("leads_web", "leads_web"))
    fill(known, life)
    with psycopg.connect(postgres.url("temporal", "temporal")) as connection:
        connection.execute("CREATE TABLE executions (id int)")
    copies = tmp_path / "backup"
    run("backup.sh", copies, on_postgres)
    assert {each.name for each in copies.iterdir()} == {f"{name}.dump" for name in DATABASES}
    assert {each.stat().st_mode & 0o777 for each in copies.iterdir()} == {0o600}
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in DATABASES:  # the dumps are compressed
        subprocess.run(
            ["pg_restore", f"--file={plain / name}", copies / f"{name}.dump"], check=True, env=on_postgres
        )
    assert b"COPY public.ledger_contents" in (plain / "leads").read_bytes()
    assert_names_nobody(plain)
    assert_names_nobody(copies)

    new_databases(postgres)
    run("restore.sh", copies, on_postgres)
    assert_restored(known, life)
    with psycopg.connect(postgres.url("temporal", "temporal")) as connection:
        assert connection.execute("SELECT count(*) FROM executions").fetchone() == (0,)
    role = psycopg.connect(postgres.url("leads", "leads"), autocommit=True)
    with role, pytest.raises(psycopg.errors.InsufficientPrivilege):  # rights are restored, too
        role.execute("DELETE FROM ledger_entries")


def test_a_dump_that_fails_is_none(on_postgres: dict[str, str], tmp_path: Path, postgres: Postgres) -> None:
    with postgres.connect() as connection:
        connection.execute("DROP DATABASE leads_web WITH (FORCE)")
    with pytest.raises(subprocess.CalledProcessError):
        run("backup.sh", tmp_path / "backup", on_postgres)
    assert [each.name for each in (tmp_path / "backup").glob("*.dump")] == ["leads.dump"]


def test_both_ways_leave_the_same_tables_out() -> None:
    [pattern] = [
        line.split("'")[1]
        for line in (ROOT / "deploy/backup.sh").read_text().splitlines()
        if "ledger_(" in line
    ]
    names = pattern.removeprefix("ledger_(").removesuffix(")").split("|")
    assert {f"ledger_{name}" for name in names} == DERIVED
