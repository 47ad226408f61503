"""Compares two leads that may be one request, by keys that reveal nothing of their contents."""

from typing import TYPE_CHECKING, NamedTuple, Self

from process.identity import address_key, contact_key, org_key, title_key
from process.lead.duplicate_links import MatchReason

if TYPE_CHECKING:  # a directory, which compares keys only, needs no lead
    from process.lead.lead import Lead

NAMELESS = org_key("")
"""Key of organisations whose name has no letter or digit; it identifies nobody."""


class MatchKeys(NamedTuple):
    """The keys by which leads are compared."""

    org: str
    title: str
    contact: str | None
    """Key of the contact's mail domain, or of the address at a public mail provider."""
    address: str | None

    @classmethod
    def of(cls, lead: "Lead") -> Self:
        """Return the keys of a lead."""
        email = lead.email
        contact, address = (contact_key(email), address_key(email)) if email else (None, None)
        return cls(org_key(lead.org), title_key(lead.title), contact, address)


def match_reasons(one: MatchKeys, other: MatchKeys) -> tuple[MatchReason, ...]:
    """Return the reasons to take two leads for one request. The title alone is none."""
    found = []
    if one.org == other.org != NAMELESS:
        found.append(MatchReason.ORGANISATION)
        if one.title == other.title:
            found.append(MatchReason.TITLE)
    if one.contact and one.contact == other.contact:
        found.append(MatchReason.ADDRESS if one.address == other.address else MatchReason.DOMAIN)
    return tuple(found)
