"""Tables of the ledger, and the view of the valid events.

`ledger_entries` holds every event that was ever written, and is only inserted into. A workflow task can die after it
wrote its events, and is done again with other ones; a row of a higher revision then takes the place of a lost one, or
voids it. `ledger_contents` holds what the events say, sealed under the lead's key. It is replaced only when a person is
erased, which `ledger_erasures` notes. `ledger_events` shows the valid rows with their contents. `ledger_leads` holds one
row per lead, derived from its events; `ledger_limits` what the workers tell each other about rate limits;
`ledger_identity` the ledger's own name.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    false,
    insert,
    inspect,
    literal_column,
    not_,
    select,
)
from sqlalchemy.schema import CreateView
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION: Final = 1
"""Version of the schema: that of 1.0, or the number of the newest migration since (`ledger.migrations`)."""


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


def storable(text: str) -> str:
    """Return the text without NUL, which PostgreSQL cannot store. A row is derived, so it need not be exact there."""
    return text.replace("\0", "\ufffd")


METADATA = MetaData()

ID: Final = Text().with_variant(TEXT(collation="C"), "postgresql")
"""Text in the order of its characters on both engines, so that an index finds the ids with a beginning."""

ENTRIES: Final = Table(
    "ledger_entries",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("seq", Integer, CheckConstraint("seq >= 0"), primary_key=True, autoincrement=False),
    Column("revision", Integer, CheckConstraint("revision >= 1"), primary_key=True, autoincrement=False),
    Column("void", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("policy", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""All writings of all events. A number of 0 is no event but a note about the lead's events (`Ledger.reopen`).

It names nobody: `kind`, `source` and `policy` are words of the service's own.
"""

