"""Opens the journal of erasures and the requests in it, as the settings name them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from client.erasure.errors import KeysOff
from client.erasure.requests import Requests
from client.key_rings import key_ring
from config.settings import Settings
from keys.journal import ErasureJournal
from keys.ring import KeyRing


@dataclass(frozen=True)
class Erasures:
    """The journal of erasures, the requests in it, and the keys that an erasure destroys."""

    ring: KeyRing
    journal: ErasureJournal
    requests: Requests

    @classmethod
    def of(cls, settings: Settings) -> "Erasures":
        """Return those of the settings; they connect at their first use.

        Raises KeysOff where nothing is sealed, so that nothing can be erased from backups, and KeysRefused for an unusable
        URL.
        """
        ring = key_ring(settings)
        if ring is None or not settings.keys.seals:
            raise KeysOff
        journal = ErasureJournal(settings.keys.store_url.get_secret_value())
        return cls(ring, journal, Requests(journal, ring, settings.pepper))


@contextmanager
def open_erasures(settings: Settings) -> Iterator[Erasures]:
    """Open the journal of the settings, and close it at the end. Raises as `Erasures.of`."""
    opened = Erasures.of(settings)
    with closing(opened.journal):
        yield opened
