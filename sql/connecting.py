"""The limits of a connection, also for programs that do without SQLAlchemy."""

from collections.abc import Mapping
from typing import Final

TIMEOUT: Final = 2
"""Seconds to wait for a connection, and for another writer. Events are written within a workflow task."""

POSTGRES: Final[Mapping[str, str]] = {
    "connect_timeout": str(TIMEOUT),
    "tcp_user_timeout": "5000",
    "application_name": "leads",
}
"""Parameters of PostgreSQL's client, unless the URL has others."""
