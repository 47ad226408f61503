"""The tables of the web process: accounts, and what belongs to them. Secrets are kept as hashes only.

Names, addresses and logins are in the columns `content` (`starter.web.auth.sealing`), sealed under the epoch `key_epoch`
of the pages' key; 0 stands for none.
"""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()


def _content() -> tuple[Column[Any], ...]:
    return Column("content", LargeBinary, nullable=False), Column("key_epoch", Integer, nullable=False)


ACCOUNTS = Table(
    "web_accounts",
    METADATA,
    Column("account", Text, primary_key=True),
    *_content(),
    Column("seen", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
)
"""People who have come in. `account`: a digest of it; `content`: way, name, number and teams; `seen`: the last sign-in.

A session of an older `epoch` is over.
"""

TOKENS = Table(
    "web_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("account", ForeignKey(ACCOUNTS.c.account), nullable=False, index=True),
    *_content(),
    Column("scopes", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("used", Text),
)
"""Tokens of the HTTP API. `content`: the name that its owner gave it; `scopes`: separated by spaces."""

CALENDARS = Table(
    "web_calendars",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("account", ForeignKey(ACCOUNTS.c.account), nullable=False, unique=True),
    Column("made", Text, nullable=False),
)
"""Secret addresses of agendas, one of a person."""

LINKS = Table(
    "web_links",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("lead_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    *_content(),
    Column("made", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("version", Integer),
    Index("web_links_of_lead", "lead_id", "expires"),
)
"""One-time links. `content`: whom it is for and who made it; `version`: that of the quote that the link is about."""

READINGS = Table(
    "web_readings",
    METADATA,
    Column("id", Text, primary_key=True),
    *_content(),
    Column("hour", Text, nullable=False, index=True),
    Column("owner", Text, nullable=False),
    Column("payloads", Integer, nullable=False),
    Index("web_readings_of_owner", "owner", "hour"),
)
"""Payloads of a lead that a person has read, hour by hour (`starter.web.auth.readings`). `content`: by whom."""

ANSWERS = Table(
    "web_link_answers",
    METADATA,
    Column("link", Text, primary_key=True),
    *_content(),
    Column("at", Text, nullable=False),
)
"""Answers by links that were handed in while no worker answered. `content`: its label, and a digest of what was answered."""
