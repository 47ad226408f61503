"""Opens the ledger of the settings, with the keys of what its events say. It connects at its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.key_rings import key_ring
from config.settings import Settings
from keys.errors import KeysError
from keys.ring import KeyRing
from ledger.errors import LedgerRefused
from ledger.reader import LedgerReader

if TYPE_CHECKING:  # these load all rules of the process, which lists do without
    from ledger.ledger import Ledger
    from ledger.queries.asking import LedgerQueries


def ledger_of(settings: Settings, *, read_only: bool = False) -> Ledger:
    """Return the ledger, to read and to write. Raises LedgerRefused for an unusable URL."""
    from ledger.ledger import Ledger

    url, ring = _place(settings)
    return Ledger.open(url, ring, seals=settings.keys.seals, read_only=read_only)


def reader_of(settings: Settings, *, read_only: bool = True) -> LedgerReader:
    """Return the ledger, to read. Raises LedgerRefused for an unusable URL."""
    return LedgerReader.open(*_place(settings), read_only=read_only)


def queries_of(settings: Settings) -> LedgerQueries:
    """Return the ledger, to ask questions with a time limit. Raises LedgerRefused for an unusable URL."""
    from ledger.queries.asking import LedgerQueries

    return LedgerQueries.open(*_place(settings))


def _place(settings: Settings) -> tuple[str, KeyRing | None]:
    try:
        return settings.ledger_url.get_secret_value(), key_ring(settings)
    except KeysError as error:
        raise LedgerRefused(f"The keys of the ledger cannot be used: {error}") from None
