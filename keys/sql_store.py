"""Keeps data keys in a SQL database, wrapped under master keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Executable, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from keys.data_key import DataKey, KeyId
from keys.database import KeysDatabase
from keys.errors import KeyErased, KeyUnknown
from keys.master_keys import MasterKeys
from keys.store import Epoch, Found
from keys.tables import KEYS

AT_ONCE = 500
"""Keys that are wrapped anew in one transaction."""
ATTEMPTS = 5
"""Attempts to add a key while other processes add theirs for the same owner."""


# Made once, because each lead that is opened asks one of them.
_OF_OWNER = KEYS.c.owner == bindparam("of_owner")
_NEWEST = select(KEYS).where(_OF_OWNER).order_by(KEYS.c.epoch.desc()).limit(1)
_ONE = select(KEYS, select(func.max(KEYS.c.epoch)).where(_OF_OWNER).scalar_subquery().label("newest")).where(
    _OF_OWNER, KEYS.c.epoch == bindparam("at")
)


class Counts(NamedTuple):
    """The keys in a store, in numbers."""

    owners: int
    kept: dict[str, int]
    """Keys that are not destroyed, by the id of the master key that wraps them."""
    destroyed: int


class SqlKeyStore:
    """Keeps data keys in a SQL database. Several processes may use it at once."""

    def __init__(self, url: str, master_keys: MasterKeys) -> None:
        self._database = KeysDatabase(url)
        self._master_keys = master_keys
        self.location = self._database.location

    @classmethod
    def open(cls, url: str, master_keys: MasterKeys) -> Self:
        """Return the store, with its tables made. Raises KeysRefused or KeysUnavailable."""
        store = cls(url, master_keys)
        store.prepare()
        return store

    def prepare(self) -> None:
        """Make the tables if they are missing. It happens by itself before the first writing."""
        self._database.prepare()

    def exists(self) -> bool:
        """Return True if the tables are there. None are made."""
        return self._database.has(KEYS.name)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def newest(self, owner: str) -> DataKey:
        """Return the owner's newest key, made if there is none. Raises KeyErased if the owner was erased whole."""
        for _ in range(ATTEMPTS):
            if (row := self._newest_row(owner)) is not None:
                return self._unwrapped(row)
            if key := self._added(KeyId(owner, 1)):
                return key
        return self._unwrapped(self._row(KeyId(owner, 1)))

    def get(self, key_id: KeyId) -> Found:
        """Return a key. Raises KeyErased or KeyUnknown."""
        row = self._row(key_id)
        return Found(self._unwrapped(row), row.epoch == row.newest)

    def advance(self, owner: str) -> int:
        """Begin the owner's next epoch and return it. Raises KeyErased if the owner was erased whole."""
        while True:
            row = self._newest_row(owner)
            if row is not None and row.wrapped is None:
                raise KeyErased(str(KeyId(owner, row.epoch)))
            if key := self._added(KeyId(owner, row.epoch + 1 if row is not None else 1)):
                return key.id.epoch

    def erase(self, owner: str, before: int | None = None) -> int:
        """Destroy the owner's keys of the epochs below `before`; without it all, for good. Return how many.

        The database is then cleaned of what it keeps of changed lines, also if an attempt before came no further.
        """
        now = datetime.now(UTC)
        if before is None and self._newest_row(owner) is None:
            self._added(KeyId(owner, 1))
        gone = KEYS.c.owner == owner, KEYS.c.wrapped.is_not(None)
        with self._database.writing() as connection:
            found = connection.execute(
                update(KEYS)
                .where(*gone, *(() if before is None else (KEYS.c.epoch < before,)))
                .values(wrapped=None, destroyed_at=now)
            ).rowcount
        self._database.clean()
        return found

    def epochs(self, owner: str) -> list[Epoch]:
        """Return the owner's epochs, oldest first, destroyed ones too."""
        asked = select(KEYS).where(KEYS.c.owner == owner).order_by(KEYS.c.epoch)
        return [
            Epoch(row.epoch, row.created_at, row.destroyed_at, row.master_key) for row in self._rows(asked)
        ]

    def owners(self, prefix: str = "") -> list[str]:
        """Return the owners whose name begins so and that have a key which is not destroyed, in order."""
        asked = (
            select(KEYS.c.owner)
            .where(KEYS.c.owner.startswith(prefix, autoescape=True), KEYS.c.wrapped.is_not(None))
            .distinct()
            .order_by(KEYS.c.owner)
        )
        return [row.owner for row in self._rows(asked)]

    # ---- master keys

    def counts(self) -> Counts:
        """Return how many keys there are, and under which master keys."""
        if not self.exists():
            return Counts(0, {}, 0)
        by_key = (
            select(KEYS.c.master_key, func.count().label("number"))
            .where(KEYS.c.wrapped.is_not(None))
            .group_by(KEYS.c.master_key)
        )
        total = select(
            func.count(func.distinct(KEYS.c.owner)).label("owners"),
            func.count(KEYS.c.destroyed_at).label("destroyed"),
        )
        kept = {row.master_key: row.number for row in self._rows(by_key)}
        (row,) = self._rows(total)
        return Counts(row.owners, kept, row.destroyed)

    def rotate(self) -> int:
        """Wrap all keys under the newest master key and return how many were not yet. It may be interrupted.

        Raises KeysUnavailable if a key is wrapped under a master key that this process lacks.
        """
        newest, done = self._master_keys.newest, 0
        asked = (
            select(KEYS)
            .where(KEYS.c.wrapped.is_not(None), KEYS.c.master_key != newest)
            .order_by(KEYS.c.owner, KEYS.c.epoch)
            .limit(AT_ONCE)
        )
        while rows := self._rows(asked):
            wrapped = [(row, self._master_keys.wrap(self._unwrapped(row))) for row in rows]
            with self._database.writing() as connection:
                for row, again in wrapped:
                    done += connection.execute(
                        update(KEYS)
                        .where(
                            KEYS.c.owner == row.owner, KEYS.c.epoch == row.epoch, KEYS.c.wrapped.is_not(None)
                        )
                        .values(wrapped=again, master_key=newest)
                    ).rowcount
        if done:
            self._database.clean()
        return done

    # ---- rows

    def _newest_row(self, owner: str) -> Row[Any] | None:
        return next(iter(self._rows(_NEWEST, of_owner=owner)), None)

    def _row(self, key_id: KeyId) -> Row[Any]:
        for row in self._rows(_ONE, of_owner=key_id.owner, at=key_id.epoch):
            return row
        raise KeyUnknown(str(key_id))

    def _unwrapped(self, row: Row[Any]) -> DataKey:
        key_id = KeyId(row.owner, row.epoch)
        if row.wrapped is None:
            raise KeyErased(str(key_id))
        return self._master_keys.unwrap(key_id, row.master_key, bytes(row.wrapped))

    def _added(self, key_id: KeyId) -> DataKey | None:
        """Add a new key, and return it; None if another process has added one with this id meanwhile."""
        key = DataKey.new(key_id)
        values = {
            "owner": key_id.owner,
            "epoch": key_id.epoch,
            "wrapped": self._master_keys.wrap(key),
            "master_key": self._master_keys.newest,
            "created_at": datetime.now(UTC),
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(KEYS).values(values))
        except IntegrityError:
            return None
        return key

    def _rows(self, asked: Executable, **values: Any) -> Sequence[Row[Any]]:
        """Return the rows that are asked for: none where there is no store, which no reading makes."""
        if not self.exists():
            return ()
        with self._database.reading() as connection:
            return connection.execute(asked, values).all()
