"""The schema of the ledger's database: made anew, or brought up to date by migrations.

`ledger_schema` has the number of the newest migration that was run. The read tables are derived, so there is no history
of them: after the migrations those that are missing are made as they are now, and are filled lead by lead.
"""

from importlib import import_module
from typing import Final

from sqlalchemy import Connection, func, insert, inspect, select, update

from ledger.partial_indexes import declare_partial_indexes
from ledger.read_tables import FEED, FEED_HEAD, OF_LEAD
from ledger.tables import (
    CONTENTS,
    ENTRIES,
    ERASURES,
    EVENTS,
    IDENTITY,
    LEADS,
    LIMITS,
    METADATA,
    SCHEMA,
    SCHEMA_VERSION,
    set_identity,
)

RIGHTS: Final = {
    ENTRIES.name: "SELECT, INSERT",
    CONTENTS.name: "SELECT, INSERT",
    ERASURES.name: "SELECT",
    EVENTS.name: "SELECT",
    LEADS.name: "SELECT, INSERT, UPDATE",
    LIMITS.name: "SELECT, INSERT, UPDATE",
    IDENTITY.name: "SELECT",
    SCHEMA.name: "SELECT",
    FEED.name: "SELECT, INSERT",
    FEED_HEAD.name: "SELECT, UPDATE",
    **dict.fromkeys((table.name for table in OF_LEAD), "SELECT, INSERT, UPDATE, DELETE"),
}
"""All rights that the service needs on PostgreSQL. The role with them can neither change nor remove an event."""

ERASING: Final = {CONTENTS.name: "UPDATE (epoch, sealed, content)", ERASURES.name: "INSERT"}
"""The rights that an erasure needs in addition."""

_FINAL: Final = (
    "EXISTS (SELECT 1 FROM ledger_leads WHERE lead_id = NEW.lead_id AND confirmed >= NEW.seq) "
    "AND EXISTS (SELECT 1 FROM ledger_events WHERE lead_id = NEW.lead_id AND seq = NEW.seq)"
)

_IS_NOTED: Final = "EXISTS (SELECT 1 FROM ledger_erasures WHERE lead_id = NEW.lead_id AND epoch = NEW.epoch)"
"""Only an erasure that is noted replaces what an event says, and only under a newer key."""


def _sqlite_refuses(table: str, *changes: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {change} refused'); END"
        for change in changes
    ]


def _sqlite_keeps(table: str, *key: str) -> str:
    """Return the trigger that keeps a row: INSERT OR REPLACE deletes it without firing the triggers above."""
    same = " AND ".join(f"{name} = NEW.{name}" for name in key)
    has = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - names of ours
    return (
        f"CREATE TRIGGER {table}_keeps_what_it_has BEFORE INSERT ON {table} "
        f"WHEN {has} BEGIN SELECT RAISE(IGNORE); END"
    )


