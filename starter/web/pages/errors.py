"""Pages for requests that fail: what is wrong, and what to do."""

import http
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from client.connection import translate
from client.errors import LeadMissing, LeadNotInLedger, LeadsError, RequestRefused, Unavailable
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries.cursors import BrokenCursor
from process.plain_errors import plain
from starter.web.auth.visitor import Visitor
from starter.web.pages.rendering import page

RETRY_AFTER = "10"
"""Seconds after which a browser may ask again for a page whose source is away."""
WORDS = 500
"""Characters of a message at most."""

_BEGIN = "The board leads to every lead."
_UNEXPLAINED = {
    404: "There is no page at this address.",
    405: "This address is for a form of ours, and cannot be opened like a page.",
}
"""Status of an error that the framework raises → what is wrong, since it tells nothing but the status."""
_TITLES = {404: "Not found", 405: "Not a page", 409: "Not possible", 422: "Not understood"}
"""Status → title of its page, where the protocol's phrase says little to people."""

_EXPECTED = (Unavailable, RPCError, LedgerUnavailable, HTTPException)
"""Errors that say themselves what is wrong, so that no traceback is needed."""

_log = structlog.get_logger("web")


class Shown(NamedTuple):
    """An error as a page shows it."""

    status: int
    message: str
    advice: str = ""


def register(app: FastAPI) -> None:
    """Let the application answer each error with its page."""
    for kind in (LeadsError, RPCError, LedgerUnavailable, LedgerRefused, BrokenCursor, HTTPException):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(RequestValidationError, _handle)
    app.add_exception_handler(Exception, _handle)


async def _handle(request: Request, error: Exception) -> HTMLResponse:
    shown = shown_of(error)
    if shown.status >= 500 and not isinstance(error, _EXPECTED):
        _log.error(
            "a request failed",
            path=request.scope.get("route") and request.scope["route"].path,
            exc_info=error,
        )
    headers = {"retry-after": RETRY_AFTER} if shown.status == 503 else {}
    if isinstance(error, HTTPException) and error.headers:
        headers |= error.headers
    return answer(request, shown, headers)


def answer(request: Request, shown: Shown, headers: Mapping[str, str]) -> HTMLResponse:
    """Return the page about an error. Whoever is known to make the request keeps the way to the other pages."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return page(
        request,
        "error.html",
        visitor if visitor and visitor.roles != () else None,
        shown.status,
        headers,
        title=_TITLES.get(shown.status, http.HTTPStatus(shown.status).phrase),
        shown=shown,
    )


def shown_of(error: Exception) -> Shown:
    """Return status, message and advice for an error. An unknown one tells nothing of its inside."""
    if isinstance(error, RPCError):
        error = translate(error)
    match error:
        case LeadNotInLedger() if type(error) is LeadNotInLedger:  # its own words name the ledger's place
            return Shown(
                404, f"There is no lead {error.name[:100]!r}.", "Search for it, or look at the board."
            )
        case LeadMissing():
            return Shown(404, _cut(error), "Search for it, or look at the board.")
        case RequestRefused():
            return Shown(409, _cut(error))
        case Unavailable():
            return Shown(503, _cut(error), "Try again in a moment.")
        case LedgerUnavailable():
            return Shown(
                503, _cut(error), "Try again in a moment. Leads go on meanwhile, and decisions are kept."
            )
        case LedgerRefused():
            return Shown(
                503,
                _cut(error),
                "The administrator can read more in the log; `leads check` tries the ledger.",
            )
        case BrokenCursor():
            return Shown(400, _cut(error))
        case RequestValidationError():
            return Shown(422, _complaints(error), f"Correct the address. {_BEGIN}")
        case HTTPException(status_code=404 | 405 as status, detail="Not Found" | "Method Not Allowed"):
            return Shown(status, _UNEXPLAINED[status], _BEGIN)
        case HTTPException():
            return Shown(error.status_code, str(error.detail)[:WORDS])
    return Shown(
        500,
        "Something went wrong here, and it is in our log.",
        "Try again; if it stays, tell the administrator.",
    )


def _complaints(error: RequestValidationError) -> str:
    """Return the first complaints, with the names of the fields and without their values."""
    lines = (f"{each['loc'][-1]}: {plain(each)}" for each in error.errors()[:5])
    return "; ".join(lines)[:WORDS]


def _cut(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= WORDS else f"{text[: WORDS - 1]}…"
