"""Tables of the ledger, the view of the valid events, and the triggers that keep the events append-only.

`ledger_entries` holds every event that was ever written, and is only inserted into. A workflow task can die after it
wrote its events, and is done again with other ones; a row of a higher revision then takes the place of a lost one, or
voids it. `ledger_events` shows the valid rows. `ledger_leads` holds one row per lead, derived from its events;
`ledger_limits` what the workers tell each other about rate limits; `ledger_identity` the ledger's own name.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    func,
    insert,
    inspect,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateView
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION: Final = 1


class UtcDateTime(TypeDecorator[datetime]):
    """A timestamp that is aware and UTC on both engines.

    SQLite keeps no offset, and PostgreSQL answers in the session's time zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a point in time needs its offset: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


_metadata = MetaData()

_ID = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text in the order of its characters on both engines, so that an index finds the ids with a beginning."""

ENTRIES: Final = Table(
    "ledger_entries",
    _metadata,
    Column("lead_id", _ID, primary_key=True),
    Column("seq", Integer, CheckConstraint("seq >= 0"), primary_key=True, autoincrement=False),
    Column("revision", Integer, CheckConstraint("revision >= 1"), primary_key=True, autoincrement=False),
    Column("void", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("data", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sqlite_with_rowid=False,
)
"""All writings of all events. A number of 0 is no event but a note about the lead's events (`Ledger.reopen`)."""

_FIRST: Final = literal_column("1", Integer)  # not a parameter, so that the partial index below is used

_revised = Index(
    "ledger_entries_revised",
    *(ENTRIES.c.lead_id, ENTRIES.c.seq, ENTRIES.c.revision),
    sqlite_where=ENTRIES.c.revision > _FIRST,
    postgresql_where=ENTRIES.c.revision > _FIRST,
)
"""The few rows that took the place of others; reading the valid events asks only this index about each."""

_newer = ENTRIES.alias("newer")
_valid = select(*(column for column in ENTRIES.c if column.name not in {"revision", "void"})).where(
    ENTRIES.c.seq > literal_column("0", Integer),
    ENTRIES.c.void.is_(false()),
    not_(
        select(literal_column("1"))
        .where(
            _newer.c.lead_id == ENTRIES.c.lead_id,
            _newer.c.seq == ENTRIES.c.seq,
            _newer.c.revision > ENTRIES.c.revision,
            _newer.c.revision > _FIRST,
        )
        .correlate(ENTRIES)
        .exists()
    ),
)
EVENTS: Final = CreateView(_valid, "ledger_events", metadata=_metadata).table
"""The valid events: of each number the row of the highest revision, unless that is void."""

FILTERS: Final = (
    Column("stage", Text, index=True),
    Column("owner", Text, index=True),
    Column("service", Text),
    Column("org_key", Text, index=True),
    Column("title_key", Text),
    Column("contact_key", Text, index=True),
    Column("address_key", Text),
    Column("response", Text, index=True),
    Column("issue", Text),
    Column("hub_issue", Text),
    Column("folder_id", Text, index=True),
    Column("policy", Text, index=True),
    Column("people", Text),
    Column("on_hold", Boolean),
    Column("ended", Boolean),
    Column("archived", Boolean),
    Column("attention", Integer),
    Column("parked", Integer),
    Column("next_date", UtcDateTime),
    Column("contract_end", Date),
    Column("opened_at", UtcDateTime),
    Column("updated_at", UtcDateTime, index=True),
    Column("right_until", UtcDateTime, index=True),
    Column("agenda_from", UtcDateTime, index=True),
)
"""Columns that lists filter and sort by. Each has the name of the row's attribute that it is taken from.

A number stands for the length of a tuple, and an empty text is stored as NULL.
"""

LEADS: Final = Table(
    "ledger_leads",
    _metadata,
    Column("lead_id", _ID, primary_key=True),
    Column("confirmed", Integer, nullable=False),  # events up to this number are final
    Column(
        "recorded", Integer, nullable=False, index=True
    ),  # events up to this number are valid without a gap
    Column("last_seq", Integer, nullable=False),  # the highest valid number
    Column("last_at", UtcDateTime),  # the time of that event
    Column("written_at", UtcDateTime),  # time of the newest writing, by the lead's clock
    *FILTERS,
    Column("document", Text),  # the whole row as JSON
)

_by_next_date = Index(
    "ledger_leads_by_next_date",
    *(LEADS.c.next_date.is_(None), LEADS.c.next_date, LEADS.c.lead_id),
)
"""The order of a list by the next date, leads without one last: SQLite has no index for NULLS LAST."""