_APPEND_ONLY: Final = {
    "sqlite": [
        *_sqlite_refuses("ledger_entries", "UPDATE", "DELETE"),
        *_sqlite_refuses("ledger_erasures", "UPDATE", "DELETE"),
        *_sqlite_refuses("ledger_contents", "DELETE"),
        _sqlite_keeps("ledger_entries", "lead_id", "seq", "revision"),
        _sqlite_keeps("ledger_contents", "lead_id", "seq", "revision"),
        _sqlite_keeps("ledger_erasures", "lead_id", "epoch"),
        "CREATE TRIGGER ledger_contents_only_erased BEFORE UPDATE ON ledger_contents "
        "WHEN NOT (NEW.lead_id = OLD.lead_id AND NEW.seq = OLD.seq AND NEW.revision = OLD.revision "
        f"AND NEW.epoch > OLD.epoch AND {_IS_NOTED}) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: only an erasure replaces a content'); END",
        "CREATE TRIGGER ledger_keeps_what_is_final BEFORE INSERT ON ledger_entries "
        f"WHEN NEW.revision > 1 AND {_FINAL} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: a final event cannot be superseded'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE restrict_violation USING MESSAGE = 'the ledger is append-only: ' || TG_OP || ' refused'; "
        "END $$",
        *(
            f"CREATE TRIGGER ledger_refuses_change BEFORE {changes} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
            for table, changes in (
                ("ledger_entries", "UPDATE OR DELETE OR TRUNCATE"),
                ("ledger_erasures", "UPDATE OR DELETE OR TRUNCATE"),
                ("ledger_contents", "DELETE OR TRUNCATE"),
            )
        ),
        "CREATE FUNCTION ledger_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.lead_id = OLD.lead_id AND NEW.seq = OLD.seq AND NEW.revision = OLD.revision "
        f"AND NEW.epoch > OLD.epoch AND {_IS_NOTED} THEN RETURN NEW; END IF; "
        "RAISE restrict_violation USING MESSAGE = "
        "'the ledger is append-only: only an erasure replaces a content'; END $$",
        "CREATE TRIGGER ledger_keeps_content BEFORE UPDATE ON ledger_contents "
        "FOR EACH ROW EXECUTE FUNCTION ledger_keep_content()",
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
    exists = inspect(connection).has_table(SCHEMA.name)
    return connection.scalar(select(SCHEMA.c.version)) if exists else None


def make_schema(connection: Connection) -> int:
    """Create the schema, or bring it up to date, and return its version. Several processes may do so at once."""
    if connection.dialect.name == "postgresql":  # SQLite has locked the whole file by now
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(ENTRIES.name))))
    found = schema_version(connection)
    if found is None:
        _create(connection)
        return SCHEMA_VERSION
    if found < SCHEMA_VERSION:  # otherwise another process was faster
        migrate(connection, found, SCHEMA_VERSION)
        _create_tables(connection)
        return SCHEMA_VERSION
    return found


def _create(connection: Connection) -> None:
    _create_tables(connection)
    set_identity(connection)
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    connection.execute(insert(FEED_HEAD), {"id": 1, "last": 0})
    connection.execute(insert(SCHEMA), {"id": 1, "version": SCHEMA_VERSION})


def _create_tables(connection: Connection) -> None:
    declare_partial_indexes()
    METADATA.create_all(connection)


def migrate(connection: Connection, found: int, wanted: int) -> None:
    """Run the migrations from the one after `found` up to `wanted`."""
    from alembic.migration import MigrationContext  # a ledger that is up to date does without
    from alembic.operations import Operations

    if connection.dialect.name == "postgresql":  # all events may have to be read
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(select(func.set_config(limit, "0", True)))
    operations = Operations(MigrationContext.configure(connection))
    for number in range(found + 1, wanted + 1):
        import_module(f"ledger.migrations.version_{number}").upgrade(operations)
        if number > 1:
            connection.execute(update(SCHEMA), {"version": number})


def grant_reading(connection: Connection, role: str) -> None:
    """Let a role of PostgreSQL read every table, and do nothing beside. Only the owner of the tables can do so."""
    name = connection.dialect.identifier_preparer.quote(role)
    for table in RIGHTS:
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {name}")
        connection.exec_driver_sql(f"GRANT SELECT ON {table} TO {name}")


def grant_rights(connection: Connection, role: str) -> None:
    """Give a role of PostgreSQL the rights of RIGHTS, and none beside. Only the owner of the tables can do so."""
    name = connection.dialect.identifier_preparer.quote(role)
    for table, rights in RIGHTS.items():
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {name}")
        connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {name}")


def grant_erasing(connection: Connection, role: str) -> None:
    """Give a role of PostgreSQL the rights of ERASING, beside those that it has. Only the owner of the tables can do so."""
    name = connection.dialect.identifier_preparer.quote(role)
    for table, rights in ERASING.items():
        connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {name}")