CONTENTS: Final = Table(
    "ledger_contents",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, CheckConstraint("epoch >= 0"), nullable=False),  # of the lead's key
    Column("sealed", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The contents of the entries (`ledger.contents`): sealed, or plain JSON. Empty: it was superseded, and then erased."""

ERASURES: Final = Table(
    "ledger_erasures",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("epoch", Integer, CheckConstraint("epoch >= 1"), primary_key=True, autoincrement=False),
    Column("request", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("last", Integer, nullable=False),  # number of the newest event that it redacted
    sqlite_with_rowid=False,
)
"""Erasures of a person from a lead's events, each with the epoch under which the contents were written anew."""

FIRST: Final = literal_column("1", Integer)
"""The first revision. It is not a parameter, so that the partial index is used."""

IS_CONTENT: Final = and_(
    CONTENTS.c.lead_id == ENTRIES.c.lead_id,
    CONTENTS.c.seq == ENTRIES.c.seq,
    CONTENTS.c.revision == ENTRIES.c.revision,
)
"""The condition that joins an entry and its content."""
OF_CONTENT: Final = (CONTENTS.c.epoch, CONTENTS.c.sealed, CONTENTS.c.content)

_newer = ENTRIES.alias("newer")
_valid = (
    select(*(column for column in ENTRIES.c if column.name != "void"), *OF_CONTENT)
    .join(CONTENTS, IS_CONTENT, isouter=True)
    .where(
        ENTRIES.c.seq > literal_column("0", Integer),
        ENTRIES.c.void.is_(false()),
        not_(
            select(literal_column("1"))
            .where(
                _newer.c.lead_id == ENTRIES.c.lead_id,
                _newer.c.seq == ENTRIES.c.seq,
                _newer.c.revision > ENTRIES.c.revision,
                _newer.c.revision > FIRST,
            )
            .correlate(ENTRIES)
            .exists()
        ),
    )
)
EVENTS: Final = CreateView(_valid, "ledger_events", metadata=METADATA).table
"""The valid events with their contents: of each number the row of the highest revision, unless that is void."""

FILTERS: Final = (
    Column("stage", Text),
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
    Column("merged_into", Text),
    Column("name", Text),
    Column("currency", Text),
    Column("value", BigInteger),
    Column("sort_date", UtcDateTime),
    Column("hold_until", Date),
    Column("live_on", Date),
    Column("down_on", Date),
    Column("decommission_on", Date),
    Column("exception_by", Text),
    Column("awaits_hub", Boolean),
)
"""Columns that lists filter and sort by. Each has the name of the row's attribute that it is taken from.

A number stands for the length of a tuple, and an empty text is stored as NULL.
"""

LEADS: Final = Table(
    "ledger_leads",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("confirmed", Integer, nullable=False),  # events up to this number are final
    Column(
        "recorded", Integer, nullable=False, index=True
    ),  # events up to this number are valid without a gap
    Column("last_seq", Integer, nullable=False),  # the highest valid number
    Column("last_at", UtcDateTime),  # the time of that event
    Column("written_at", UtcDateTime),  # time of the newest writing, by the lead's clock
    Column("epoch", Integer, nullable=False, server_default="0"),  # that of its newest erasure
    Column("redacted", Integer, nullable=False, server_default="0"),  # events up to this number were redacted
    *FILTERS,
    Column("document", Text),  # the whole row as JSON
    Column("version", Integer),  # version of the rules by which its read tables were made (`ROWS_VERSION`)
    Column("projected", Integer, nullable=False, server_default="0"),  # number of the newest event in them
    Column("snapshot", Text),  # stage and expected money after that event
    Column("parts", Text),  # checksums of its lines and seldom columns, so that only what changed is written
    Column("stage_since", UtcDateTime),  # since when it is at its stage, as it stands now
)

_by_next_date = Index(
    "ledger_leads_by_next_date",
    *(LEADS.c.next_date.is_(None), LEADS.c.next_date, LEADS.c.lead_id),
)
"""The order of a list by the next date, leads without one last: SQLite has no index for NULLS LAST."""

_FILTERED: Final = ("owner", "service", "on_hold", "attention", "parked")
"""Columns by which the board is filtered. They stand in its indexes, so that no row is read for nothing."""

_board = (
    *(
        Index(
            f"ledger_leads_by_{name}", *(LEADS.c[n] for n in ("stage", by, "lead_id", "archived", *_FILTERED))
        )
        for name, by in (("date", "sort_date"), ("value", "value"), ("age", "stage_since"), ("name", "name"))
    ),
    Index(
        "ledger_leads_totals",
        *(LEADS.c[n] for n in ("archived", "stage", "currency", "attention", "value")),
        *(LEADS.c[n] for n in _FILTERED if n != "attention"),
    ),
)
"""The orders of a column of the board, and the totals above the columns."""

_live_hubs = Index("ledger_leads_by_hub", LEADS.c.live_on, LEADS.c.down_on, LEADS.c.lead_id)
_by_version = Index("ledger_leads_by_version", LEADS.c.version, LEADS.c.lead_id)

LIMITS: Final = Table(
    "ledger_limits",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)
"""Rate limits of outside systems that a worker has met. Only their latest ends are kept."""

SCHEMA: Final = Table(
    "ledger_schema",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("version", Integer, nullable=False),
)

IDENTITY: Final = Table(
    "ledger_identity",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("value", Text, nullable=False),
)
"""A random name that a ledger gets when it is made and keeps in every copy, by which it is told from another one."""


def find_identity(connection: Connection) -> str | None:
    """Return the ledger's identity, or None if it was made before ledgers had one."""
    exists = inspect(connection).has_table(IDENTITY.name)
    return connection.scalar(select(IDENTITY.c.value)) if exists else None


def set_identity(connection: Connection) -> None:
    """Give the ledger an identity, unless it has one."""
    IDENTITY.create(connection, checkfirst=True)
    if find_identity(connection) is None:
        connection.execute(insert(IDENTITY), {"id": 1, "value": uuid4().hex})
