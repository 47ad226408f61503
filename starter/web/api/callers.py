"""The person for whom a program asks, and what its token allows."""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from fastapi import Request

from process.actor import Actor, Face
from starter.web.api.problems import ApiProblem
from starter.web.visitors import Visitor, visitor_of

Scope = Literal["read", "decide"]
EVERYTHING: frozenset[Scope] = frozenset({"read", "decide"})


class Caller(NamedTuple):
    """A person, by whose token or at whose machine a program asks."""

    visitor: Visitor
    scopes: frozenset[Scope] = EVERYTHING

    @property
    def name(self) -> str:
        """The name that decisions carry."""
        return self.visitor.name

    @property
    def actor(self) -> Actor:
        """The person as decisions carry them."""
        return self.visitor.actor(Face.API)


async def caller_of(request: Request) -> Caller:
    """Return the person for whom a request comes. Raises ApiProblem if nobody is known."""
    if "authorization" in request.headers:
        raise _unknown("This token is not known, or was revoked.")
    _check_origin(request)
    return Caller(await visitor_of(request))


def allowed_to(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """Return the dependency that gives the caller. It raises ApiProblem for a token without this scope."""

    async def allowed(request: Request) -> Caller:
        caller = await caller_of(request)
        if scope not in caller.scopes:
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            raise ApiProblem(
                "forbidden", f"This token has not the scope “{scope}”.", {"www-authenticate": challenge}
            )
        return caller

    return allowed


def _check_origin(request: Request) -> None:
    """Raise ApiProblem for a request without a token that another site lets a browser send."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    own = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if site not in ("none", "same-origin") or not own:
        raise ApiProblem("forbidden", "Other sites need a token: Authorization: Bearer lth_….")


def _unknown(detail: str) -> ApiProblem:
    return ApiProblem("unauthorized", detail, {"www-authenticate": 'Bearer realm="leads"'})
