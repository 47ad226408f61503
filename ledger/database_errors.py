"""Translates errors of SQLAlchemy and its drivers into those of the ledger."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import LedgerRefused, LedgerUnavailable


@contextmanager
def translate_errors(location: str) -> Iterator[None]:
    """Translate the driver's errors, and stored values that cannot be read, into LedgerUnavailable and LedgerRefused.

    The cause is dropped on purpose: an error may quote the row, which holds personal data.
    """
    try:
        yield
    except ValidationError as error:
        raise LedgerRefused(
            f"The ledger ({location}) holds a {error.title} that this program cannot read. Another version has "
            "written it; the rows of leads can be rebuilt from their events."
        ) from None
    except PoolTimeoutError:
        raise LedgerUnavailable(f"The ledger ({location}) is busy: others write or read.") from None
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            temporary, reason = _sqlite_is_temporary(error.orig), str(error.orig)
        else:
            temporary, reason = _postgresql_failure(error.orig)
            temporary = temporary or error.connection_invalidated
        if temporary:
            raise LedgerUnavailable(f"The ledger ({location}) is not available: {reason}") from None
        raise LedgerRefused(f"The ledger ({location}) refused: {reason}") from None


def _sqlite_is_temporary(error: sqlite3.Error) -> bool:
    # The low byte is the primary code, the rest its extension.
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return primary in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,  # as a PostgreSQL server that is read-only for now
    }


# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, rollback by conflict, out of
# resources, object in use, operator's intervention, system error; a server that is
# read-only for now; and a transaction that stood still for too long.
_TEMPORARY_SQLSTATES: Final = ("08", "40", "53", "55", "57", "58", "25006", "25P03")

# libpq gives no SQLSTATE for a connection that failed, only the message of server or library.
_PERMANENT_MESSAGES: Final = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "not permitted to log in",
    "server does not support SSL",
    "certificate verify failed",
    "invalid connection option",
)


def _postgresql_failure(error: BaseException | None) -> tuple[bool, str]:
    """Return True for a temporary failure, and the reason."""
    import psycopg  # a ledger on SQLite does without, and it takes a moment to load

    if not isinstance(error, psycopg.Error):
        return False, str(error)
    reason = error.diag.message_primary or " ".join(str(error).split())
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TEMPORARY_SQLSTATES), reason
    unreachable = isinstance(error, psycopg.OperationalError)
    return unreachable and not any(part in str(error) for part in _PERMANENT_MESSAGES), reason
