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

    def columns(self, table: str, key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns that keep these fields in a row with this key."""
        plain = to_json(fields)
        sealing = self.newest()
        if sealing is None:
            return {"content": plain, "key_epoch": 0}
        return {"content": seal(sealing, plain, _context(table, key)), "key_epoch": sealing.id.epoch}

    def opened(self, table: str, key: str, content: bytes, key_epoch: int) -> dict[str, Any]:
        """Return the fields that a row with this key keeps. Raises KeyErased if its key was destroyed."""
        if key_epoch:
            if self._ring is None:
                raise KeysUnavailable(
                    "What the store of accounts says is sealed, and this process has no keys."
                )
            content = unseal(self._ring.get(KeyId(OWNER, key_epoch)), content, _context(table, key))
        return from_json(content)  # type: ignore[no-any-return]

    def newest(self) -> DataKey | None:
        """Return the key under which rows are sealed now; None if they are not."""
        return self._ring.newest(OWNER) if self._ring and self._seals else None


def _context(table: str, key: str) -> bytes:
    return f"{table}\0{key}".encode()
