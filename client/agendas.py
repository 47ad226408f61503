"""The role or person whose agenda a name means, the same for every face."""

import difflib
from collections.abc import Callable, Collection
from typing import Final

from client.errors import NobodySoNamed
from ledger.queries.agenda import Whose
from process.actor import plain_name
from process.policy import TEAMS, Policy
from process.types import Role

NEAR: Final = 3
"""Number of names that are proposed for one that nobody has."""


def whose(policy: Policy, people: Callable[[], Collection[str]], name: str) -> Whose:
    """Return the role of this name, or the person with the roles that the policy gives them.

    `people`: returns all who have a role for a lead, and is asked only if the policy does not know the name. Raises
    NobodySoNamed.
    """
    wanted = plain_name(name)
    if wanted in TEAMS:
        return Whose(roles=(Role(wanted),))
    named = {
        role: {plain_name(each) for each in (*policy.people.get(role, ()), *policy.addresses.get(role, ()))}
        for role in Role
    }
    roles = tuple(role for role, names in named.items() if wanted in names)
    if not roles:
        assigned = {plain_name(each) for each in people()}
        if wanted not in assigned:
            known = sorted(assigned.union(TEAMS, *named.values()))
            raise NobodySoNamed(name, difflib.get_close_matches(wanted, known, NEAR), sorted(TEAMS))
    return Whose(wanted, roles)
