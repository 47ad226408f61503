"""Failures of GitHub: each is retried, parked or waited out, and afterwards everything exists exactly once."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import PARKED
from activities.github.activities import GitHubActivities
from config.settings import Settings
from process.lead.lead import Lead
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.github_world import (
    GitHub,
    a_lead,
    a_quote,
    after,
    contracted,
    opened,
    perform,
    with_hub_issue,
)
from tests.support.performing import changed

MINUTE = timedelta(minutes=1)

PASSING: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 409},
    {"kind": "status_after", "status": 502},
    {"kind": "cut"},
    {"kind": "cut_after"},
    {"kind": "garbage"},
]
LATE = timedelta(seconds=15)
"""A sandbox that is kept waiting tells the time as it was."""
LIMITS: list[dict[str, Any]] = [
    {"kind": "secondary_limit", "seconds": 7},
    {"kind": "secondary_limit", "seconds": 7, "status": 429},
    {"kind": "primary_limit", "seconds": 300},
    {"kind": "primary_limit", "seconds": 300, "status": 429},
]
LASTING: list[dict[str, Any]] = [
    {"kind": "status", "status": status} for status in (400, 401, 403, 404, 410, 422)
]
GRAPHQL_ONLY = [
    ("RATE_LIMITED", "Wait"),
    ("SERVICE_UNAVAILABLE", "Again"),
    ("FORBIDDEN", PARKED),
    ("INSUFFICIENT_SCOPES", PARKED),
]

Prepare = Callable[[GitHubActivities], Lead]


def _new(activities: GitHubActivities) -> Lead:
    return a_lead()


def _quoted(activities: GitHubActivities) -> Lead:
    return opened(activities, a_lead()).replaced(quotes=(a_quote(),))


def _signed(activities: GitHubActivities) -> Lead:
    return contracted(issue=opened(activities, a_lead()).issue)


def _corrected(activities: GitHubActivities) -> Lead:
    lead = _signed(activities)
    perform(activities, "update_issue", lead)
    return _quoted(activities).replaced(issue=lead.issue)


def _hub(activities: GitHubActivities) -> Lead:
    return with_hub_issue(activities, opened(activities, a_lead())).replaced(org="Renamed")


REQUESTS: list[Any] = [
    pytest.param(
        kind, prepare, {"method": method, "path": path, "body": body}, id=f"{kind}-{method} {path}{body}"
    )
    for kind, prepare, method, path, body in (
        ("open_issue", _new, "GET", "/issues$", ""),
        ("open_issue", _new, "POST", "/issues$", ""),
        ("update_issue", _quoted, "GET", "/issues/1$", ""),
        ("update_issue", _quoted, "PATCH", "/issues/1$", ""),
        ("update_issue", _signed, "POST", "/labels$", ""),
        ("update_issue", _corrected, "DELETE", "/labels/customer$", ""),
        ("place_card", _quoted, "POST", "graphql", "organization"),
        ("place_card", _quoted, "POST", "graphql", "repository"),
        ("place_card", _quoted, "POST", "graphql", "addProjectV2ItemById"),
        ("place_card", _quoted, "POST", "graphql", "updateProjectV2ItemFieldValue"),
        ("open_hub_issue", _new, "GET", "/issues$", ""),
        ("open_hub_issue", _new, "POST", "/issues$", ""),
        ("update_hub_issue", _hub, "GET", "/issues/1$", ""),
        ("update_hub_issue", _hub, "PATCH", "/issues/1$", ""),
    )
]
each_request = pytest.mark.parametrize(("kind", "prepare", "request_"), REQUESTS)


def name(fault: dict[str, Any]) -> str:
    return " ".join(str(value) for value in fault.values())


def fails(
    activities: GitHubActivities, sandbox: Sandbox, effect: str, lead: Lead, **fault: Any
) -> ApplicationError:
    """The failure of the effect because of this fault."""
    set_ = sandbox.faults.add(Fault.model_validate({"system": "github", **fault}))
    with pytest.raises(ApplicationError) as failure:
        perform(activities, effect, lead)
    assert set_.hits == 1
    sandbox.faults.remove(set_)  # what hangs goes on
    while fault["kind"] == "slow" and not any(
        each.fault == "slow" and each.status for each in sandbox.journal.all()
    ):
        time.sleep(0.02)  # until the work is done that nobody waited for
    assert not any(
        secret in failure.value.message for secret in ("sandbox-token", "Bad credentials", "{", "<")
    )
    assert failure.value.__cause__ is None
    return failure.value


def afterwards_all_is_there_once(activities: GitHubActivities, github: GitHub, kind: str, lead: Lead) -> None:
    for attempt in (2, 3):
        perform(activities, kind, lead, attempt=attempt)
    for repo in ("leads", "pilot-hubs"):
        assert len(github.issues(repo)) <= 1
    match kind:
        case "open_issue":
            assert github.labels() == {"lead", "service:hub"}
        case "open_hub_issue":
            assert github.labels("pilot-hubs") == {"Hub"}
        case "update_issue":
            assert f"| Stage | **{lead.stage}** |" in github.body()
            assert ("customer" in github.labels()) == (lead.contract.signed_on is not None)
        case "update_hub_issue":
            assert github.issue("pilot-hubs").title == "[Hub] - Renamed"
        case "place_card":
            assert github.column() == "Quoted"


@each_request
@pytest.mark.parametrize("fault", PASSING, ids=name)
def test_a_passing_fault_is_tried_again(
    activities: GitHubActivities,
    sandbox: Sandbox,
    github: GitHub,
    kind: str,
    prepare: Prepare,
    request_: dict[str, Any],
    fault: dict[str, Any],
) -> None:
    lead = prepare(activities)
    failure = fails(activities, sandbox, kind, lead, **request_, **fault)
    assert (failure.type, failure.non_retryable) == ("Again", False)
    creates = request_["method"] == "POST" and request_["path"] == "/issues$"
    assert failure.next_retry_delay == (timedelta(seconds=30) if creates else None)
    afterwards_all_is_there_once(activities, github, kind, lead)


@pytest.mark.parametrize(
    ("kind", "prepare", "path"), [("open_issue", _new, "/issues$"), ("update_issue", _signed, "/labels$")]
)
def test_a_timeout_is_retried(
    settings: Settings, sandbox: Sandbox, github: GitHub, kind: str, prepare: Prepare, path: str
) -> None:
    hasty = GitHubActivities(changed(settings, "github", timeout_seconds=3.0))
    activities = GitHubActivities(settings)
    lead = prepare(activities)
    failure = fails(hasty, sandbox, kind, lead, method="POST", path=path, kind="slow", seconds=60)
    assert failure.type == "Again"
    afterwards_all_is_there_once(activities, github, kind, lead)


@each_request
@pytest.mark.parametrize("fault", LIMITS, ids=name)
def test_a_rate_limit_is_waited_for(
    activities: GitHubActivities,
    sandbox: Sandbox,
    github: GitHub,
    kind: str,
    prepare: Prepare,
    request_: dict[str, Any],
    fault: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead = prepare(activities)
    failure = fails(activities, sandbox, kind, lead, **request_, **fault)
    assert (failure.type, failure.non_retryable) == ("Wait", False)
    assert failure.next_retry_delay is not None
    delay = timedelta(seconds=fault["seconds"])
    assert delay - timedelta(seconds=1) <= failure.next_retry_delay <= delay + LATE
    after(failure.next_retry_delay, monkeypatch)
    afterwards_all_is_there_once(activities, github, kind, lead)


@pytest.mark.parametrize(
    ("kind", "prepare", "request_"), [each for each in REQUESTS if each.values[2]["method"] != "DELETE"]
)
@pytest.mark.parametrize("fault", LASTING, ids=name)
def test_a_fault_that_needs_a_person_is_parked_and_then_works(
    activities: GitHubActivities,
    sandbox: Sandbox,
    github: GitHub,
    kind: str,
    prepare: Prepare,
    request_: dict[str, Any],
    fault: dict[str, Any],
) -> None:
    lead = prepare(activities)
    failure = fails(activities, sandbox, kind, lead, **request_, **fault)
    assert (failure.type, failure.non_retryable) == (PARKED, True)
    assert str(fault["status"]) in failure.message
    assert "then retry" in failure.message
    afterwards_all_is_there_once(activities, github, kind, lead)


@pytest.mark.parametrize(("error", "answer"), GRAPHQL_ONLY)
@pytest.mark.parametrize(
    "asked", ["organization", "repository", "addProjectV2ItemById", "updateProjectV2ItemFieldValue"]
)
def test_errors_inside_a_good_answer(
    activities: GitHubActivities,
    sandbox: Sandbox,
    github: GitHub,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    error: str,
    answer: str,
) -> None:
    lead = _quoted(activities)
    fault = {"method": "POST", "path": "graphql", "body": asked, "kind": "graphql_error", "error": error}
    failure = fails(activities, sandbox, "place_card", lead, **fault)
    assert failure.type == answer
    assert failure.next_retry_delay == (MINUTE if answer == "Wait" else None)
    after(MINUTE, monkeypatch)
    afterwards_all_is_there_once(activities, github, "place_card", lead)


def test_no_create_is_sent_twice_by_the_client(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub
) -> None:
    for fault in ({"kind": "cut_after"}, {"kind": "status_after", "status": 502}):
        github.forget_requests()
        fails(
            activities,
            sandbox,
            "open_issue",
            a_lead(id=str(fault["kind"])),
            method="POST",
            path="/issues$",
            **fault,
        )
        assert len(github.requests("POST", "/issues$")) == 1


def test_a_label_that_a_person_took_off_first_is_off(activities: GitHubActivities, sandbox: Sandbox) -> None:
    lead = _corrected(activities)
    sandbox.faults.add(Fault(system="github", method="DELETE", kind="status", status=404))
    perform(activities, "update_issue", lead)


def test_nobody_listens(settings: Settings, sandbox: Sandbox) -> None:
    nowhere = changed(settings, "github", api_url="http://127.0.0.1:9/api/v3")
    with pytest.raises(ApplicationError, match="could not be reached") as failure:
        perform(GitHubActivities(nowhere), "open_issue", a_lead())
    assert failure.value.type == "Again"


def test_the_message_of_a_failure_is_short(activities: GitHubActivities, sandbox: Sandbox) -> None:
    failure = fails(activities, sandbox, "open_issue", a_lead(), kind="status", status=422)
    assert len(json.dumps(failure.message)) < 250
    assert failure.details == ()
