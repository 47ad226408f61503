"""Fixtures for ledgers on both engines."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, make_url

from keys.ring import KeyRing
from ledger import database as ledger_database
from ledger.entry import Entry
from ledger.ledger import Ledger
from process.types import Role, Stage
from process.views.lead_row import LeadRow
from sql import engines
from tests.support.engines import database, empty_url, engine, made_copy, made_database, postgres, url
from tests.support.waiting import TIMEOUT

__all__ = ["database", "empty_url", "engine", "made_copy", "made_database", "postgres", "url"]


@pytest.fixture
def ring() -> KeyRing:
    """Return the keys under which the test's ledgers seal what events say."""
    return KeyRing.in_memory()


@pytest.fixture
def opened(ring: KeyRing) -> Iterator[Callable[[str], Ledger]]:
    """Return a function that opens ledgers with the test's keys, and close them after the test."""
    ledgers: list[Ledger] = []

    def open_(url: str) -> Ledger:
        ledgers.append(Ledger.open(url, ring))
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(url: str, opened: Callable[[str], Ledger]) -> Ledger:
    return opened(url)


@pytest.fixture
def plain(url: str) -> Iterator[Ledger]:
    """Return a ledger without keys, which another process can read without being given any."""
    with closing(Ledger.open(url)) as ledger:
        yield ledger


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writers wait for each other as long as a busy machine needs. A lead would try again instead."""
    for module in (engines, ledger_database):
        monkeypatch.setattr(module, "TIMEOUT", TIMEOUT)
    for limit in ("lock_timeout", "statement_timeout"):
        monkeypatch.setitem(engines.WRITE_LIMITS, limit, f"{TIMEOUT}s")


DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def entry(seq: int, lead_id: str = "lead-1", **changed: Any) -> Entry:
    """Return a plausible entry; `at` is `seq` days after DAY."""
    return Entry.model_validate(
        {
            "lead_id": lead_id,
            "seq": seq,
            "at": DAY + timedelta(days=seq),
            "kind": "price_quoted",
            "by": "ann@example.org",
            "source": "cli",
            "key": f"key-{seq}",
            "policy": "2026-06",
            "summary": "Ann quoted 12,000.00 USD a year.",
            "data": {"amount": "12000.00", "currency": "USD", "items": [1, None, True, {"per": "year"}]},
        }
        | changed
    )


def by_hand(url: str, *statements: str) -> None:
    """Run SQL without the ledger's code, as the owner of the tables with a database client would."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(parsed.database))) as lite, lite:
            for statement in statements:
                lite.execute(statement)
    else:
        where = parsed.set(username="owner").render_as_string(hide_password=False)
        with psycopg.connect(where) as postgres:
            for statement in statements:
                postgres.execute(statement.encode())


def make_row(**changed: Any) -> LeadRow:
    """Return a plausible row of a lead with one event."""
    plain: dict[str, Any] = {
        "lead_id": "lead-1",
        "heading": "Ann's lead",
        "stage": Stage.LEAD,
        "owner": Role.SALES,
        "next_step": "Call Ann",
        "service": "hub",
        "org_key": "",
        "title_key": "ann",
        "people": "0a",
        "opened_at": DAY,
        "last_seq": 1,
        "updated_at": DAY + timedelta(days=1),
    }
    return LeadRow(**plain | changed)


def record(ledger: Ledger, entries: Sequence[Entry], **more: Any) -> int:
    """Append events of the lead of the first one, by default after the number before them."""
    first = min(entries, key=lambda each: each.seq)
    return ledger.append(first.lead_id, entries, **{"after": first.seq - 1} | more)


@pytest.fixture
def statements(ledger: Ledger) -> Callable[[], list[str]]:
    """Return a function that returns the statements that the ledger has run since its last call."""
    seen: list[str] = []

    @event.listens_for(ledger._database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    def since() -> list[str]:
        found, seen[:] = [*seen], []
        return found

    return since


def plans_of(ledger: Ledger, question: Callable[[Ledger], Any], *without: str) -> list[str]:
    """Return the lines of the plans, each with its statement.

    `without`: PostgreSQL's ways to read that it would choose only because the table is small.
    """
    ledger.append("lead-1", [entry(1, at=DAY)], after=0)
    plans: list[str] = []

    @event.listens_for(ledger._database.engine, "before_cursor_execute")
    def plan(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if many or not statement.startswith(("SELECT", "UPDATE")) or "FROM" not in statement:
            return
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            found = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        else:
            for way in without:
                driver.execute(f"SET LOCAL {way} = off")
            found = [row[0].strip() for row in driver.execute(f"EXPLAIN {statement}", parameters)]
        plans.extend(f"{line}   <- {statement}" for line in found)

    question(ledger)
    assert plans
    return plans


def having(plans: list[str], part: str) -> list[str]:
    """Return the lines whose plan has this part."""
    return [each for each in plans if part in each.split("<-")[0]]
