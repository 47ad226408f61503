"""Fixtures for an empty ledger on both engines. Tests that use `url` run on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ledger.database import Database
from tests.support.postgres import PASSWORD, Postgres, postgres

__all__ = ["database", "empty_url", "postgres", "url"]

_databases = count(1)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """Create an empty database for one test."""
    name = f"ledger_{next(_databases)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a ledger that does not exist, for a role that may make it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/ledger.sqlite"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("database"))


@pytest.fixture
def url(empty_url: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of a new ledger. Tests that use it run on both engines.

    On PostgreSQL it is the URL of a role that may add events and read them, as the service has it.
    """
    if empty_url.startswith("sqlite"):
        return empty_url
    postgres: Postgres = request.getfixturevalue("postgres")
    role = f"service_{next(_databases)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'".encode())
    with closing(Database.open(empty_url)) as owned:
        owned.make(role)
    return make_url(empty_url).set(username=role).render_as_string(hide_password=False)
