"""Short hashes of texts, which are kept and compared: they are the same in every process and version."""

import hashlib


def short_hash(text: str, digits: int = 16) -> str:
    """Return the first hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
