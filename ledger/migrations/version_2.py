"""Schema 2: read tables, and the feed, which puts the events in one order."""

from typing import Any

from alembic.operations import Operations
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, DateTime, Integer, Text, text
from sqlalchemy.dialects import postgresql

_ID = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_TIME = DateTime(timezone=True)

_INDEXES = {
    "date": ("stage", "sort_date", "lead_id"),
    "value": ("stage", "value", "lead_id"),
    "age": ("stage", "stage_since", "lead_id"),
    "name": ("stage", "name", "lead_id"),
    "hub": ("live_on", "down_on", "lead_id"),
    "version": ("version", "lead_id"),
}


def _columns() -> tuple[Column[Any], ...]:
    return (
        Column("merged_into", Text),
        Column("name", Text),
        Column("currency", Text),
        Column("value", BigInteger),
        Column("sort_date", _TIME),
        Column("hold_until", Date),
        Column("live_on", Date),
        Column("down_on", Date),
        Column("decommission_on", Date),
        Column("exception_by", Text),
        Column("awaits_hub", Boolean),
        Column("version", Integer),
        Column("projected", Integer, nullable=False, server_default="0"),
        Column("snapshot", Text),
        Column("parts", Text),
        Column("stage_since", _TIME),
    )


def upgrade(op: Operations) -> None:
    """Add the columns and indexes of the leads' rows, and put the events in the order in which they became true."""
    for column in _columns():
        op.add_column("ledger_leads", column)
    for name, columns in _INDEXES.items():
        op.create_index(f"ledger_leads_by_{name}", "ledger_leads", [*columns])
    op.create_index(
        "ledger_leads_totals", "ledger_leads", ["archived", "stage", "currency", "attention", "value"]
    )
    for name, where in (
        ("merged", text("merged_into IS NOT NULL")),
        ("unprojected", text("projected < recorded")),
    ):
        op.create_index(
            f"ledger_leads_{name}",
            "ledger_leads",
            ["lead_id"],
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "ledger_feed",
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("lead_id", _ID, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("kind", Text, nullable=False),
    )
    op.create_index("ledger_feed_events", "ledger_feed", ["lead_id", "seq", "revision"], unique=True)
    op.create_index("ledger_feed_kinds", "ledger_feed", ["kind", "position"])
    op.create_table(
        "ledger_feed_head",
        Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        Column("last", BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO ledger_feed (position, lead_id, seq, revision, kind) "
        "SELECT row_number() OVER (ORDER BY at, lead_id, seq, revision), lead_id, seq, revision, kind "
        "FROM ledger_entries WHERE seq > 0"
    )
    op.execute("INSERT INTO ledger_feed_head (id, last) SELECT 1, count(*) FROM ledger_feed")
