"""The person who looks at a page or decides on it."""

from typing import NamedTuple

from process.actor import Actor, Face
from process.types import Role


class Visitor(NamedTuple):
    """A person, as sign-in knows them."""

    name: str
    """Name that decisions carry (`by`) and pages show."""
    identity: str | None = None
    """The person, the same on every face (`process.actor.identity_of`); None if nobody vouches for them."""
    roles: tuple[Role, ...] | None = None
    """Their roles, sorted; None where nobody is asked: on this machine, everybody has all."""

    @property
    def is_known(self) -> bool:
        """True if sign-in, or a proxy, vouches for the person, as an approval needs."""
        return self.identity is not None

    def actor(self, face: Face = Face.PAGE) -> Actor:
        """Return the person as decisions carry them."""
        return Actor(face=face, identity=self.identity, roles=self.roles)
