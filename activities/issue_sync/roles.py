"""Roles of people on GitHub, by login and team, as the configuration has them."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from activities.github.client import GitHubClient
from process.actor import Actor, Aliases, Face, identity_of, plain_name
from process.types import Role

TEAM = "team:"
NO_ALIASES: Aliases = {}
CACHE_SECONDS = 300.0
"""Time for which the members of a team are cached."""

_log = structlog.get_logger("issue_sync")


def roles_of(
    people: Mapping[Role, Sequence[str]], login: str, is_member: Callable[[str], bool]
) -> frozenset[Role]:
    """Return the roles of this login. `is_member` says whether the login is in the team with a slug."""

    def is_named(name: str) -> bool:
        if name.startswith(TEAM):
            return is_member(name.removeprefix(TEAM))
        return plain_name(login) == plain_name(name)

    return frozenset(role for role, names in people.items() if any(map(is_named, names)))


class RoleDirectory:
    """Looks up people and their roles. `people` maps each role to logins, and to teams as `team:SLUG`."""

    def __init__(
        self,
        github: GitHubClient,
        people: Mapping[Role, Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
        aliases: Aliases = NO_ALIASES,
    ) -> None:
        self._github = github
        self._people = people
        self._aliases = aliases
        self._clock = clock
        self._teams: dict[str, tuple[float, frozenset[str]]] = {}

    def actor(self, face: Face, login: str, account: int | None = None) -> Actor:
        """Return the person behind this login at a face of GitHub. Blocks, as `roles_of` does."""
        identity = identity_of(self._aliases, login, account)
        roles = self.roles_of(login) if identity else ()
        return Actor(face=face, identity=identity, roles=tuple(sorted(roles)))

    def roles_of(self, login: str) -> frozenset[Role]:
        """Return the roles of this login. Blocks, since it may ask GitHub for the members of teams."""
        return roles_of(self._people, login, lambda slug: login.casefold() in self._members(slug))

    def _members(self, slug: str) -> frozenset[str]:
        until, members = self._teams.get(slug, (0.0, frozenset()))
        if self._clock() < until:
            return members
        found = self._github.team(slug)
        if found is None:
            _log.warning("team not found, or no right to read it (organization Members read)", team=slug)
        self._teams[slug] = self._clock() + CACHE_SECONDS, found or frozenset()
        return self._teams[slug][1]
