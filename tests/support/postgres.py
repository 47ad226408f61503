"""A real PostgreSQL server for this test session, if Debian's server package is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

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
