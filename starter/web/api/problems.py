"""Errors of the API as problem details (RFC 9457): a name to act on, a sentence for people, and data."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi.responses import Response
from pydantic import ConfigDict, Field

from process.bounds import Bounded
from process.core.refusal import Suggestion
from process.lead.duplicate_links import DuplicateLink
from process.types import DISCREET

MEDIA_TYPE: Final = "application/problem+json"
LONGEST: Final = 1_000
"""Characters of a detail at most."""


class Kind(NamedTuple):
    """A kind of problem: its status, and its title."""

    status: int
    title: str


KINDS: Final = {
    "malformed": Kind(400, "The request cannot be read"),
    "unauthorized": Kind(401, "Nobody is known by this request"),
    "forbidden": Kind(403, "This is not allowed to you"),
    "not-found": Kind(404, "There is no such thing"),
    "method-not-allowed": Kind(405, "This address does not take that method"),
    "too-slow": Kind(408, "The body did not arrive in time"),
    "refused": Kind(409, "The lead refuses the decision"),
    "ended": Kind(409, "The lead has ended"),
    "possible-duplicate": Kind(409, "The lead may be open already"),
    "changed": Kind(412, "The lead has changed"),
    "too-large": Kind(413, "The body is too large"),
    "not-json": Kind(415, "The body is not JSON"),
    "invalid": Kind(422, "The request is not valid"),
    "key-reused": Kind(422, "The key stands for another decision"),
    "too-many": Kind(429, "Too many requests at once"),
    "fault": Kind(500, "Something went wrong here"),
    "unavailable": Kind(503, "Something that is needed is away"),
    "outcome-unknown": Kind(503, "The decision may have been taken"),
    "not-recorded-yet": Kind(503, "The ledger does not have that event yet"),
}
"""The kinds of problems by name. The type of a problem is `/problems/NAME`."""


class Complaint(Bounded):
    """One thing that is wrong with a request."""

    model_config = DISCREET

    pointer: str | None = Field(None, description="place in the body, as a JSON pointer: #/amount")
    parameter: str | None = Field(None, description="name of the query's parameter or of the header")
    detail: str


class Problem(Bounded):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="forbid", **DISCREET)

    type: str = Field(description="the problem's kind, as /problems/refused; docs/api.md lists them")
    title: str
    status: int
    detail: str = Field(description="one or two sentences for people")
    instance: str = Field(description="the address that was asked for")
    lead_id: str | None = None
    errors: list[Complaint] | None = Field(None, description="of an invalid request: each fault")
    suggestions: list[Suggestion] | None = Field(
        None, description="of a refused decision: what would work instead, as data"
    )
    candidates: list[DuplicateLink] | None = Field(
        None, description="of a possible duplicate: the open leads"
    )


class ApiProblem(Exception):
    """A request is answered by a problem. `more`: members beside the usual ones, by name."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more

    def response(self, instance: str) -> Response:
        """Return the answer to a request for this address."""
        status, title = KINDS[self.kind]
        detail = self.detail if len(self.detail) <= LONGEST else f"{self.detail[: LONGEST - 1]}…"
        shown = Problem(
            type=f"/problems/{self.kind}",
            title=title,
            status=status,
            detail=detail,
            instance=instance[:LONGEST],
            **self.more,
        )
        # as ASCII: what was sent may hold half of a surrogate pair
        body = shown.model_dump_json(exclude_none=True, ensure_ascii=True)
        return Response(body, status, self.headers, media_type=MEDIA_TYPE)


def invalid(*errors: Complaint) -> ApiProblem:
    """Return the problem of a request with these faults."""
    return ApiProblem("invalid", "; ".join(each.detail for each in errors[:5]), errors=list(errors))
