"""Read tables: what pages, reports and the API read, made from each lead's events in the transaction that records them.

Each row belongs to one lead. All can be made anew from the events (`ledger.projecting`), except the positions of the
feed. The lead's own row is in `ledger_leads`.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    Table,
    Text,
    literal_column,
)

from ledger.tables import ID, METADATA, UtcDateTime

TOLD: Final = "told"
"""The book of stages as they were known at each time."""
NOW: Final = "now"
"""The book of stages as they stand now: without what was corrected since."""

STAGES: Final = Table(
    "ledger_stages",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("book", Text, primary_key=True),  # TOLD or NOW
    Column("from_seq", Integer, primary_key=True, autoincrement=False),
    Column("stage", Text, nullable=False),
    Column("before", Text),  # the stage before
    Column("before_days", Integer),  # whole days at that stage
    Column("reason", Text),  # of a loss
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime),
    Column("to_seq", Integer),
    Column("days", Integer),  # whole days that it lasted
    Column("opened_at", UtcDateTime, nullable=False),
    Column("open_days", Integer, nullable=False),  # whole days from the opening to its beginning
    Column("is_first", Boolean, nullable=False),  # the lead was not at this stage before
    sqlite_with_rowid=False,
)
"""Time that a lead was at a stage, from one event to another. It lasts if `to_seq` is NULL."""

IS_TOLD: Final = STAGES.c.book == literal_column(f"'{TOLD}'")
IS_NOW: Final = STAGES.c.book == literal_column(f"'{NOW}'")
"""Conditions for the lines of a book. They have no parameter, so that the partial indexes are used."""

MONEY: Final = Table(
    "ledger_money",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("kind", Text, primary_key=True),  # contract, renewal or new
    Column("term", Integer, primary_key=True, autoincrement=False),
    Column("from_seq", Integer, primary_key=True, autoincrement=False),
    Column("currency", Text, nullable=False),
    Column("month", BigInteger, nullable=False),  # minor units for each month
    Column("rest", BigInteger, nullable=False),  # minor units for the first month in addition
    Column("first", Integer),  # first month: year * 12 + month - 1; NULL if it is not known yet
    Column("months", Integer, nullable=False),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime),
    Column("to_seq", Integer),
    sqlite_with_rowid=False,
)
"""Money that was expected from one event to another, as told. It still is if `to_seq` is NULL."""

TERMS: Final = Table(
    "ledger_terms",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("until", Date, nullable=False),  # with extensions, or cut short
    Column("signed_on", Date, nullable=False),
    Column("quote", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("yearly", BigInteger, nullable=False),  # minor units
    sqlite_with_rowid=False,
)
"""The terms of the signed contracts."""

INVOICES: Final = Table(
    "ledger_invoices",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("currency", Text, nullable=False),
    Column("total", BigInteger, nullable=False),  # minor units
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("prepared_on", Date),
    Column("sent_on", Date),
    Column("overdue", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""The invoices that are neither paid nor voided."""

UNBILLED: Final = Table(
    "ledger_unbilled",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("currency", Text),
    Column("estimate", BigInteger),  # minor units
    sqlite_with_rowid=False,
)
"""Days or months that somebody should be billed for and is not."""

AGENDA: Final = Table(
    "ledger_agenda",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False),
    Column(
        "is_assigned", Boolean, nullable=False
    ),  # the role belongs to a person for this lead (ledger_names)
    Column("section", Integer, nullable=False),  # in the order of `Section`
    Column("day", Date, nullable=False),  # by which it is due, or since when it is open
    Column("text", Text, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("holds_from", UtcDateTime, nullable=False),
    Column("holds_until", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The lines of the leads' agendas, each with the time in which it holds unless an event happens."""

NAMES: Final = Table(
    "ledger_names",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Names, logins and addresses of the people who have a role for a lead, in small letters."""

WORDS: Final = Table(
    "ledger_words",
    METADATA,
    Column("lead_id", ID, primary_key=True),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The text by which a search finds a lead, in small letters. It is read as a whole, so it is kept apart."""

_POSITION: Final = BigInteger().with_variant(Integer(), "sqlite")  # there it is the number of the row itself

FEED: Final = Table(
    "ledger_feed",
    METADATA,
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("lead_id", ID, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
)
"""The order in which events were committed, without gaps. It names rows of `ledger_entries`, also superseding ones."""

FEED_HEAD: Final = Table(
    "ledger_feed_head",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("last", BigInteger, nullable=False),
)
"""The newest position. A transaction holds this row to its end, so positions are in the order of the commits."""

OF_LEAD: Final = (STAGES, MONEY, TERMS, INVOICES, UNBILLED, AGENDA, NAMES, WORDS)
"""The tables that are made anew from the events of a lead."""

_indexes = (
    Index(
        "ledger_money_began",
        *(MONEY.c[n] for n in ("currency", "from_at", "kind", "first", "months", "month", "rest")),
    ),
    Index("ledger_terms_until", TERMS.c.until, TERMS.c.lead_id),
    Index("ledger_invoices_sent", INVOICES.c.sent_on, INVOICES.c.lead_id, INVOICES.c.number),
    Index("ledger_unbilled_start", UNBILLED.c.start, UNBILLED.c.lead_id, UNBILLED.c.number),
    Index(
        "ledger_agenda_order",
        *(AGENDA.c[n] for n in ("role", "section", "day", "lead_id", "number")),
        *(
            AGENDA.c[n] for n in ("holds_from", "holds_until", "is_assigned")
        ),  # to count without reading lines
    ),
    Index("ledger_names_of", NAMES.c.name, NAMES.c.role, NAMES.c.lead_id),
    Index("ledger_feed_events", *(FEED.c[n] for n in ("lead_id", "seq", "revision")), unique=True),
    Index("ledger_feed_kinds", FEED.c.kind, FEED.c.position),
)
