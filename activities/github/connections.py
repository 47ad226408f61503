"""PyGithub's connections, which tell of an answer's status and of moved repositories what it would drop."""

from typing import Any

from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    RequestsResponse,
)

STATUS = "x-response-status"
"""Header that holds the status of an answer."""


class HttpConnection(HTTPRequestsConnectionClass):
    """A connection over HTTP."""

    def getresponse(self) -> RequestsResponse:
        return _with_status(_as_307(super().getresponse()))


class HttpsConnection(HTTPSRequestsConnectionClass):
    """A connection over HTTPS."""

    def getresponse(self) -> RequestsResponse:
        return _with_status(_as_307(super().getresponse()))


def _with_status(answer: RequestsResponse) -> RequestsResponse:
    """Add the status to the headers, because PyGithub hands on only these."""
    answer.headers[STATUS] = str(answer.status)
    return answer


def _as_307(answer: RequestsResponse) -> RequestsResponse:
    """Turn a 301 into a 307. PyGithub follows a 301 without its query, so that a listing would repeat its first page."""
    if answer.status == 301:
        answer.status = 307
    return answer


def moved_to(headers: dict[str, Any], answer: Any) -> str | None:
    """Return the new address of a request whose repository was renamed, or None."""
    if "location" in headers and isinstance(answer, dict) and {"message", "url"} <= answer.keys():
        return str(headers["location"])
    return None
