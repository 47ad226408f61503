"""The tables of the web process: accounts, and what belongs to them. Secrets are kept as hashes only."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

METADATA = MetaData()

ACCOUNTS = Table(
    "web_accounts",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("way", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Integer),
    Column("teams", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
)
"""People who have come in. `teams`: slugs, as JSON; `seen`: the last sign-in; a session of an older `epoch` is over."""

TOKENS = Table(
    "web_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("account", ForeignKey(ACCOUNTS.c.account), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("used", Text),
)
"""Tokens of the HTTP API. `scopes`: separated by spaces."""

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
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("version", Integer),
    Index("web_links_of_lead", "lead_id", "expires"),
)
"""One-time links. `version`: that of the quote that the link is about."""

READINGS = Table(
    "web_readings",
    METADATA,
    Column("hour", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("payloads", Integer, nullable=False),
    Index("web_readings_of_owner", "owner", "hour"),
)
"""Who read how many payloads of which lead, hour by hour (`starter.web.auth.readings`)."""

ANSWERS = Table(
    "web_link_answers",
    METADATA,
    Column("link", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Text, nullable=False),
)
"""Answers by links that were handed in while no worker answered. `digest`: of what was answered."""
