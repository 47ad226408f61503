"""Who may decide what on GitHub: roles by login and team, as the configuration has them."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from activities.github.client import GitHubClient
from process.types import Role

TEAM = "team:"
FRESH = 300.0
"""Seconds for which a team's members are not asked for again."""

_log = structlog.get_logger("desk")


class People:
    """`people`: role -> logins, and teams as `team:SLUG`."""

    def __init__(
        self,
        github: GitHubClient,
        people: Mapping[Role, Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._github = github
        self._people = people
        self._clock = clock
        self._teams: dict[str, tuple[float, frozenset[str]]] = {}

    def roles(self, login: str) -> frozenset[Role]:
        """What this login may decide for. Asks GitHub for teams, so it blocks."""
        return frozenset(
            role for role, names in self._people.items() if any(self._is(login, name) for name in names)
        )

    def _is(self, login: str, name: str) -> bool:
        if name.startswith(TEAM):
            return login.casefold() in self._members(name.removeprefix(TEAM))
        return login.casefold() == name.removeprefix("@").casefold()

    def _members(self, slug: str) -> frozenset[str]:
        until, members = self._teams.get(slug, (0.0, frozenset()))
        if self._clock() < until:
            return members
        found = self._github.team(slug)
        if found is None:
            _log.warning("no such team, or no right to see it (organization Members read)", team=slug)
        self._teams[slug] = self._clock() + FRESH, found or frozenset()
        return self._teams[slug][1]
