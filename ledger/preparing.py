"""Prepares the database of the ledger: makes the schema that is missing, or says why it cannot be used."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from ledger.errors import LedgerRefused
from ledger.schema import make_schema, schema_version
from ledger.tables import SCHEMA_VERSION
from sql.engines import begin_writing, location_of


def prepare(engine: Engine) -> None:
    """Create the schema if it is missing, or bring it up to date. Several processes may do so at once.

    Checks first, so that a database role with the right to read and append needs no other right.
    Raises LedgerRefused for a newer schema.
    """
    if engine.dialect.name == "sqlite":
        _make_file(Path(str(engine.url.database)))
    version = _version(engine)
    if version is None or version < SCHEMA_VERSION:
        with begin_writing(engine) as connection:
            version = make_schema(connection)
    _check_version(version, engine)


def require_schema(reader: Engine) -> None:
    """Check that the schema exists, without creating it. Raises LedgerRefused if it is missing, older or newer."""
    if not _may_connect(reader) or (version := _version(reader)) is None:
        raise LedgerRefused(
            f"There is no ledger yet ({location_of(reader.url)}): no worker has written to it."
        )
    _check_version(version, reader)


def has_schema(reader: Engine) -> bool:
    """Return True if the schema exists, without creating it."""
    return _may_connect(reader) and _version(reader) is not None


def _may_connect(reader: Engine) -> bool:
    """Return True if connecting does not create a file."""
    return reader.dialect.name != "sqlite" or Path(str(reader.url.database)).is_file()


def _version(reader: Engine) -> int | None:
    with reader.begin() as connection:
        return schema_version(connection)


def _check_version(version: int, reader: Engine) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger ({location_of(reader.url)}) has schema {version}, this program knows {SCHEMA_VERSION}: "
            "a newer program has used it. Run that version."
        )
    if version < SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger ({location_of(reader.url)}) has schema {version}, this program needs {SCHEMA_VERSION}: no "
            "worker of this version has used it yet. Start one; it brings the schema up to date."
        )


def _make_file(file: Path) -> None:
    """Make the file and its folder, which nobody but their owner can read, unless they are there."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerRefused(
            f"The ledger's folder {file.parent} cannot be created: {error.strerror}."
        ) from None
    if not file.exists():
        with suppress(OSError):  # SQLite then says why
            file.touch(mode=0o600)
