"""People as sign-in knows them, with the roles that the policy gives them now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from activities.issue_sync.roles import roles_of
from process.actor import identity_of
from process.policy import Policy
from process.types import Role

TEAMS_COUNT = timedelta(days=30)
"""Time for which the teams of a person count after sign-in: a token acts for its person in between."""


class Way(StrEnum):
    """A way by which the service knows who is there."""

    GITHUB = "github"
    PROXY = "proxy"
    MACHINE = "machine"
    """By being at this machine. Anybody there may open the pages, so the service vouches for no name."""


class Person(NamedTuple):
    """A person as they came in."""

    way: Way
    name: str
    """Login at GitHub, name that the proxy gave, or login name at this machine."""
    number: int | None = None
    """Number of the account at GitHub."""
    teams: tuple[str, ...] = ()
    """Slugs of their teams in the organization, at the last sign-in."""
    seen: datetime = datetime.min.replace(tzinfo=UTC)
    """Time of the last sign-in."""

    @property
    def account(self) -> str:
        """Key of their account: what stays when they take another name."""
        return f"{self.way}:{self.number or self.name.casefold()}"


class Standing(NamedTuple):
    """The identity and the roles of a person at this time, as `process.actor.Actor` has them."""

    identity: str | None
    roles: tuple[Role, ...] | None


@dataclass(frozen=True)
class People:
    """The people whom the policy names. `ways`: those by which people come in now."""

    policy: Policy
    ways: frozenset[Way]

    def standing(self, person: Person, now: datetime) -> Standing:
        """Return the person's identity and roles. Who came in by a way that is closed now has no role.

        A login that the aliases give to another account has neither.
        """
        if person.way not in self.ways:
            return Standing(None, ())
        if person.way is Way.MACHINE:
            return Standing(None, None)
        identity = identity_of(self.policy.aliases, person.name, person.number)
        if identity is None:
            return Standing(None, ())
        login = person.name if person.way is Way.GITHUB else identity
        teams = {slug.casefold() for slug in person.teams} if now - person.seen < TEAMS_COUNT else set()
        roles = roles_of(self.policy.people, login, lambda slug: slug.casefold() in teams)
        return Standing(identity, tuple(sorted(roles)))
