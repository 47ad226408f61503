"""Reasons to think twice before a person is asked for: a person who has looked at them may ask all the same."""

from datetime import date

from client.erasure.finding import Found
from client.erasure.requests import Requests
from process.core.refusal import Refused
from process.privacy.person import Person
from process.privacy.requests import refuse_asked_again, refuse_common, refuse_short


def doubt_about(
    requests: Requests, given: Person, found: Found, today: date, *, limited: bool
) -> Refused | None:
    """Return why a request for this person would be a mistake, or None. `given`: the words before any were added.

    `limited`: the leads are named, so words that others share do no harm. Raises KeysUnavailable.
    """
    if not limited and (refused := refuse_short(given.parts) or refuse_common(found.unsure)):
        return refused
    known = requests.naming(found.person)
    lead_ids = [each.lead_id for each in found.leads]
    return refuse_asked_again(known, lead_ids, today, limited=limited) if known else None
