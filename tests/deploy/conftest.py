"""The files of a team's own server, read as Compose reads them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.postgres import PASSWORD, Postgres, postgres

__all__ = ["postgres"]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "TEMPORAL_DB_PASSWORD",
    "LEDGER_OWNER_DB_PASSWORD",
    "LEDGER_DB_PASSWORD",
    "WEB_DB_PASSWORD",
)
KEYS = ("LEADS_KEYS__MASTER_KEY", "LEADS_KEYS__PEPPER")
"""Settings that Compose demands, and others do not."""
LINE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def values(file: Path) -> dict[str, str]:
    """NAME=value of an env file, also where the line is switched off."""
    return dict(LINE.findall(file.read_text()))


class Compose:
    """Docker Compose itself, as far as it needs no engine."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command = command
        self._folder = folder

    def config(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`docker compose ARGUMENTS config --format json` with an environment of its own."""
        return subprocess.run(
            [*self._command, "--file", ROOT / "docker-compose.yml", *arguments, "config", "--format", "json"],
            env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin"},
            cwd=self._folder,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="session")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Compose:
    folder = tmp_path_factory.mktemp("compose")
    for command in (["docker", "compose"], ["docker-compose"]):
        if path := shutil.which(command[0]):
            found = subprocess.run([path, *command[1:], "version", "--short"], capture_output=True, text=True)
            if found.returncode == 0 and not found.stdout.startswith("1."):
                return Compose([path, *command[1:]], folder)
    pytest.skip("no Docker Compose 2 here: install docker-compose to let it read docker-compose.yml")


@pytest.fixture(scope="session")
def filled_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """.env.example as a team fills it in: the passwords set, everything else at its default but switched on."""
    text = EXAMPLE.read_text()
    for password in PASSWORDS:
        text = text.replace(f"\n{password}=\n", f"\n{password}=secret-of-{password}\n")
    for key in KEYS:
        text = text.replace(f"\n# {key}=\n", f"\n{key}={'k' * 32}\n")
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text(re.sub(r"^# ([A-Z][A-Z0-9_]*=.+)$", r"\1", text, flags=re.MULTILINE))
    return file


def make_databases(
    postgres: Postgres, temporal: str, ledger: str, owner: str = "the owner's", web: str = "the pages'"
) -> None:
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
            "LEDGER_OWNER_DB_PASSWORD": owner,
            "LEDGER_DB_PASSWORD": ledger,
            "WEB_DB_PASSWORD": web,
        },
    )
