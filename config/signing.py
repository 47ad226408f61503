"""Tokens that show that a text came from the service: an HMAC under a key of the service.

A token is bound to its purpose and its parts, so that one for a questionnaire is none for anything else. It is made and
checked in activities and at the edge, never in workflow code, which knows no secret.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable, Iterator

TOKEN_LENGTH = 32
"""Characters of a token, each of `a` to `z` and `2` to `7`: 160 bits."""


def sign(key: str, purpose: str, *parts: str) -> str:
    """Return the token of these parts for this purpose. Raises ValueError if the key is empty."""
    if not key:
        raise ValueError("an empty key signs nothing")
    digest = hmac.digest(key.encode(), b"".join(_with_length((purpose, *parts))), hashlib.sha256)
    return b32encode(digest)[:TOKEN_LENGTH].decode().lower()


def is_signed(token: str, keys: Iterable[str], purpose: str, *parts: str) -> bool:
    """Return True if one of the keys made the token of these parts for this purpose.

    Beside the present key, `keys` holds the previous one while keys are rotated. Without a key nothing is signed.
    """
    given = token.encode(errors="replace")
    found = [hmac.compare_digest(given, sign(key, purpose, *parts).encode()) for key in keys]
    return any(found)


def _with_length(parts: Iterable[str]) -> Iterator[bytes]:
    """Yield each part after its length, so that no two lists of parts are signed alike."""
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        yield len(encoded).to_bytes(8, "big") + encoded
