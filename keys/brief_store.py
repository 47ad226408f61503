"""The key store of a process that may end after one question.

A command needs two or three keys. SQLAlchemy, by which `SqlKeyStore` makes tables, keeps connections and writes, takes a
quarter of such a command's time to load. So the first keys are read here, by the database's driver alone. Whatever is not
plainly there is left to `SqlKeyStore`: a key that is missing or destroyed, an uncommon URL, and every failure, so that there
is one place that makes anything and says what is wrong.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keys.data_key import DataKey, KeyId
from keys.master_keys import MasterKeys
from keys.store import Epoch, Found
from sql.connecting import POSTGRES, TIMEOUT

if TYPE_CHECKING:
    from keys.sql_store import SqlKeyStore

READS: Final = 16
"""Readings without kept connections. A process that reads more is no command, and goes on with `SqlKeyStore`."""

_SQLITE_URL: Final = re.compile(r"sqlite:///(?P<file>[^:?%][^?%]*)")
_POSTGRES_URL: Final = re.compile(
    r"postgresql(?:\+psycopg)?(?P<rest>://[\w.~%-]+(?::[\w.~%-]*)?@[\w.-]*(?::\d+)?/[\w-]+(?:\?[\w.=&/-]*)?)"
)
"""URLs in which SQLAlchemy and libpq read the same."""

_COLUMNS: Final = "SELECT owner, epoch, wrapped, master_key"
_ANY: Final = f"{_COLUMNS} FROM data_keys LIMIT 1"
_NEWEST: Final = f"{_COLUMNS} FROM data_keys WHERE owner = :owner ORDER BY epoch DESC LIMIT 1"
_ONE: Final = (
    "SELECT owner, epoch, wrapped, master_key, (SELECT max(epoch) FROM data_keys WHERE owner = :owner)"
    " FROM data_keys WHERE owner = :owner AND epoch = :epoch"
)

Read = Callable[[str, dict[str, Any]], Sequence[Any] | None]


class BriefKeyStore:
    """Reads the first keys by the driver alone, and leaves the rest to `SqlKeyStore`, with the same errors."""

    def __init__(self, url: str, master_keys: MasterKeys) -> None:
        self._url = url
        self._master_keys = master_keys
        self._read = _reader(url)
        self._left = READS
        if self._read is None:
            _ = self.whole  # it refuses an unusable URL at once

    @cached_property
    def whole(self) -> "SqlKeyStore":
        """The store that can do everything."""
        from keys.sql_store import SqlKeyStore

        return SqlKeyStore(self._url, self._master_keys)

    @property
    def location(self) -> str:
        """The database's location, for messages."""
        return self.whole.location

    def exists(self) -> bool:
        """Return True if the tables are there. None are made."""
        return self._row(_ANY) is not None or self.whole.exists()

    def close(self) -> None:
        """Close the connections."""
        if "whole" in vars(self):
            self.whole.close()

    def newest(self, owner: str) -> DataKey:
        """Return the owner's newest key, made if there is none. Raises KeyErased if the owner was erased whole."""
        row = self._usable_row(_NEWEST, owner=owner)
        return self._unwrapped(row) if row else self.whole.newest(owner)

    def get(self, key_id: KeyId) -> Found:
        """Return a key. Raises KeyErased or KeyUnknown."""
        row = self._usable_row(_ONE, owner=key_id.owner, epoch=key_id.epoch)
        return Found(self._unwrapped(row), row[4] == key_id.epoch) if row else self.whole.get(key_id)

    def advance(self, owner: str) -> int:
        """Begin the owner's next epoch and return it. Raises KeyErased if the owner was erased whole."""
        return self.whole.advance(owner)

    def erase(self, owner: str, before: int | None = None) -> int:
        """Destroy the owner's keys of the epochs below `before`; without it all, for good. Return how many."""
        return self.whole.erase(owner, before)

    def epochs(self, owner: str) -> list[Epoch]:
        """Return the owner's epochs, oldest first, destroyed ones too."""
        return self.whole.epochs(owner)

    def owners(self, prefix: str = "") -> list[str]:
        """Return the owners whose name begins so and that have a key which is not destroyed, in order."""
        return self.whole.owners(prefix)

    def _usable_row(self, question: str, **values: Any) -> Sequence[Any] | None:
        """Return the row of the key that is asked for, or None if it is not plainly there."""
        row = self._row(question, **values)
        return row if row and row[2] is not None else None

    def _unwrapped(self, row: Sequence[Any]) -> DataKey:
        owner, epoch, wrapped, master_key = row[:4]
        return self._master_keys.unwrap(KeyId(owner, epoch), master_key, bytes(wrapped))

    def _row(self, question: str, **values: Any) -> Sequence[Any] | None:
        """Return the row that is asked for, or None if it is for `SqlKeyStore` to say."""
        if self._read is None or self._left <= 0 or "whole" in vars(self):
            return None
        self._left -= 1
        return self._read(question, values)


def _reader(url: str) -> Read | None:
    """Return a function that reads one row of the database at this URL, or None if the URL is uncommon."""
    if (known := _SQLITE_URL.fullmatch(url)) and not known["file"].startswith("file:"):
        place = f"{Path(known['file']).absolute().as_uri()}?mode=ro"
        return lambda question, values: _read_sqlite(place, question, values)
    if known := _POSTGRES_URL.fullmatch(url):
        place = f"postgresql{known['rest']}"
        return lambda question, values: _read_postgres(place, question, values)
    return None


def _read_sqlite(place: str, question: str, values: dict[str, Any]) -> Sequence[Any] | None:
    try:
        with closing(sqlite3.connect(place, timeout=TIMEOUT, uri=True)) as connection:
            row: Sequence[Any] | None = connection.execute(question, values).fetchone()
            return row
    except sqlite3.Error:
        return None


def _read_postgres(place: str, question: str, values: dict[str, Any]) -> Sequence[Any] | None:
    import psycopg  # only this needs it
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        given: dict[str, Any] = {**POSTGRES, **conninfo_to_dict(place)}
        with psycopg.connect(make_conninfo(**given), autocommit=True) as connection:
            return connection.execute(re.sub(r":(\w+)", r"%(\1)s", question), values).fetchone()
    except psycopg.Error:
        return None
