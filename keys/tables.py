"""The tables of the key store. It is a database of its own, which no backup of another one holds."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TypeDecorator,
)

METADATA = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, on databases that keep time zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if not isinstance(value, datetime):
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


KEYS = Table(
    "data_keys",
    METADATA,
    Column("owner", String(180), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary),
    Column("master_key", String(40), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("destroyed_at", UtcTime),
    PrimaryKeyConstraint("owner", "epoch"),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_wrapped"),
    CheckConstraint("epoch > 0", name="epochs_from_one"),
)
"""A line is a data key, wrapped under a master key. The line of a destroyed key stays, without the key."""
