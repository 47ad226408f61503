"""The store of the pages, as an erasure reaches it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from client.erasure.search import StorePlace
from config.settings import Settings
from keys.ring import KeyRing
from process.privacy.person import Person
from starter.cli.configuration import KEYS
from starter.web.auth.database import WebDatabase
from starter.web.auth.forgetting import find_person, forget
from starter.web.auth.sealing import OWNER, WebContents


@dataclass(frozen=True)
class EmptyStore:
    """Stands for a store that was never made, since nobody has signed in yet. It holds nobody."""

    file: Path

    def close(self) -> None:
        """Do nothing."""

    def places(self, person: Person) -> Iterator[StorePlace]:
        """Yield nothing."""
        yield from ()

    def forget(self, person: Person) -> None:
        """Do nothing."""

    def __str__(self) -> str:
        return f"The store of the pages was never made ({self.file}), so it holds nobody."


class PagesStore:
    """Accounts and one-time links, of which a person is forgotten."""

    def __init__(
        self, database: WebDatabase, ring: KeyRing, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._database = database
        self._ring = ring
        self._sleep = sleep

    @classmethod
    def of(cls, settings: Settings, ring: KeyRing) -> "PagesStore | EmptyStore | None":
        """Return the store of these settings, or an empty one if its file was never made.

        None if nobody knows: the settings do not name the file, and `leads up` never ran in this folder. Then the store is
        elsewhere, or there are no pages.
        """
        url = settings.web.store_url.get_secret_value()
        parsed = make_url(url)
        file = Path(str(parsed.database))
        if parsed.get_backend_name() == "sqlite" and not file.is_file():
            is_named = "store_url" in settings.web.model_fields_set and file.parent.is_dir()
            return EmptyStore(file) if is_named or KEYS.is_file() else None
        contents = WebContents(ring, settings.pepper, seals=settings.keys.seals)
        return cls(WebDatabase.open(url, contents), ring)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def places(self, person: Person) -> Iterator[StorePlace]:
        """Yield the rows that name the person. Raises StoreUnavailable."""
        for table, keys in find_person(self._database, person)._asdict().items():
            yield from (StorePlace(f"{table}, row {number}") for number, _ in enumerate(keys, 1))

    def forget(self, person: Person) -> None:
        """Remove the person's rows, and make older copies of the store unreadable. Repeated, it finds nothing.

        The pages may write under the key before for a while; rows of that time are sealed anew, too.
        """
        if not find_person(self._database, person):
            return
        epoch = self._ring.advance(OWNER)
        self._sleep(self._ring.cache_seconds)
        forget(self._database, person)
        self._ring.erase(OWNER, epoch)
