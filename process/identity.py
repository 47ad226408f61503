"""Ids without personal data, so that the same request is the same lead."""

import base64
import hashlib
import unicodedata


def _digest(*parts: str) -> str:
    folded = (
        "".join(c for c in unicodedata.normalize("NFKC", part).casefold() if c.isalnum()) for part in parts
    )
    return base64.b32encode(hashlib.sha256("\n".join(folded).encode()).digest()).decode().lower()


def lead_id(org: str, title: str) -> str:
    """The id of the lead with this organisation and title. Taken in twice, it is found again, not made anew."""
    return f"lead-{_digest(org, title)[:8]}"


def org_key(org: str) -> str:
    """The same for each way to write an organisation's name; says nothing about it."""
    return _digest(org)[:16]
