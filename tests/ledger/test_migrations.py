"""An older ledger is brought up to date, with all it holds."""

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, insert, inspect, select

from ledger.entries import entry_of
from ledger.events import Ledger, LedgerRefused
from ledger.read_tables import FEED, FEED_HEAD
from ledger.schema import migrate
from ledger.store import make_engine
from ledger.tables import ENTRIES, METADATA, SCHEMA_VERSION
from tests.support.lives import Life

pytest.importorskip("alembic")

Open = Callable[[str], Ledger]


@pytest.fixture
def old(empty_url: str) -> str:
    """Return the URL of a ledger of schema 1 with one lead."""
    if empty_url.startswith("sqlite"):
        from pathlib import Path

        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    engine = make_engine(empty_url).execution_options(writes=True)
    with engine.begin() as connection:
        migrate(connection, 0, 1)
        events = Life().quoted().aggregate.event_log.events
        rows = [entry_of("lead-1", event).model_dump() | {"revision": 1, "void": False} for event in events]
        connection.execute(insert(ENTRIES), rows)
    engine.dispose()
    return empty_url


def structure(engine: Engine) -> dict[str, Any]:
    """Return tables, columns and indexes of a database."""
    found = inspect(engine)
    return {
        name: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)),
            sorted((i["name"] or "", *map(str, i["column_names"])) for i in found.get_indexes(name)),
            found.get_pk_constraint(name)["constrained_columns"],
        )
        for name in found.get_table_names()
    }


def test_an_old_ledger_is_brought_up_to_date(old: str, opened: Open) -> None:
    with (
        closing(Ledger.open(old, read_only=True)) as reader,
        pytest.raises(LedgerRefused, match=f"has schema 1, this program needs {SCHEMA_VERSION}: no worker"),
    ):
        reader.heads()
    ledger = opened(old)
    assert ledger.check().schema_version == SCHEMA_VERSION
    events = len(ledger.entries("lead-1"))
    with ledger._database.reading() as connection:
        positions = list(connection.scalars(select(FEED.c.position).order_by(FEED.c.position)))
        assert positions == list(range(1, events + 1))
        assert connection.scalar(select(FEED_HEAD.c.last)) == events
    assert list(ledger.leads_from()) == ["lead-1"]
    assert ledger.rebuild("lead-1")
    assert ledger.row("lead-1")


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")  # of the index by an expression
def test_a_ledger_that_was_brought_up_to_date_is_like_a_new_one(old: str, opened: Open) -> None:
    opened(old).check()
    engine = make_engine(old)
    migrated = structure(engine)
    with engine.execution_options(writes=True).begin() as connection:
        for table in (
            "VIEW ledger_events",
            *(f"TABLE {name}" for name in METADATA.tables if name != "ledger_events"),
        ):
            connection.exec_driver_sql(f"DROP {table}")
        METADATA.create_all(connection)
    assert migrated == structure(engine)
    assert not re.search("ledger_migr", str(migrated))
    engine.dispose()


def test_it_is_brought_up_to_date_all_or_nothing(
    old: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(METADATA, "create_all", fails)
        with pytest.raises(RuntimeError, match="killed"):
            opened(old).check()
    with (
        closing(Ledger.open(old, read_only=True)) as reader,
        pytest.raises(LedgerRefused, match="has schema 1"),
    ):
        reader.heads()
    assert opened(old).check().schema_version == SCHEMA_VERSION
