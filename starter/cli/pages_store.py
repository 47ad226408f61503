"""The store of the pages, as an erasure reaches it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import make_url

from client.erasure.search import StorePlace
from config.settings import Settings
from keys.ring import KeyRing
from process.privacy.person import Person
from starter.web.auth.database import WebDatabase
from starter.web.auth.forgetting import find_person, forget
from starter.web.auth.sealing import OWNER, WebContents


class PagesStore:
    """Accounts and one-time links, of which a person is forgotten."""

    def __init__(
        self, database: WebDatabase, ring: KeyRing, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._database = database
        self._ring = ring
        self._sleep = sleep

    @classmethod
    def of(cls, settings: Settings, ring: KeyRing) -> "PagesStore | None":
        """Return the store of these settings; None if it is a file that was never made.

        Then it is elsewhere, or there are no pages.
        """
        url = settings.web.store_url.get_secret_value()
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
            return None
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
