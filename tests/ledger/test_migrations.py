"""An older ledger is brought up to date, all or nothing. There is no older schema than that of 1.0 yet."""

import sys
from collections.abc import Callable
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select, text

import ledger.preparing
import ledger.schema
from ledger.errors import LedgerRefused
from ledger.ledger import Ledger
from ledger.tables import METADATA

from .conftest import entry, record

pytest.importorskip("alembic")

Open = Callable[[str], Ledger]


@pytest.fixture
def newer(empty_url: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a ledger of this schema, for a program whose schema has one column more."""
    record(opened(empty_url), [entry(1)])

    def upgrade(op: Any) -> None:
        op.execute("ALTER TABLE ledger_limits ADD COLUMN why TEXT")

    module = ModuleType("ledger.migrations.version_2")
    module.upgrade = upgrade  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for each in (ledger.schema, ledger.preparing):
        monkeypatch.setattr(each, "SCHEMA_VERSION", 2)
    return empty_url


def columns(ledger: Ledger) -> int:
    with ledger._database.reading() as connection:
        return len(connection.execute(select(text("*")).select_from(text("ledger_limits"))).keys())


def test_an_old_ledger_is_brought_up_to_date(newer: str, opened: Open) -> None:
    with (
        closing(Ledger.open(newer, read_only=True)) as reader,
        pytest.raises(LedgerRefused, match="has schema 1, this program needs 2: no worker"),
    ):
        reader.heads()
    found = opened(newer)
    assert columns(found) == 3
    assert found.entries("lead-1") == [entry(1)]
    assert record(found, [entry(2)]) == 2
    assert columns(opened(newer)) == 3  # once


def test_it_is_brought_up_to_date_all_or_nothing(
    newer: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(METADATA, "create_all", fails)
        with pytest.raises(RuntimeError, match="killed"):
            opened(newer).check()
    with (
        closing(Ledger.open(newer, read_only=True)) as reader,
        pytest.raises(LedgerRefused, match="has schema 1"),
    ):
        reader.heads()
    assert columns(opened(newer)) == 3
