"""The link under which a lead's contact answers the questionnaire. It names the lead by a token that only we can make.

What somebody types proves nothing: the address of a contact is known to many, and the id of a lead can be computed from
its organisation and title. So only an answer that came by the lead's own link, or under an address that Google has
verified, is the lead's. Google's pre-filled links carry it: the questionnaire asks for `Lead` and the link fills that in.
"""

import re
from urllib.parse import quote

from config.settings import Settings
from config.signing import TOKEN_LENGTH, is_signed, sign

PLACE = "{lead}"
"""Stands in LEADS_GOOGLE__QUESTIONNAIRE_URL for what names the lead."""
_PURPOSE = "questionnaire"
_SIGNED = re.compile(rf"(lead-[a-z0-9_-]{{1,100}})\.([a-z2-7]{{{TOKEN_LENGTH}}})", re.ASCII)
_NAMED = re.compile(r"\blead-[a-z0-9_]+(?:-+[a-z0-9_]+)*", re.ASCII)
MAX_NAMED = 300
"""Characters of an answer in which a lead's name is looked for."""


def signed_link(settings: Settings, lead_id: str) -> str:
    """Return the lead's own link, or an empty text if the settings have no place for the lead or no key."""
    url, keys = settings.google.questionnaire_url, settings.signing_keys
    if PLACE not in url or not keys or not _SIGNED.fullmatch(f"{lead_id}.{'a' * TOKEN_LENGTH}"):
        return ""
    return url.replace(PLACE, quote(f"{lead_id}.{sign(keys[0], _PURPOSE, lead_id)}", safe=""))


def shown_link(settings: Settings, lead_id: str) -> str:
    """Return the link to send to the lead's contact: their own one, or else the one for everybody."""
    return signed_link(settings, lead_id) or settings.google.questionnaire_url.replace(PLACE, "")


def signed_lead(settings: Settings, answer: str) -> str:
    """Return the lead for which this answer was signed, or an empty text."""
    found = _SIGNED.fullmatch(answer.strip()) if len(answer) <= MAX_NAMED else None
    if found is None or not is_signed(found[2], settings.signing_keys, _PURPOSE, found[1]):
        return ""
    return found[1]


def named_lead(answer: str) -> str:
    """Return the id of a lead that somebody typed, which proves nothing, or an empty text."""
    found = _NAMED.search(answer[:MAX_NAMED])
    return found[0] if found else ""
