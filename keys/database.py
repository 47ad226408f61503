"""The database of the keys and of the journal: its tables, its transactions, and the translation of errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from keys.errors import KeysRefused, KeysUnavailable
from keys.tables import METADATA
from sql.engines import UrlRefused, begin_writing, location_of, make_engine


class KeysDatabase:
    """The database at one URL, connected at its first use, when the missing tables are made. It serves all threads.

    Raises KeysRefused for an unusable URL. Reading and writing raise KeysUnavailable while the database is away.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = make_engine(url, "The key store")
        except UrlRefused as refused:
            raise KeysRefused(str(refused)) from None
        self._made = False
        self.location = location_of(self._engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database."""
        self._prepare_once()
        with translated(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that keeps other writers out."""
        self._prepare_once()
        with translated(self._engine.url), begin_writing(self._engine, limited=False) as connection:
            yield connection

    def prepare(self) -> None:
        """Make the tables that are missing. It happens by itself before the first use."""
        make_schema(self._engine)
        self._made = True

    def _prepare_once(self) -> None:
        if not self._made:
            self.prepare()

    def has(self, table: str) -> bool:
        """Return True if the table is there. None is made."""
        if self._made:
            return True
        if self._engine.dialect.name == "sqlite" and not Path(str(self._engine.url.database)).is_file():
            return False
        with translated(self._engine.url):
            return inspect(self._engine).has_table(table)

    def clean(self) -> None:
        """Let the database remove what it still holds of lines that were changed."""
        clean(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def clean(engine: Engine) -> None:
    """Let the database remove what it still holds of lines that were changed. Raises KeysUnavailable."""
    with (
        translated(engine.url),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM data_keys"))
            return
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise KeysUnavailable(
                f"The key store is in use, so that it cannot be cleaned ({location_of(engine.url)})."
            )


def make_schema(engine: Engine) -> None:
    """Make the tables that are missing. Raises KeysUnavailable or KeysRefused."""
    if engine.dialect.name == "sqlite":
        _make_file(Path(str(engine.url.database)))
    with translated(engine.url):
        if {*METADATA.tables} <= {*inspect(engine).get_table_names()}:
            return  # a role that may use them needs no right to make any
        with begin_writing(engine, limited=False) as connection:
            if engine.dialect.name == "postgresql":  # two processes that make them at once would meet
                connection.execute(text("SELECT pg_advisory_xact_lock(6479)"))
            METADATA.create_all(connection)


def _make_file(file: Path) -> None:
    """Make the file, for its owner only."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise KeysRefused(f"The key store's file cannot be made: {error.strerror} ({file}).") from None


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise the errors of the database as errors of the key store, which name the place and nothing else."""
    try:
        yield
    except IntegrityError:
        raise  # another process was faster
    except PoolTimeoutError:
        raise KeysUnavailable(f"The key store is busy ({location_of(url)}).") from None
    except DBAPIError as error:
        raise KeysUnavailable(
            f"The key store cannot be used ({location_of(url)}): {_cause(error)}."
        ) from None


def _cause(error: DBAPIError) -> str:
    """Return the cause in the driver's words, by its first line, which holds no values."""
    lines = str(error.orig).strip().splitlines() if error.orig else []
    return lines[0].rstrip(".") if lines else type(error).__name__
