"""Finds out who makes a request: the person signed in, the one that a trusted proxy names, or the one at this machine."""

from typing import Annotated, NamedTuple

from fastapi import Depends, HTTPException, Request

from config.login import login
from starter.web.auth import sessions
from starter.web.auth.access import Access
from starter.web.auth.addresses import is_at_this_machine, peer
from starter.web.auth.people import Person, Way
from starter.web.auth.visitor import Visitor as Visitor
from starter.web.services import Services, services_of

MAX_NAME = 100
"""Characters of a name in a proxy's header."""


class SignInNeeded(HTTPException):
    """Nobody knows who makes this request."""

    def __init__(self) -> None:
        super().__init__(401, "Nobody is known by this request: sign in first.")


class NoRole(HTTPException):
    """This person is known, and has no role, so that they see no lead."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(403, "Leads are shown to people with a role only, and you have none.")
        self.visitor = visitor


class KnownPerson(NamedTuple):
    """A person who makes a request, with a role or without."""

    person: Person
    visitor: Visitor


async def person_of(request: Request) -> KnownPerson:
    """Return the person who sends a request. Raises SignInNeeded, or HTTPException if a name may not be given so."""
    services = services_of(request)
    access = services.access
    person = _from_proxy(request, access)
    if person is None and Way.GITHUB in access.ways:
        person = await _from_session(request, services)
    if person is None and Way.MACHINE in access.ways:
        person = _at_machine(request)
    if person is None:
        raise SignInNeeded()
    standing = services.people.standing(person, services.clock())
    visitor = Visitor(person.name, *standing)
    request.state.visitor = visitor
    return KnownPerson(person, visitor)


async def visitor_of(request: Request) -> Visitor:
    """Return the person who sends a request and may see leads. Raises SignInNeeded, NoRole."""
    known = await person_of(request)
    if known.visitor.roles == ():
        raise NoRole(known.visitor)
    return known.visitor


SignedIn = Annotated[Visitor, Depends(visitor_of)]
"""The person who sends a request and may see leads."""


def _from_proxy(request: Request, access: Access) -> Person | None:
    """Return the person whom a trusted proxy names. From anybody else the header is refused, not ignored."""
    given = request.headers.getlist(access.proxy_header) if access.proxy_header else []
    if not given:
        return None
    if not access.proxies.trusts(peer(request)):
        raise HTTPException(403, f"Only a trusted proxy may send the header {access.proxy_header}.")
    name = given[0].encode("latin-1").decode("utf-8", "replace").strip()
    if len(given) > 1 or not name or not name.isprintable() or len(name) > MAX_NAME:
        raise HTTPException(
            400,
            f"The proxy's header {access.proxy_header} must be there once, with a name of at most {MAX_NAME} "
            "characters.",
        )
    return Person(Way.PROXY, name)


async def _from_session(request: Request, services: Services) -> Person | None:
    key = sessions.account_in(request, services.clock())
    account = await services.run(lambda: services.store.account(key)) if key else None
    return account.person if account and sessions.is_of(request, account) else None


def _at_machine(request: Request) -> Person:
    """Return the person at this machine. Raises HTTPException for a request from elsewhere."""
    if not is_at_this_machine(request):
        raise HTTPException(
            403,
            "Nobody can sign in here, so the pages are only for the person at the machine. The administrator can set up "
            "sign-in: LEADS_WEB__GITHUB_CLIENT_ID, or LEADS_WEB__PROXY_HEADER.",
        )
    return Person(Way.MACHINE, login())
