"""Compares two leads that may be one request."""

from process.identity import contact_key, org_key, title_key
from process.lead.duplicate_links import MatchReason
from process.lead.lead import Lead


def match_reasons(one: Lead, other: Lead) -> tuple[MatchReason, ...]:
    """Return the reasons to take two leads for one request. The title alone is none."""
    found = []
    if org_key(one.org) == org_key(other.org):
        found.append(MatchReason.ORGANISATION)
        if title_key(one.title) == title_key(other.title):
            found.append(MatchReason.TITLE)
    if one.email and other.email and contact_key(one.email) == contact_key(other.email):
        same = one.email.casefold() == other.email.casefold()
        found.append(MatchReason.ADDRESS if same else MatchReason.DOMAIN)
    return tuple(found)
