"""The database of the web process: its own tables, in SQLite or PostgreSQL, made at the first use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from client.errors import Unavailable
from client.key_rings import key_ring
from config.settings import Settings, SettingsError
from keys.errors import KeysError
from sql.engines import UrlRefused, begin_writing, location_of, make_engine, overwrite
from starter.web.auth.sealing import WebContents
from starter.web.auth.tables import METADATA


class StoreUnavailable(Unavailable):
    """The store of accounts, or that of its keys, does not answer. The driver's words are dropped: they may quote a row."""

    def __init__(self, location: str) -> None:
        super().__init__(f"The store of accounts ({location}) does not answer")


class WebDatabase:
    """The tables of the web process. One object serves all threads; any number of processes share the tables."""

    def __init__(self, engine: Engine, contents: WebContents | None = None) -> None:
        self.contents = contents or WebContents()
        self._engine = engine
        self._location = location_of(engine.url)
        self._lock = threading.Lock()
        self._prepared = False

    @classmethod
    def open(cls, url: str, contents: WebContents | None = None) -> Self:
        """Return the database at a URL. It connects at its first use. Raises SettingsError for a URL of another kind.

        `contents` seals what it says; without it that is plain.
        """
        try:
            return cls(make_engine(url, "The store"), contents)
        except UrlRefused as refused:
            raise SettingsError(f"LEADS_WEB__STORE_URL: {refused}") from None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the database of the settings, with the keys of what it says. Raises SettingsError."""
        keys = settings.keys
        try:
            contents = WebContents(key_ring(settings), settings.pepper, seals=keys.seals)
        except KeysError as error:
            raise SettingsError(f"LEADS_KEYS__STORE_URL: {error}") from None
        return cls.open(settings.web.store_url.get_secret_value(), contents)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that only reads. Raises StoreUnavailable."""
        with self._translated():
            self._prepare()
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that may write. Raises StoreUnavailable."""
        with self._translated():
            self._prepare()
            with begin_writing(self._engine) as connection:
                yield connection

    def overwrite(self) -> None:
        """Let nothing of what was removed remain in a log of writes, see `sql.engines.overwrite`."""
        with self._translated():
            overwrite(self._engine)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, PoolTimeoutError, OSError, KeysError):
            raise StoreUnavailable(self._location) from None

    def _prepare(self) -> None:
        """Make the tables that are missing; at SQLite also the file, which nobody but its owner reads."""
        with self._lock:
            if self._prepared:
                return
            if self._engine.dialect.name == "sqlite":
                file = Path(str(self._engine.url.database))
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.touch(mode=0o600)
            with begin_writing(self._engine) as connection:
                METADATA.create_all(connection)
            self._prepared = True
