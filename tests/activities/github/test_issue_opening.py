"""The lead's and the hub's issue are opened once, whatever happens, or adopted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.activities import GitHubActivities
from activities.github.issue_block import begin
from config.settings import Settings
from process.effects.observations import HubIssueOpened, IssueOpened
from process.lead.hub import Hub
from process.lead.lead import Lead
from process.types import Link
from sandbox.faults import Fault
from sandbox.github.records import Issue
from sandbox.server import Sandbox
from tests.support.github_world import (
    TODAY,
    GitHub,
    a_lead,
    contracted,
    opened,
    perform,
    with_hub_issue,
)

KINDS = [("open_issue", "leads", "lead-7"), ("open_hub_issue", "pilot-hubs", "lead-7/hub")]
each_kind = pytest.mark.parametrize(("kind", "repo", "key"), KINDS)


def changed(lead: Lead, **changes: Any) -> Lead:
    return lead.replaced(**changes)


def marked(github: GitHub, repo: str, key: str) -> list[Issue]:
    """The issues that are found as this one."""
    return [issue for issue in github.issues(repo) if begin(key) in (issue.body or "")]


# Adopting


@pytest.mark.parametrize(
    ("title", "becomes"),
    [
        ("[Example University / Ada Example] - [Hub for a course]", None),
        ("Example University / Ada Example – Hub for a course", None),
        ("Please help", "[Example University / Ada Example] - Hub for a course"),
    ],
)
def test_an_issue_that_a_person_opened_becomes_the_leads(
    activities: GitHubActivities, github: GitHub, title: str, becomes: str | None
) -> None:
    text = "They wrote to us.\r\n\r\n- [ ] call them  \r\n"
    github.open(title, text)
    perform(activities, "update_issue", a_lead(issue=Link(id="1")))
    (issue,) = github.issues("leads")
    assert issue.title == (becomes or title)
    assert (issue.body or "").startswith(f"{text}\n\n{begin('lead-7')}")
    assert github.labels() == {"lead", "service:hub"}
    github.forget_requests()
    perform(activities, "update_issue", a_lead(issue=Link(id="1")))
    assert not github.writes()


# Opening


def test_the_leads_issue_is_opened(activities: GitHubActivities, github: GitHub) -> None:
    observation = perform(activities, "open_issue", a_lead()).observation
    issue = github.issue()
    assert isinstance(observation, IssueOpened)
    assert observation.link.id == str(issue.number)
    assert observation.link.url.endswith("/2i2c-org/leads/issues/1")
    assert issue.title == "[Example University / Ada Example] - Hub for a course"
    assert github.labels() == {"lead", "service:hub"}


def test_a_lead_for_something_else_is_not_labelled_as_a_hub(
    activities: GitHubActivities, github: GitHub
) -> None:
    opened(activities, a_lead(service="workshop"))
    assert github.labels() == {"lead"}


def test_the_hubs_issue_is_opened(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, contracted(hub=Hub(information={"name": "Example Hub"}, requested_on=TODAY)))
    observation = perform(activities, "open_hub_issue", lead).observation
    issue = github.issue("pilot-hubs")
    assert isinstance(observation, HubIssueOpened)
    assert observation.link.url.endswith("/2i2c-org/pilot-hubs/issues/1")
    assert issue.title == "[Hub] - Example Hub"
    assert github.labels("pilot-hubs") == {"Hub"}


@each_kind
def test_opened_again_it_is_the_same_issue(
    activities: GitHubActivities, settings: Settings, github: GitHub, kind: str, repo: str, key: str
) -> None:
    first = perform(activities, kind, a_lead())
    again = perform(GitHubActivities(settings), kind, a_lead(), attempt=2)
    assert first == again
    assert len(github.issues(repo)) == 1


@each_kind
def test_what_is_known_to_be_open_is_left_alone(
    activities: GitHubActivities, github: GitHub, kind: str, repo: str, key: str
) -> None:
    lead = with_hub_issue(activities, opened(activities, a_lead()))
    github.forget_requests()
    assert perform(activities, kind, lead).observation is None
    assert github.requests() == []


def test_one_that_was_closed_or_retitled_meanwhile_is_found(
    activities: GitHubActivities, github: GitHub
) -> None:
    opened(activities, a_lead())
    github.edit(title="Renamed", state="closed", labels=[])
    opened(activities, a_lead())
    assert len(github.issues("leads")) == 1


def test_one_that_is_pages_away_is_found(activities: GitHubActivities, github: GitHub) -> None:
    first = opened(activities, a_lead())
    for number in range(120):
        github.open(f"Other {number}")
    assert opened(activities, a_lead()).issue == first.issue
    assert len(github.issues("leads")) == 121


def test_leads_do_not_take_each_others_issues(activities: GitHubActivities, github: GitHub) -> None:
    for name in ("lead-7", "lead-71", "lead-7/hub", "lead-"):
        opened(activities, a_lead(id=name))
    assert len(github.issues("leads")) == 4


@each_kind
def test_opened_by_two_workers_at_once_there_is_one(
    settings: Settings, github: GitHub, kind: str, repo: str, key: str
) -> None:
    workers = [GitHubActivities(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(lambda worker: perform(worker, kind, a_lead()), workers))
    (kept,) = marked(github, repo, key)
    assert kept.state == "open"
    assert {
        outcome.observation.link.id
        for outcome in outcomes
        if isinstance(outcome.observation, IssueOpened | HubIssueOpened)
    } == {str(kept.number)}
    assert all(
        (issue.state, issue.state_reason) == ("closed", "duplicate")
        for issue in github.issues(repo)
        if issue.id != kept.id
    )


@each_kind
def test_two_that_a_late_listing_allowed_become_one(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub, kind: str, repo: str, key: str
) -> None:
    create = {"system": "github", "method": "POST", "path": "/issues$"}
    sandbox.faults.add(Fault.model_validate({**create, "kind": "cut_after"}))
    with pytest.raises(ApplicationError) as failure:
        perform(activities, kind, a_lead())
    assert failure.value.next_retry_delay == timedelta(seconds=30)
    sandbox.faults.add(Fault(system="github", method="GET", path="/issues$", kind="stale", writes=1))
    observation = perform(activities, kind, a_lead(), attempt=2).observation
    (kept,) = marked(github, repo, key)
    assert isinstance(observation, IssueOpened | HubIssueOpened)
    assert (observation.link.id, kept.number, kept.state) == ("1", 1, "open")
    assert [issue.state for issue in github.issues(repo)] == ["open", "closed"]
    assert f"see #{kept.number}" in github.body(repo, 2)


def test_one_that_no_listing_showed_is_closed_by_the_next_update(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub
) -> None:
    sandbox.faults.add(Fault(system="github", method="POST", path="/issues$", kind="cut_after"))
    with pytest.raises(ApplicationError):
        perform(activities, "open_issue", a_lead())
    for writes in (1, 2):
        sandbox.faults.add(Fault(system="github", method="GET", path="/issues$", kind="stale", writes=writes))
    lead = opened(activities, a_lead())
    assert len(marked(github, "leads", "lead-7")) == 2
    perform(activities, "update_issue", lead)
    (kept,) = marked(github, "leads", "lead-7")
    assert lead.issue is not None
    assert str(kept.number) == lead.issue.id


@each_kind
def test_a_first_attempt_searches_nothing(
    activities: GitHubActivities, github: GitHub, kind: str, repo: str, key: str
) -> None:
    perform(activities, kind, a_lead(), first=True)
    assert github.requests() == [f"POST /api/v3/repos/2i2c-org/{repo}/issues"]


@each_kind
def test_killed_between_opening_and_its_answer_the_next_attempt_adopts_the_issue(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub, kind: str, repo: str, key: str
) -> None:
    sandbox.faults.add(Fault(system="github", method="POST", path="/issues$", kind="cut_after"))
    with pytest.raises(ApplicationError):
        perform(activities, kind, a_lead(), first=True)
    observation = perform(
        activities, kind, a_lead()
    ).observation  # an activity of its own, so attempt 1 again
    (kept,) = marked(github, repo, key)
    assert isinstance(observation, IssueOpened | HubIssueOpened)
    assert (observation.link.id, len(github.issues(repo))) == (str(kept.number), 1)


@pytest.mark.parametrize(
    ("attempt", "ago"), [(2, timedelta()), (1, timedelta(minutes=10))], ids=["tried again", "reset later"]
)
def test_an_attempt_that_may_not_be_the_first_finds_the_issue(
    activities: GitHubActivities, github: GitHub, attempt: int, ago: timedelta
) -> None:
    then = datetime.now(UTC) - ago
    lead = a_lead(opened_at=then, progressed_at=then)
    opened(activities, lead)
    perform(activities, "open_issue", lead, attempt=attempt, first=True)
    assert len(github.issues("leads")) == 1


def test_a_late_first_attempt_leaves_one_issue(activities: GitHubActivities, github: GitHub) -> None:
    """Its worker was given up, and a second attempt had opened the issue; then its request arrives all the same."""
    lead = opened(activities, a_lead())
    perform(activities, "open_issue", a_lead(), first=True)
    assert len(marked(github, "leads", "lead-7")) == 2
    perform(activities, "update_issue", lead)
    (kept,) = marked(github, "leads", "lead-7")
    assert lead.issue is not None
    assert str(kept.number) == lead.issue.id
