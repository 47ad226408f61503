"""The limits of a connection to the database of the keys."""

from collections.abc import Mapping
from typing import Final

TIMEOUT: Final = 2
"""Seconds to wait for a connection, and for another writer."""

POSTGRES: Final[Mapping[str, str]] = {
    "connect_timeout": str(TIMEOUT),
    "tcp_user_timeout": "5000",
    "application_name": "leads",
}
"""Parameters of PostgreSQL's client, unless the URL has others."""
