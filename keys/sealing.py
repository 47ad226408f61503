"""Seals data under a data key and opens it again: AES-256-GCM, compressed inside where that pays.

The id of the key and a context that the caller chooses are bound to the sealed data: it opens only where it was sealed.
"""

import os
import zlib
from typing import Final

from cryptography.exceptions import InvalidTag

from keys.data_key import DataKey
from keys.errors import SealBroken

_AS_IS: Final = b"\x00"
_DEFLATED: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16

OVERHEAD: Final = len(_AS_IS) + _NONCE + _TAG
"""Bytes by which sealed data is longer than what it holds, uncompressed."""

WORTH_COMPRESSING: Final = 512
"""Bytes from which compression is tried."""

LEVEL: Final = 1
MAX_PLAIN: Final = 64 * 2**20
"""Bytes that sealed data may hold: far more than any payload, and too few to fill the memory."""


def seal(key: DataKey, plain: bytes, context: bytes, *, compress: bool = True) -> bytes:
    """Return the data sealed under the key, to be opened with the same context only.

    `compress`: False for data that is compressed already.
    """
    form = _AS_IS
    if compress and len(plain) >= WORTH_COMPRESSING:
        deflated = zlib.compress(plain, LEVEL)
        if len(deflated) < len(plain):
            form, plain = _DEFLATED, deflated
    nonce = os.urandom(_NONCE)
    return form + nonce + key.aead.encrypt(nonce, plain, _bound(form, key, context))


def unseal(key: DataKey, sealed: bytes, context: bytes) -> bytes:
    """Return what was sealed. Raises SealBroken if it was changed, or sealed under another key or for another context."""
    form = sealed[:1]
    if len(sealed) < OVERHEAD or form not in (_AS_IS, _DEFLATED):
        raise SealBroken(str(key.id))
    try:
        plain = key.aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _bound(form, key, context))
    except InvalidTag:
        raise SealBroken(str(key.id)) from None
    return _inflated(plain, key) if form == _DEFLATED else plain


def _inflated(data: bytes, key: DataKey) -> bytes:
    reader = zlib.decompressobj()
    plain = reader.decompress(data, MAX_PLAIN)
    if not reader.eof:
        raise SealBroken(str(key.id))
    return plain


def _bound(form: bytes, key: DataKey, context: bytes) -> bytes:
    """Return what is authenticated beside the data, unambiguous by the length of its only part that ends before another."""
    return b"leads/1" + form + key.measured_name + context
