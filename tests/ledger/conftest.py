"""A ledger on each engine. PostgreSQL is a real server, started for the session where one is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from activities.ledger import Entry, Ledger

PASSWORD = "s3cr3t-of-the-tests"
INITDB = ("--username=owner", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")


@dataclass(frozen=True)
class Postgres:
    """A server that listens on a Unix socket in its own folder and asks everyone for the password."""

    folder: Path

    def url(self, database: str, user: str = "owner", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), dbname=database, user="owner", password=PASSWORD, autocommit=True
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not programs:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    binaries = programs[-1].parent
    as_user: dict[str, Any] = {}
    # Not tmp_path: a socket's path must be short, and root's temporary folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip(
                "PostgreSQL does not run as root and there is no user postgres: apt-get install postgresql"
            )
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", f"--pgdata={data}", f"--pwfile={password_file}", *INITDB],
        cwd=folder,
        check=True,
        capture_output=True,
        **as_user,
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            cwd=folder,
            stdout=log,
            stderr=log,
            **as_user,
        )
    running = Postgres(folder)
    try:
        _wait_until_it_answers(running, server)
        yield running
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _wait_until_it_answers(postgres: Postgres, server: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            return postgres.connect().close()
        except psycopg.OperationalError:
            if server.poll() is not None:
                raise RuntimeError((postgres.folder / "log").read_text()) from None
            time.sleep(0.02)


_databases = count(1)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """An empty database of this test alone."""
    name = f"ledger_{next(_databases)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty ledger may be made: each test that asks runs on both engines."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/ledger.sqlite"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("database"))


@pytest.fixture
def opened() -> Iterator[Callable[[str], Ledger]]:
    """Ledger.open, closed again when the test ends."""
    ledgers: list[Ledger] = []

    def open_(url: str) -> Ledger:
        ledgers.append(Ledger.open(url))
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(url: str, opened: Callable[[str], Ledger]) -> Ledger:
    return opened(url)


DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def entry(seq: int, lead: str = "lead-1", **changed: Any) -> Entry:
    """A plausible event; `at` is `seq` days after DAY."""
    return Entry.model_validate(
        {
            "lead": lead,
            "seq": seq,
            "at": DAY + timedelta(days=seq),
            "kind": "price_quoted",
            "by": "ann@example.org",
            "source": "cli",
            "key": f"key-{seq}",
            "policy": "2026-06",
            "words": "Ann quoted 12,000.00 USD a year.",
            "data": {"amount": "12000.00", "currency": "USD", "items": [1, None, True, {"per": "year"}]},
        }
        | changed
    )
