"""Erases a person from the store of accounts: who comes in, and whom one-time links are for."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from keys.errors import KeyErased
from process.personal import ERASED
from process.privacy.person import Person
from starter.web.auth.database import WebDatabase
from starter.web.auth.tables import ACCOUNTS, ANSWERS, CALENDARS, LINKS, READINGS, TOKENS

_KEYS: Final[dict[Table, str]] = {
    ACCOUNTS: "account",
    TOKENS: "id",
    LINKS: "id",
    ANSWERS: "link",
    READINGS: "id",
}
"""The tables that say something of people, each with the column by which a row is found."""


class Found(NamedTuple):
    """Rows that the store keeps of a person, by their keys."""

    accounts: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    """Lines about what the person has read of leads."""

    def __bool__(self) -> bool:
        return any(self)


def find_person(database: WebDatabase, person: Person) -> Found:
    """Return what the store keeps of a person. Raises StoreUnavailable."""
    with database.reading() as connection:
        return _found(database, connection, person)


def forget(database: WebDatabase, person: Person) -> Found:
    """Remove a person's accounts, with their tokens and calendars, and the links that name them. Raises StoreUnavailable.

    Everything else is sealed anew under the newest key of the pages, so that the older ones can be destroyed: then no
    older copy of the store can be read. It may be repeated. Sessions of a removed account are over. Returns what was
    removed.
    """
    with database.writing() as connection:
        found = _found(database, connection, person)
        of_account = (CALENDARS, TOKENS, ACCOUNTS)
        for table in of_account:
            connection.execute(delete(table).where(table.c.account.in_(found.accounts)))
        connection.execute(delete(TOKENS).where(TOKENS.c.id.in_(found.tokens)))
        connection.execute(delete(ANSWERS).where(ANSWERS.c.link.in_(found.links)))
        connection.execute(delete(LINKS).where(LINKS.c.id.in_(found.links)))
        for line in found.readings:  # that somebody has read it stays known
            nobody = database.contents.columns(READINGS.name, line, {"by": ERASED})
            connection.execute(update(READINGS).where(READINGS.c.id == line).values(nobody))
        for table in _KEYS:
            _seal_anew(database, connection, table)
    database.overwrite()
    return found


def _found(database: WebDatabase, connection: Connection, person: Person) -> Found:
    named: dict[str, list[str]] = {
        table.name: [
            key
            for key, fields in _rows(database, connection, table)
            if fields is None
            or any(person.is_mentioned_in(text) for text in fields.values() if isinstance(text, str))
        ]
        for table in (ACCOUNTS, TOKENS, LINKS, READINGS)
    }
    return Found(*(tuple(keys) for keys in named.values()))


def _rows(
    database: WebDatabase, connection: Connection, table: Table
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield the keys of a table's rows, each with what the row says; None if its key was destroyed."""
    column = table.c[_KEYS[table]]
    for key, content, epoch in connection.execute(select(column, table.c.content, table.c.key_epoch)).all():
        try:
            yield key, database.contents.opened(table.name, key, content, epoch)
        except KeyErased:
            yield key, None


def _seal_anew(database: WebDatabase, connection: Connection, table: Table) -> None:
    """Seal the rows of a table that are under another key than the newest one."""
    newest = database.contents.newest()
    column = table.c[_KEYS[table]]
    older = select(column, table.c.content, table.c.key_epoch).where(
        table.c.key_epoch != (newest.id.epoch if newest else 0)
    )
    for key, content, epoch in connection.execute(older).all():
        opened = database.contents.opened(table.name, key, content, epoch)
        columns = database.contents.columns(table.name, key, opened)
        connection.execute(update(table).where(column == key).values(columns))
