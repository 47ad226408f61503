"""Fixtures for an empty ledger on both engines. Tests that use `url` run on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from ledger.database import Database
from tests.support.postgres import PASSWORD, Postgres, postgres

__all__ = ["database", "empty_url", "engine", "made_copy", "made_database", "postgres", "url"]

_databases = count(1)


ROLE = "service"
"""Role that may add events and read them, as the service has it."""


def a_database(postgres: Postgres, template: str = "template1") -> Iterator[str]:
    """Create a database for one test, as a copy of another one."""
    name = f"ledger_{next(_databases)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """Create an empty database for one test."""
    yield from a_database(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the engine of the ledger. Tests that use it run on both."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a ledger that does not exist, for a role that may make it."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/ledger.sqlite"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("database"))


@pytest.fixture(scope="session")
def made_database(postgres: Postgres) -> str:
    """Return the name of a database with an empty ledger, to be copied: that is far faster than making one."""
    name = "made"
    with postgres.connect() as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    with closing(Database.open(postgres.url(name))) as owned:
        owned.make(ROLE)
    return name


@pytest.fixture
def made_copy(postgres: Postgres, made_database: str) -> Iterator[str]:
    """Return the name of a database with an empty ledger, for one test."""
    yield from a_database(postgres, made_database)


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a new ledger. Tests that use it run on both engines.

    On PostgreSQL it is the URL of a role that may add events and read them, as the service has it.
    """
    if engine == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/ledger.sqlite"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("made_copy"), ROLE)