LIMITS: Final = Table(
    "ledger_limits",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)
"""Rate limits of outside systems that a worker has met. Only their latest ends are kept."""

_schema: Final = Table(
    "ledger_schema",
    _metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("version", Integer, nullable=False),
)

IDENTITY: Final = Table(
    "ledger_identity",
    _metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("value", Text, nullable=False),
)
"""A random name that a ledger gets when it is made and keeps in every copy, by which it is told from another one."""

_FINAL: Final = (
    "EXISTS (SELECT 1 FROM ledger_leads WHERE lead_id = NEW.lead_id AND confirmed >= NEW.seq) "
    "AND EXISTS (SELECT 1 FROM ledger_events WHERE lead_id = NEW.lead_id AND seq = NEW.seq)"
)

RIGHTS: Final = {
    ENTRIES.name: "SELECT, INSERT",
    EVENTS.name: "SELECT",
    LEADS.name: "SELECT, INSERT, UPDATE",
    LIMITS.name: "SELECT, INSERT, UPDATE",
    IDENTITY.name: "SELECT",
    _schema.name: "SELECT",
}
"""All rights that the service needs on PostgreSQL. The role with them can neither change nor remove an event."""

_APPEND_ONLY: Final = {
    "sqlite": [
        *(
            f"CREATE TRIGGER ledger_refuses_{change.lower()} BEFORE {change} ON ledger_entries "
            f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {change} refused'); END"
            for change in ("UPDATE", "DELETE")
        ),
        # INSERT OR REPLACE deletes without firing the trigger above; this one keeps the recorded row.
        "CREATE TRIGGER ledger_keeps_what_it_has BEFORE INSERT ON ledger_entries "
        "WHEN EXISTS (SELECT 1 FROM ledger_entries "
        "WHERE lead_id = NEW.lead_id AND seq = NEW.seq AND revision = NEW.revision) "
        "BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER ledger_keeps_what_is_final BEFORE INSERT ON ledger_entries "
        f"WHEN NEW.revision > 1 AND {_FINAL} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: a final event cannot be superseded'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE restrict_violation USING MESSAGE = 'the ledger is append-only: ' || TG_OP || ' refused'; "
        "END $$",
        "CREATE TRIGGER ledger_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()",
        f"CREATE FUNCTION ledger_keep_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {_FINAL} THEN "
        "RAISE restrict_violation USING MESSAGE = "
        "'the ledger is append-only: a final event cannot be superseded'; "
        "END IF; RETURN NEW; END $$",
        "CREATE TRIGGER ledger_keeps_what_is_final BEFORE INSERT ON ledger_entries "
        "FOR EACH ROW WHEN (NEW.revision > 1) EXECUTE FUNCTION ledger_keep_final()",
    ],
}


def schema_version(connection: Connection) -> int | None:
    """Return the version of the database's schema, or None if there is none."""
    exists = inspect(connection).has_table(_schema.name)
    return connection.scalar(select(_schema.c.version)) if exists else None


def find_identity(connection: Connection) -> str | None:
    """Return the ledger's identity, or None if it was made before ledgers had one."""
    exists = inspect(connection).has_table(IDENTITY.name)
    return connection.scalar(select(IDENTITY.c.value)) if exists else None


def set_identity(connection: Connection) -> None:
    """Give the ledger an identity, unless it has one."""
    IDENTITY.create(connection, checkfirst=True)
    if find_identity(connection) is None:
        connection.execute(insert(IDENTITY), {"id": 1, "value": uuid4().hex})


def grant_rights(connection: Connection, role: str) -> None:
    """Give a role of PostgreSQL the rights of RIGHTS, and none beside. Only the owner of the tables can do so."""
    name = connection.dialect.identifier_preparer.quote(role)
    for table, rights in RIGHTS.items():
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {name}")
        connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {name}")


def create_schema(connection: Connection) -> int:
    """Create what is missing and return the version of the schema. Several processes may do so at once."""
    if connection.dialect.name == "postgresql":  # SQLite has locked the whole file by now
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(ENTRIES.name))))
    found = schema_version(connection)
    if found is not None:  # another process was faster
        return found
    _metadata.create_all(connection)
    set_identity(connection)
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    first: dict[str, Any] = {"id": 1, "version": SCHEMA_VERSION}
    connection.execute(insert(_schema), first)
    return SCHEMA_VERSION
