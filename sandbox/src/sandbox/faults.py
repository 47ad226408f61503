"""Faults: errors that GitHub, Google, the mail server or webhooks are to show, once or several times.

A fault names a system and optionally a method, a path and a body. It lets `after` matching requests pass, then
hits the next `times`. `middleware.py` performs HTTP faults, except `stale` and `graphql_error`: the system itself
performs those, and finds the fault in `scope["sandbox.fault"]`.
"""

import asyncio
import itertools
import re
import time
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.google import errors as google
from sandbox.systems import System

HttpKind = Literal[
    "status",  # an error; the request is not performed
    "status_after",  # the request is performed, then an error
    "cut",  # the connection is closed without a response; the request is not performed
    "cut_after",  # the request is performed, then the connection is closed without a response
    "secondary_limit",  # GitHub: 403 with Retry-After
    "primary_limit",  # GitHub: 403, nothing remaining until the reset
    "rate_limit",  # Google: 403 userRateLimitExceeded or 429
    "slow",  # the request is performed `seconds` later, or when the fault is removed
    "stale",  # reads return the data before the last `writes` writes, of `seconds` ago, or as of a time
    "graphql_error",  # GitHub: HTTP 200 with errors[] of type `error`
    "garbage",  # 200 with an HTML page
]
MailKind = Literal[
    "mail_temporary",  # 451 (or `status`) at `command`
    "mail_refused",  # 550 at RCPT, for `recipient` or all; 554 at DATA
    "mail_cut_after",  # the mail is accepted, then the connection is closed without a reply
]
WebhookKind = Literal[
    "webhook_late",  # delivered `seconds` later, or when the fault is removed
    "webhook_twice",  # delivered two times
    "webhook_lost",  # never delivered
    "webhook_out_of_order",  # delivered after the next one to the same hook, or after `seconds` (5)
]
Command = Literal["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]

_SYSTEMS: dict[str, set[System]] = {
    "secondary_limit": {"github"},
    "primary_limit": {"github"},
    "graphql_error": {"github"},
    "rate_limit": {"drive", "forms", "sheets"},
    "stale": {"github", "drive", "forms"},
    "mail_temporary": {"mail"},
    "mail_refused": {"mail"},
    "mail_cut_after": {"mail"},
    "webhook_late": {"webhook"},
    "webhook_twice": {"webhook"},
    "webhook_lost": {"webhook"},
    "webhook_out_of_order": {"webhook"},
}
_POLL_SECONDS = 0.02
"""Interval at which a delayed request checks that its fault is still set."""
_WITHOUT_REQUESTS: set[System] = {"mail", "webhook"}
"""Systems that receive no HTTP requests and have only their own kinds of faults."""


class Fault(BaseModel):
    """A fault. Its fields select the requests that it hits and describe the error."""

    model_config = ConfigDict(extra="forbid")

    system: System
    kind: HttpKind | MailKind | WebhookKind
    method: str | None = Field(None, description="HTTP method; null: any")
    path: str = Field(
        "", description="Regular expression, found anywhere in the path; a webhook's path is /EVENT/ACTION"
    )
    body: str = Field("", description="Regular expression, found anywhere in the request's body")
    times: int | None = Field(1, ge=1, description="Number of requests that it hits; null: until removed")
    after: int = Field(0, ge=0, description="Number of matching requests that pass first")
    status: int | None = Field(None, ge=200, le=599, description="HTTP status or SMTP reply code")
    seconds: float = Field(0, ge=0, description="Delay, Retry-After, time to the reset, age of a stale read")
    writes: int = Field(
        0, ge=0, description="Number of writes that a stale read misses; 1 if `seconds` is 0 too"
    )
    as_of: AwareDatetime | None = Field(None, description="Time whose data a stale read returns")
    error: str = Field("RATE_LIMITED", description="Type of a GraphQL error")
    command: Command = Field("DATA", description="SMTP command that it hits")
    recipient: str | None = Field(
        None, description="For mail_refused at RCPT: the refused address; null: all"
    )

    _number: int = PrivateAttr(default=0)
    _seen: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        systems = _SYSTEMS.get(self.kind)
        if (systems and self.system not in systems) or (self.system in _WITHOUT_REQUESTS and not systems):
            raise ValueError(f"{self.system} has no fault {self.kind}")
        if self.kind in ("status", "status_after") and self.status is None:
            raise ValueError(f"{self.kind} needs a status")
        re.compile(self.path), re.compile(self.body)
        return self

    @property
    def number(self) -> int:
        """Number that `Faults.add` gives it, from 1; 0 before that."""
        return self._number

    @property
    def hits(self) -> int:
        """Number of requests that it has hit."""
        struck = max(0, self._seen - self.after)
        return struck if self.times is None else min(struck, self.times)

    @property
    def exhausted(self) -> bool:
        """True if it has hit `times` requests, so that it hits no more."""
        return self.times is not None and self.hits >= self.times

    @property
    def missed(self) -> tuple[int, float]:
        """Writes that a stale read misses: their number, and the last seconds."""
        ago = (datetime.now(UTC) - self.as_of).total_seconds() if self.as_of else 0
        seconds = max(self.seconds, ago)
        return self.writes or (0 if seconds else 1), seconds

    def _count_match(self) -> bool:
        """Count a matching request. Return True if the fault hits it."""
        if self.exhausted:
            return False
        self._seen += 1
        return self._seen > self.after


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self._lock = Lock()

    def add(self, fault: Fault) -> Fault:
        """Set the fault, give it the next number, and return it."""
        with self._lock:
            fault._number = next(self._numbers)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove every fault. Requests that they delay go on."""
        with self._lock:
            self._faults.clear()

    def remove(self, fault: Fault) -> None:
        """Remove the fault. Requests that it delays go on."""
        with self._lock:
            self._faults.remove(fault)

    async def delay(self, fault: Fault) -> None:
        """Wait for the fault's `seconds`, or until it is removed."""
        until = time.monotonic() + fault.seconds
        while (remaining := until - time.monotonic()) > 0 and any(each is fault for each in self.all()):  # noqa: ASYNC110
            await asyncio.sleep(min(remaining, _POLL_SECONDS))  # other threads may remove the fault

    def all(self) -> list[Fault]:
        """Return every fault that was set, exhausted ones too."""
        with self._lock:
            return list(self._faults)

    def match(self, system: System, method: str, path: str, body: str) -> Fault | None:
        """Return the first fault that hits this request, or None."""
        with self._lock:
            for fault in self._faults:
                if (
                    fault.system == system
                    and fault.method in (None, method)
                    and re.search(fault.path, path)
                    and re.search(fault.body, body)
                    and fault._count_match()
                ):
                    return fault
        return None

    def match_mail(self, command: Command, recipient: str | None = None) -> Fault | None:
        """Return the first fault that hits this SMTP command, or None."""
        with self._lock:
            for fault in self._faults:
                if (
                    fault.system == "mail"
                    and fault.command == command
                    and (fault.recipient is None or fault.recipient == recipient)
                    and fault._count_match()
                ):
                    return fault
        return None


def error_response(fault: Fault) -> Response:
    """Return the error that the fault's system would send. Raises ValueError for mail and webhooks."""
    if fault.kind == "garbage":
        return HTMLResponse(
            "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
        )
    if fault.system == "github":
        return _github(fault)
    if fault.system == "token":
        return _token(fault.status or 503)
    if fault.system == "mail" or fault.system == "webhook":
        raise ValueError(f"{fault.system} has no HTTP answer")
    if fault.kind == "rate_limit":
        return google.rate_limited(fault.system, fault.status or 403).response(fault.system)
    status = fault.status or 503
    if status == 502:
        return HTMLResponse(
            "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>", 502
        )
    return google.error_with_status(fault.system, status).response(fault.system)


def _token(status: int) -> Response:
    error, description = {
        400: ("invalid_grant", "Invalid JWT Signature."),
        401: ("invalid_client", "The OAuth client was not found."),
    }.get(status, ("internal_failure", "Backend Error" if status != 503 else "The service is unavailable."))
    return JSONResponse({"error": error, "error_description": description}, status)


_REST = "https://docs.github.com/rest"
_LIMITS = f"{_REST}/using-the-rest-api/rate-limits-for-the-rest-api"


def _github(fault: Fault) -> Response:
    if fault.kind == "secondary_limit":
        return JSONResponse(
            {
                "documentation_url": f"{_LIMITS}#about-secondary-rate-limits",
                "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                "status": str(fault.status or 403),
            },
            fault.status or 403,
            headers={"Retry-After": str(round(fault.seconds) or 60)},
        )
    if fault.kind == "primary_limit":
        reset = int(time.time()) + (round(fault.seconds) or 3600)
        return JSONResponse(
            {
                "message": "API rate limit exceeded for installation ID 1.",
                "documentation_url": f"{_LIMITS}#about-primary-rate-limits",
                "status": str(fault.status or 403),
            },
            fault.status or 403,
            headers={
                "X-RateLimit-Limit": "5000",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Used": "5000",
                "X-RateLimit-Reset": str(reset),
                "X-RateLimit-Resource": "core",
            },
        )
    status = fault.status or 502
    message = {
        400: "Problems parsing JSON",
        401: "Bad credentials",
        403: "Resource not accessible by integration",
        404: "Not Found",
        409: "Conflict",
        410: "Issues are disabled for this repo",
        422: "Validation Failed",
        503: "Service unavailable",
    }.get(status, "Server Error")
    body: dict[str, object] = {"message": message, "documentation_url": _REST, "status": str(status)}
    if status == 422:
        body["errors"] = [{"resource": "Issue", "code": "invalid", "field": "title"}]
    return JSONResponse(body, status)
