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
LONGEST: Final = 100
"""Characters of a name that are compared: the time grows with their square."""


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
            raise NobodySoNamed(name, near(wanted, known), sorted(TEAMS))
    return Whose(wanted, roles)


def near(wanted: str, known: Collection[str]) -> list[str]:
    """Return the known names that are most like this one."""
    return difflib.get_close_matches(wanted[:LONGEST], known, NEAR)
