"""Copies a ledger in a SQLite file, without what names people in clear: the rows and read tables, which are derived."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from ledger.errors import LedgerRefused
from ledger.read_tables import OF_LEAD
from ledger.tables import LEADS

DERIVED: Final = frozenset(table.name for table in (LEADS, *OF_LEAD))
"""The tables that are made anew from the events. deploy/backup.sh leaves the same ones out."""

_MADE: Final = (
    "SELECT name, type, sql FROM live.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
)


def copy_ledger(file: Path, copy: Path) -> None:
    """Copy the ledger in this file as it is at one moment. It may be in use. Raises LedgerRefused, and OSError.

    The derived tables of the copy are empty. `leads rebuild` fills them after a restore.
    """
    with closing(sqlite3.connect(_uri(copy, "rwc"), uri=True, isolation_level=None)) as database:
        try:
            database.execute("ATTACH ? AS live", (_uri(file, "ro"),))
            database.execute("BEGIN")
            made = sorted(database.execute(_MADE), key=lambda each: each[1] != "table")
            for name, kind, sql in made:
                database.execute(sql)
                if kind == "table" and name not in DERIVED:
                    database.execute(f'INSERT INTO main."{name}" SELECT * FROM live."{name}"')  # noqa: S608
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerRefused(f"The ledger (SQLite file {file}) cannot be copied: {error}") from None


def copy_database(file: Path, copy: Path) -> None:
    """Copy another SQLite database as it is at one moment. It may be in use. Raises LedgerRefused, and OSError."""
    with closing(sqlite3.connect(_uri(file, "ro"), uri=True, isolation_level=None)) as database:
        try:
            database.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error as error:
            raise LedgerRefused(f"SQLite file {file} cannot be copied: {error}") from None


def _uri(file: Path, mode: str) -> str:
    return f"{file.absolute().as_uri()}?mode={mode}"
