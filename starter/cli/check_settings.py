"""The part of `leads check` about settings that were left as the examples have them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from activities.checks import Check
from activities.mail.addresses import addresses_of
from activities.questionnaire_link import PLACE
from config.settings import Settings
from process.policy import Policy
from process.types import Role

EXAMPLES = ("example.org", "example.com", "example.net", "example", "invalid", "test")
"""Domains that never receive mail (RFC 2606)."""


def settings_checks(settings: Settings, policy: Policy) -> Iterator[Check]:
    """Yield a check of the settings that must be one's own, unless the sandbox stands in for the outside."""
    if urlsplit(settings.github.api_url).scheme == "http":
        return
    left = [*_addresses(settings, policy)]
    detail = f"{'; '.join(left)}. No mail arrives there" if left else ""
    yield Check("Settings", "have no example addresses", not left, detail)
    yield from _questionnaire(settings)
    if "org" not in settings.github.model_fields_set:
        detail = f"LEADS_GITHUB__ORG is not set, so the organisation is {settings.github.org}"
        yield Check("Settings", "name the organisation", True, detail, warns=True)
    if not settings.current_signing_key:
        detail = "LEADS_SIGNING_KEY is not set, so leads take nobody for authenticated: no discount can be approved"
        yield Check("Settings", "have a key to sign with", False, detail)
    if not policy.own_domains:
        detail = "No address of the team is set, so a lead's mails may be assigned to any address"
        yield Check("Settings", "name the organisation's mail domains", True, detail, warns=True)


def _questionnaire(settings: Settings) -> Iterator[Check]:
    """Yield a check of what the links of a questionnaire need, if there is one."""
    google = settings.google
    if not (google.questionnaire_form or google.questionnaire_url):
        return
    detail = "" if settings.signing_keys else "LEADS_SIGNING_KEY is not set. Make one: openssl rand -hex 32"
    yield Check("Settings", "sign the questionnaire's links", not detail, detail)
    if PLACE not in google.questionnaire_url:
        detail = (
            f"LEADS_GOOGLE__QUESTIONNAIRE_URL has no {PLACE}, so a person assigns each answer to its lead"
        )
        yield Check("Settings", "name the lead in the questionnaire's link", True, detail, warns=True)


def _addresses(settings: Settings, policy: Policy) -> Iterator[str]:
    for role in Role:
        for address in addresses_of(role, policy, settings):
            if _is_example(address):
                yield f"LEADS_ADDRESSES__{role.upper()} is {address}"
    if _is_example(settings.mail.sender):
        yield f"LEADS_MAIL__SENDER is {settings.mail.sender}"
    if _is_example(settings.mail.message_id_domain):
        yield f"LEADS_MAIL__MESSAGE_ID_DOMAIN is {settings.mail.message_id_domain}"


def _is_example(address: str) -> bool:
    domain = address.rpartition("@")[2].strip("<> ").casefold()
    return any(domain == example or domain.endswith(f".{example}") for example in EXAMPLES)
