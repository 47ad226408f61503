"""Translates GitHub's failures into the three answers: again, wait, or park."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from github import GithubException, RateLimitExceededException
from requests.exceptions import RequestException
from temporalio.exceptions import ApplicationError

from activities.errors import A_MINUTE, Missing, again, park, retry_after, wait

_REMEDIES = {
    401: "the credentials are not valid (any more): renew LEADS_GITHUB__TOKEN or the GitHub App's key, then retry",
    403: "the right is missing: grant the token or GitHub App issues and organization projects (write), then retry",
    404: "it is not there, or the credentials may not see it: check its name in the settings and the rights, then retry",
    410: "it was deleted, or issues are switched off in the repository: switch them on, then retry",
    422: "GitHub does not take these values: see whether its limits or the repository's settings changed, then retry",
}
_TRANSIENT = frozenset({408, 409, 423, 425})


@contextmanager
def github_errors(doing: str, *, settle: timedelta | None = None) -> Iterator[None]:
    """Translate the client's failures in this block. `doing` ends the error message, as in "when reading issue 1".

    `settle` is the delay after a failed create, which may have happened all the same: the next attempt must be late
    enough for a listing to show it. The chain of causes is cut, because it holds whole answers.
    """
    try:
        yield
    except (GithubException, RequestException, ValueError, RuntimeError) as error:
        raise translated(error, doing, settle) from None


def translated(error: Exception, doing: str, settle: timedelta | None = None) -> ApplicationError:
    """Return the ApplicationError for a failure of the client."""
    match error:
        case GithubException() if (types := graphql_types(error)) is not None:
            return _graphql(error, types, doing)
        case GithubException():
            return _rest(error, doing, settle)
        case RequestException():
            return again(f"GitHub could not be reached {doing}: {type(error).__name__}", after=settle)
        case RuntimeError():  # PyGithub raises it for a redirect to another host or protocol
            return park(f"GitHub redirects elsewhere {doing}: correct LEADS_GITHUB__API_URL, then retry")
        case _:
            return again(f"What answered {doing} was not GitHub's API", after=settle)


def graphql_types(error: GithubException) -> frozenset[str] | None:
    """Return the types of the errors in a GraphQL answer, or None for another kind of answer."""
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    if error.status not in (400, 404) or not isinstance(errors, list):
        return None
    return frozenset(str(each.get("type")) for each in errors if isinstance(each, dict))


class Limit(NamedTuple):
    """A rate limit of GitHub. A secondary one limits requests at once; a primary one the budget of an hour."""

    delay: timedelta
    secondary: bool


def limit_of(error: GithubException) -> Limit | None:
    """Return the rate limit in this answer, or None."""
    headers: Mapping[str, Any] = error.headers or {}
    spent = headers.get("x-ratelimit-remaining") == "0"
    types = graphql_types(error)
    if types is not None:
        if "RATE_LIMITED" not in types:
            return None
        return Limit(_delay(headers), secondary="retry-after" in headers)
    limited = error.status in (403, 429) and ("retry-after" in headers or spent)
    if limited or error.status == 429 or isinstance(error, RateLimitExceededException):
        return Limit(_delay(headers), secondary="retry-after" in headers or not spent)
    return None


def _rest(error: GithubException, doing: str, settle: timedelta | None) -> ApplicationError:
    status = error.status
    if limit := limit_of(error):
        return wait(f"GitHub's rate limit was reached {doing}", limit.delay)
    if status >= 500 or status in _TRANSIENT:
        return again(f"GitHub answered {status} {doing}", after=settle)
    if status == 404:
        return Missing(f"GitHub answered 404 {doing}: {_REMEDIES[404]}")
    return park(
        f"GitHub answered {status} {doing}: {_REMEDIES.get(status, 'see whether its API changed, then retry')}"
    )


def _graphql(error: GithubException, types: frozenset[str], doing: str) -> ApplicationError:
    if limit := limit_of(error):
        return wait(f"GitHub's rate limit was reached {doing}", limit.delay)
    if types & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return park(f"GitHub refused {doing}: {_REMEDIES[403]}")
    if "NOT_FOUND" in types:
        return Missing(f"GitHub did not find what it needs {doing}: {_REMEDIES[404]}")
    if types & {"UNPROCESSABLE", "VALIDATION"} or is_unknown_to_schema(error):
        return park(f"GitHub refused {doing}: {_REMEDIES[422]}")
    return again(f"GitHub's GraphQL could not answer {doing}: {', '.join(sorted(types))}")


def is_unknown_to_schema(error: GithubException) -> bool:
    """Return True if the server's GraphQL schema lacks something that the query names."""
    return any(
        "code" in each.get("extensions", {}) for each in error.data["errors"] if isinstance(each, dict)
    )


def _delay(headers: Mapping[str, Any]) -> timedelta:
    """Return the delay that the answer asks for, at least a second. A reset time counts by GitHub's clock."""
    if (delay := retry_after(headers.get("retry-after"))) is not None:
        return delay
    reset = str(headers.get("x-ratelimit-reset", ""))
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return timedelta(seconds=max(1, int(reset) - _server_time(headers) + 1))
    return A_MINUTE


def _server_time(headers: Mapping[str, Any]) -> int:
    try:
        return int(parsedate_to_datetime(str(headers["date"])).timestamp())
    except (KeyError, ValueError):
        return int(time.time())
