"""Finds where the settings themselves name a person: after an erasure, a worker would tell every lead of them again."""

from client.erasure.search import texts_in
from process.policy import TEAM_FIELDS, Policy
from process.privacy.person import Person


def fields_naming(policy: Policy, person: Person) -> list[str]:
    """Return the fields of the policy's team that name the person."""
    return [
        name
        for name in sorted(TEAM_FIELDS)
        if any(map(person.is_mentioned_in, texts_in(getattr(policy, name))))
    ]
