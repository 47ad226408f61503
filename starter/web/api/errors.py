"""Answers each error of the API with its problem. An unknown error tells nothing of its inside."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from client.connection import leads_error_of
from client.errors import (
    DecisionRefused,
    DecisionUnknown,
    LeadHasEnded,
    LeadLost,
    LeadMissing,
    LeadNotInLedger,
    LeadsError,
    LeadStuck,
    LedgerFailed,
    PossibleDuplicate,
    RequestRefused,
    Unavailable,
    WorkflowHasEnded,
)
from ledger.errors import LedgerError
from ledger.queries.cursors import BrokenCursor
from process.core.refusal import Refused
from process.plain_errors import plain
from starter.web.api.bodies import CLOSE
from starter.web.api.callers import CHALLENGE
from starter.web.api.problems import ApiProblem, Complaint, invalid
from starter.web.auth.database import StoreUnavailable
from starter.web.reading import NotYetCome, NotYetOpened

RETRY_AFTER = {"retry-after": "10"}
_HEADERS = {401: CHALLENGE, 413: CLOSE}
_BY_STATUS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    408: "too-slow",
    405: "method-not-allowed",
    413: "too-large",
    429: "too-many",
}

_log = structlog.get_logger("web")


def register(api: FastAPI) -> None:
    """Let the API answer each error with its problem."""
    handled = (
        ApiProblem,
        LeadsError,
        RPCError,
        LedgerError,
        BrokenCursor,
        HTTPException,
        RequestValidationError,
    )
    for kind in (*handled, TimeoutError, RuntimeError, Exception):
        api.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.kind == "fault":
        route = request.scope.get("route")
        _log.error("a request of the API failed", path=route and route.path, exc_info=error)
    return problem.response(request.url.path)


def problem_of(error: Exception) -> ApiProblem:
    """Return the problem for an error."""
    error = leads_error_of(error) or error
    match error:
        case ApiProblem():
            return error
        case LeadsError():
            return _of_leads(error)
        case LedgerError():
            return ApiProblem("unavailable", "The ledger cannot be read now.", RETRY_AFTER)
        case BrokenCursor():
            return ApiProblem("malformed", "The cursor `after` is of no page: begin without it.")
        case RequestValidationError():
            return invalid(*(_complaint(each) for each in error.errors()[:20]))
        case HTTPException() if error.status_code in _BY_STATUS:
            headers = {**(error.headers or {}), **_HEADERS.get(error.status_code, {})}
            return ApiProblem(_BY_STATUS[error.status_code], _detail(error), headers)
        case HTTPException() if error.status_code < 500:
            return ApiProblem("malformed", str(error.detail), error.headers)
    return ApiProblem("fault", "It is in our log. If it stays, tell the administrator.")


def _detail(error: HTTPException) -> str:
    """Return the detail of an error; the framework's own for an unknown path repeats the status only."""
    return (
        "There is no such path; /api/v1/openapi.json lists all."
        if error.detail == "Not Found"
        else str(error.detail)
    )


def _of_leads(error: LeadsError) -> ApiProblem:
    """Return the problem for an error of the client."""
    match error:
        case DecisionRefused():
            return refused(error.refusal, error.lead_id)
        case PossibleDuplicate():
            advice = "Decide about one of these, or send `not_a_duplicate` with it."
            return ApiProblem("possible-duplicate", f"{error} {advice}", candidates=list(error.originals))
        case LeadHasEnded() | LeadLost():
            return ApiProblem("ended", str(error), lead_id=error.lead_id)
        case WorkflowHasEnded():
            return ApiProblem("ended", str(error), lead_id=error.lead_id or None)
        case RequestRefused():
            return ApiProblem("refused", str(error))
        case NotYetCome():
            return invalid(Complaint(parameter="as_of", detail=str(error)))
        case LeadNotInLedger() if not isinstance(error, NotYetOpened):
            return no_lead(error.name)
        case LeadMissing():
            return ApiProblem("not-found", str(error))
        case DecisionUnknown():
            detail = f"{error} Send it again with the same Idempotency-Key: it is taken once."
            return ApiProblem("outcome-unknown", detail, RETRY_AFTER, lead_id=error.lead_id)
        case LedgerFailed():
            return ApiProblem("unavailable", "The ledger cannot be read now.", RETRY_AFTER)
        case StoreUnavailable():
            return ApiProblem("unavailable", "The store of accounts cannot be read now.", RETRY_AFTER)
        case Unavailable():
            return ApiProblem("unavailable", plainly(error), RETRY_AFTER)
    return ApiProblem("fault", "It is in our log. If it stays, tell the administrator.")


def plainly(error: Unavailable) -> str:
    """Return the error without the words of a failure, which may hold personal data."""
    return str(LeadStuck(error.lead_id, error.cause)) if isinstance(error, LeadStuck) else str(error)


def refused(refusal: Refused, lead_id: str) -> ApiProblem:
    """Return the problem of a decision that the lead refuses."""
    return ApiProblem("refused", f"{refusal.reason}.", lead_id=lead_id, suggestions=list(refusal.suggestions))


def no_lead(lead_id: str) -> ApiProblem:
    """Return the problem that there is no such lead."""
    return ApiProblem("not-found", f"There is no lead {lead_id[:100]!r}.")


def _complaint(error: Any) -> Complaint:
    """Return a complaint about the query, the path or a header, without the value."""
    name = str(error["loc"][1] if len(error["loc"]) > 1 else error["loc"][0])[:100]
    detail = "there is no such parameter" if error["type"] == "extra_forbidden" else plain(error)
    return Complaint(parameter=name, detail=f"{name}: {detail}"[:500])
