"""Contents of the store of accounts: sealed under the key of the pages, or plain where the service has no keys."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from keys.data_key import DataKey, KeyId
from keys.errors import KeysUnavailable
from keys.ring import KeyRing
from keys.sealing import seal, unseal

OWNER: Final = "web"
"""Owner of the keys under which the store of accounts is sealed."""


class WebContents:
    """Seals and opens what one store says. Its methods raise KeysError.

    `pepper`: key of the digests by which accounts are found, so that the store names nobody; empty where there is none.
    Without `seals`, it only opens.
    """

    def __init__(self, ring: KeyRing | None = None, pepper: str = "", *, seals: bool = True) -> None:
        self._ring = ring
        self._pepper = pepper.encode()
        self._seals = seals

    def digest(self, account: str) -> str:
        """Return the text by which an account is found."""
        return hmac.new(self._pepper, account.encode(), hashlib.sha256).hexdigest()

    def columns(self, table: str, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns that keep what is said in a row with this key."""
        plain = to_json(said)
        sealing = self.newest()
        if sealing is None:
            return {"said": plain, "under": 0}
        return {"said": seal(sealing, plain, _context(table, key)), "under": sealing.id.epoch}

    def opened(self, table: str, key: str, said: bytes, under: int) -> dict[str, Any]:
        """Return what is said in a row with this key. Raises KeyErased if its key was destroyed."""
        if under:
            if self._ring is None:
                raise KeysUnavailable(
                    "What the store of accounts says is sealed, and this process has no keys."
                )
            said = unseal(self._ring.get(KeyId(OWNER, under)), said, _context(table, key))
        return from_json(said)  # type: ignore[no-any-return]

    def newest(self) -> DataKey | None:
        """Return the key under which rows are sealed now; None if they are not."""
        return self._ring.newest(OWNER) if self._ring and self._seals else None


def _context(table: str, key: str) -> bytes:
    return f"{table}\0{key}".encode()
