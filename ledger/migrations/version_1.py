"""Schema 1: events, the row of each lead, rate limits, and the ledger's name."""

from uuid import uuid4

from alembic.operations import Operations
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    insert,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateView

_TIME = DateTime(timezone=True)
_metadata = MetaData()

_ID = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

ENTRIES = Table(
    "ledger_entries",
    _metadata,
    Column("lead_id", _ID, primary_key=True),
    Column("seq", Integer, CheckConstraint("seq >= 0"), primary_key=True, autoincrement=False),
    Column("revision", Integer, CheckConstraint("revision >= 1"), primary_key=True, autoincrement=False),
    Column("void", Boolean, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("data", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sqlite_with_rowid=False,
)

_FIRST = literal_column("1", Integer)  # not a parameter, so that the partial index below is used

_revised = Index(
    "ledger_entries_revised",
    *(ENTRIES.c.lead_id, ENTRIES.c.seq, ENTRIES.c.revision),
    sqlite_where=ENTRIES.c.revision > _FIRST,
    postgresql_where=ENTRIES.c.revision > _FIRST,
)

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
EVENTS = CreateView(_valid, "ledger_events", metadata=_metadata).table

FILTERS = (
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
    Column("next_date", _TIME),
    Column("contract_end", Date),
    Column("opened_at", _TIME),
    Column("updated_at", _TIME, index=True),
    Column("right_until", _TIME, index=True),
    Column("agenda_from", _TIME, index=True),
)

LEADS = Table(
    "ledger_leads",
    _metadata,
    Column("lead_id", _ID, primary_key=True),
    Column("confirmed", Integer, nullable=False),  # events up to this number are final
    Column(
        "recorded", Integer, nullable=False, index=True
    ),  # events up to this number are valid without a gap
    Column("last_seq", Integer, nullable=False),  # the highest valid number
    Column("last_at", _TIME),  # the time of that event
    Column("written_at", _TIME),  # time of the newest writing, by the lead's clock
    *FILTERS,
    Column("document", Text),  # the whole row as JSON
)

_by_next_date = Index(
    "ledger_leads_by_next_date",
    *(LEADS.c.next_date.is_(None), LEADS.c.next_date, LEADS.c.lead_id),
)

LIMITS = Table(
    "ledger_limits",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("until", _TIME, nullable=False),
)

_schema = Table(
    "ledger_schema",
    _metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("version", Integer, nullable=False),
)

IDENTITY = Table(
    "ledger_identity",
    _metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("value", Text, nullable=False),
)

_FINAL = (
    "EXISTS (SELECT 1 FROM ledger_leads WHERE lead_id = NEW.lead_id AND confirmed >= NEW.seq) "
    "AND EXISTS (SELECT 1 FROM ledger_events WHERE lead_id = NEW.lead_id AND seq = NEW.seq)"
)

_APPEND_ONLY = {
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


def upgrade(op: Operations) -> None:
    """Create the schema."""
    connection = op.get_bind()
    _metadata.create_all(connection)
    connection.execute(insert(IDENTITY), {"id": 1, "value": uuid4().hex})
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    connection.execute(insert(_schema), {"id": 1, "version": 1})
