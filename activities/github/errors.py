"""What GitHub's failures mean: try again, wait until, or park."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from github import GithubException, RateLimitExceededException
from requests.exceptions import RequestException
from temporalio.exceptions import ApplicationError

from activities.errors import A_MINUTE, again, park, retry_after, wait

_MEND = {
    401: "the credentials are not valid (any more): renew LEADS_GITHUB__TOKEN or the GitHub App's key, then retry",
    403: "the right is missing: grant the token or GitHub App issues and organization projects (write), then retry",
    404: "it is not there, or the credentials may not see it: check its name in the settings and the rights, then retry",
    410: "it was deleted, or issues are switched off in the repository: switch them on, then retry",
    422: "GitHub does not take these values: see whether its limits or the repository's settings changed, then retry",
}
_ASK_AGAIN = frozenset({408, 409, 423, 425})


@contextmanager
def github_errors(doing: str, *, settle: timedelta | None = None) -> Iterator[None]:
    """Turns the client's failures while `doing` into the three answers.

    `settle` is for a create, whose failure leaves open whether it happened: the next attempt must be late enough
    for a listing to show it. The chain of causes is cut on purpose, because it holds whole answers.
    """
    try:
        yield
    except (GithubException, RequestException, ValueError, RuntimeError) as error:
        raise verdict(error, doing, settle) from None


def verdict(error: Exception, doing: str, settle: timedelta | None = None) -> ApplicationError:
    match error:
        case GithubException() if (types := graphql_types(error)) is not None:
            return _graphql(error, types, doing)
        case GithubException():
            return _rest(error, doing, settle)
        case RequestException():
            return again(f"GitHub could not be reached {doing}: {type(error).__name__}", after=settle)
        case RuntimeError():  # PyGithub's word for a redirect to another host or protocol
            return park(f"GitHub redirects elsewhere {doing}: correct LEADS_GITHUB__API_URL, then retry")
        case _:
            return again(f"What answered {doing} was not GitHub's API", after=settle)


def graphql_types(error: GithubException) -> frozenset[str] | None:
    """Types of the errors in a GraphQL answer; None if it is none."""
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    if error.status not in (400, 404) or not isinstance(errors, list):
        return None
    return frozenset(str(each.get("type")) for each in errors if isinstance(each, dict))


class Limit(NamedTuple):
    """A rate limit as GitHub told of it. `secondary`: too much at once, of whatever; else an hour's budget is spent."""

    delay: timedelta
    secondary: bool


def limit_of(error: GithubException) -> Limit | None:
    """The limit that this answer tells of, if it does."""
    headers: Mapping[str, Any] = error.headers or {}
    spent = headers.get("x-ratelimit-remaining") == "0"
    types = graphql_types(error)
    if types is not None:
        if "RATE_LIMITED" not in types:
            return None
        return Limit(_delay(headers), secondary="retry-after" in headers)
    told = error.status in (403, 429) and ("retry-after" in headers or spent)
    if told or error.status == 429 or isinstance(error, RateLimitExceededException):
        return Limit(_delay(headers), secondary="retry-after" in headers or not spent)
    return None


def _rest(error: GithubException, doing: str, settle: timedelta | None) -> ApplicationError:
    status = error.status
    if limit := limit_of(error):
        return wait(f"GitHub's rate limit was reached {doing}", limit.delay)
    if status >= 500 or status in _ASK_AGAIN:
        return again(f"GitHub answered {status} {doing}", after=settle)
    return park(
        f"GitHub answered {status} {doing}: {_MEND.get(status, 'see whether its API changed, then retry')}"
    )


def _graphql(error: GithubException, types: frozenset[str], doing: str) -> ApplicationError:
    if limit := limit_of(error):
        return wait(f"GitHub's rate limit was reached {doing}", limit.delay)
    if types & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return park(f"GitHub refused {doing}: {_MEND[403]}")
    if "NOT_FOUND" in types:
        return park(f"GitHub did not find what it needs {doing}: {_MEND[404]}")
    if types & {"UNPROCESSABLE", "VALIDATION"} or is_unknown_to_schema(error):
        return park(f"GitHub refused {doing}: {_MEND[422]}")
    return again(f"GitHub's GraphQL could not answer {doing}: {', '.join(sorted(types))}")


def is_unknown_to_schema(error: GithubException) -> bool:
    return any(
        "code" in each.get("extensions", {}) for each in error.data["errors"] if isinstance(each, dict)
    )


def _delay(headers: Mapping[str, Any]) -> timedelta:
    """How long the answer says to wait; at least a second. The time of a reset is by GitHub's clock, not by ours."""
    if (said := retry_after(headers.get("retry-after"))) is not None:
        return said
    reset = str(headers.get("x-ratelimit-reset", ""))
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return timedelta(seconds=max(1, int(reset) - _their_time(headers) + 1))
    return A_MINUTE


def _their_time(headers: Mapping[str, Any]) -> int:
    try:
        return int(parsedate_to_datetime(str(headers["date"])).timestamp())
    except (KeyError, ValueError):
        return int(time.time())
