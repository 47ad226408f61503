"""Master keys: they wrap the data keys in the store (RFC 5649), so that a copy of the store alone opens nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from keys.data_key import KEY_BYTES, DataKey, KeyId
from keys.errors import KeysRefused, KeysUnavailable

_PURPOSE: Final = b"leads master key 1"
_ID_CHARACTERS: Final = 12


class MasterKeys:
    """The master keys of a process: the first one wraps, all of them unwrap."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not all(secrets) or not secrets:
            raise KeysRefused("There is no master key.")
        keys = [_derived(secret) for secret in secrets]
        self.ids: tuple[str, ...] = tuple(map(_id_of, keys))
        self._keys: Mapping[str, bytes] = dict(zip(self.ids, keys, strict=True))

    @classmethod
    def of(cls, *secrets: str) -> Self:
        return cls(secrets)

    @property
    def newest(self) -> str:
        """The id of the key that wraps. It tells nothing about the key."""
        return self.ids[0]

    def wrap(self, key: DataKey) -> bytes:
        """Return the data key, bound to its id, as it is kept."""
        return aes_key_wrap_with_padding(self._keys[self.newest], key.secret + key.name)

    def unwrap(self, key_id: KeyId, master_key: str, wrapped: bytes) -> DataKey:
        """Return the data key that was wrapped under the master key of this id.

        Raises KeysUnavailable if that is none of ours: another process may have it, or this one after a restart. Raises
        KeysRefused if the row was changed.
        """
        if master_key not in self._keys:
            raise KeysUnavailable(
                f"The key {key_id} is wrapped under the master key {master_key}, which this process lacks."
            )
        try:
            plain = aes_key_unwrap_with_padding(self._keys[master_key], wrapped)
        except (InvalidUnwrap, ValueError):
            plain = b""
        if plain[KEY_BYTES:] != str(key_id).encode() or len(plain) <= KEY_BYTES:
            raise KeysRefused(f"The key {key_id} in the key store was changed or is another one's.")
        return DataKey(key_id, plain[:KEY_BYTES])


def _derived(secret: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE).derive(secret.encode())


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"id of " + _PURPOSE + key).hexdigest()[:_ID_CHARACTERS]
