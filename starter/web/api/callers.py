"""The person for whom a program asks, and what its token allows."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from fastapi import Request

from process.actor import Actor, Face
from starter.web.api.problems import ApiProblem
from starter.web.auth.people import Way
from starter.web.auth.store import Scope
from starter.web.auth.visitor import Visitor
from starter.web.services import services_of
from starter.web.visitors import NoRole, visitor_of

CHALLENGE: Final = {"www-authenticate": 'Bearer realm="leads"'}
_SAFE: Final = frozenset({"GET", "HEAD"})


class Caller(NamedTuple):
    """A person, by whose token or at whose machine a program asks."""

    visitor: Visitor
    scopes: frozenset[Scope] = frozenset(Scope)

    @property
    def name(self) -> str:
        """The name that decisions carry."""
        return self.visitor.name

    @property
    def actor(self) -> Actor:
        """The person as decisions carry them."""
        return self.visitor.actor(Face.API)


async def caller_of(request: Request) -> Caller:
    """Return the person for whom a request comes. Raises ApiProblem if nobody is known, and NoRole."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return await caller_by_token(request, authorization)
    if Way.MACHINE not in services_of(request).access.ways and not _is_from_our_page(request):
        raise _unknown("Send a personal token: Authorization: Bearer lth_….")
    return Caller(await visitor_of(request))


def allowed_to(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """Return the dependency that gives the caller. It raises ApiProblem for a token without this scope."""

    async def allowed(request: Request) -> Caller:
        caller = await caller_of(request)
        if scope not in caller.scopes:
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            detail = f"This token has not the scope “{scope}”: make one that has."
            raise ApiProblem("forbidden", detail, {"www-authenticate": challenge})
        return caller

    return allowed


async def caller_by_token(request: Request, authorization: str) -> Caller:
    """Return the person whose token this header carries. Raises ApiProblem and NoRole."""
    services = services_of(request)
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise _unknown("Send the token as Authorization: Bearer lth_….")
    token = await services.run(lambda: services.store.token(secret.strip()))
    if token is None:
        raise _unknown("This token is not known, has expired, or was removed.")
    if token.roles == ():
        raise NoRole(token.visitor)
    return Caller(token.visitor, token.scopes)


def _is_from_our_page(request: Request) -> bool:
    """Return True for a reading request of a page of ours: only then does its session count."""
    return request.method in _SAFE and request.headers.get("sec-fetch-site") == "same-origin"


def _unknown(detail: str) -> ApiProblem:
    return ApiProblem("unauthorized", detail, CHALLENGE)
