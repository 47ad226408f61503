"""The lead's issue and the hub's: opened once, kept up to date, and never fought over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.errors import PARKED
from activities.github import issue_block
from activities.github.activities import GitHubActivities
from activities.github.issue_block import BY_HAND, LastWritten, begin
from config.settings import Settings
from process.effects import Effect, revert_effects
from process.effects.observations import HubIssueOpened, IssueOpened
from process.effects.requests import EffectRequest
from process.github.edits import Edit, EditKind
from process.lead.contract import Contract
from process.lead.hub import Hub
from process.lead.lead import Lead, Loss
from process.policy import Labels, Policy
from process.types import Link
from sandbox.faults import Fault
from sandbox.github.records import Issue
from sandbox.server import Sandbox
from tests.support.github_world import (
    TODAY,
    GitHub,
    a_lead,
    a_quote,
    contracted,
    opened,
    perform,
    with_hub_issue,
)

LOST = {"lost": Loss(reason="budget", said_by="they", on=TODAY)}
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


# Keeping up to date


def test_an_update_reads_once_and_writes_once(activities: GitHubActivities, github: GitHub) -> None:
    perform(activities, "open_issue", a_lead(), first=True)
    lead = a_lead(issue=Link(id="1"))
    github.forget_requests()
    perform(activities, "update_issue", changed(lead, quotes=(a_quote(),)))
    assert [request.partition(" ")[0] for request in github.requests(path="/issues")] == ["GET", "PATCH"]


def test_nothing_new_is_not_written(activities: GitHubActivities, github: GitHub) -> None:
    lead = with_hub_issue(activities, opened(activities, contracted()))
    for kind in ("update_issue", "update_hub_issue"):
        perform(activities, kind, lead)
        github.forget_requests()
        perform(activities, kind, lead)
        assert github.writes() == []


def test_changes_are_written_and_peoples_text_stays(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=f"Ada is on leave\r\n{github.body()}\nSee the minutes")
    perform(activities, "update_issue", changed(lead, quotes=(a_quote(),)))
    body = github.body()
    assert "| Stage | **quoted** |" in body
    assert body.startswith("Ada is on leave\r\n<!--")
    assert body.endswith("-->\nSee the minutes")
    assert BY_HAND not in body


def test_text_inside_the_block_moves_below_it(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(body=github.body().replace("| Stage | **lead** |", "| Stage | **lead** |\n| Mood | good |"))
    perform(activities, "update_issue", changed(lead, quotes=(a_quote(),)))
    block, _, below = github.body().partition(BY_HAND)
    assert "Mood" not in block
    assert "| Mood | good |" in below


@pytest.fixture
def not_following(settings: Settings) -> GitHubActivities:
    """Activities of a service that does not follow changes on GitHub."""
    github = settings.github.model_copy(update={"reconcile_minutes": 0, "webhook_secret": None})
    return GitHubActivities(settings.model_copy(update={"github": github}))


def test_a_persons_tick_stays_until_it_is_handled(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    body = github.body()
    github.edit(body=body.replace("- [ ] Contract signed", "- [x] Contract signed"))
    for now in (lead, changed(lead, quotes=(a_quote(),))):
        perform(activities, "update_issue", now)
        assert "- [x] Contract signed" in github.body()
    revert_edits(activities, lead, Edit(kind=EditKind.TICKED, name="Contract signed"))
    assert "- [ ] Contract signed" in github.body()


def test_a_writing_remembers_what_it_has_reverted(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    before = github.body()
    github.edit(body=before.replace("- [ ] Contract signed", "- [x] Contract signed"))
    tick = Edit(kind=EditKind.TICKED, name="Contract signed")
    revert_edits(activities, lead, tick)
    assert last_written(github).reverted == ("Contract signed",)
    github.forget_requests()
    for _ in range(2):
        revert_edits(activities, lead, tick)
        perform(activities, "update_issue", lead)
    assert github.writes() == [], "it is no reason to write again"
    for now in (changed(lead, quotes=(a_quote(),)), lead):
        perform(activities, "update_issue", now)
    assert github.body() == before, "the next writing has reverted nothing"
    github.forget_requests()
    revert_edits(activities, lead, tick)
    assert github.writes() == [], "the box was not ticked again"


def last_written(github: GitHub) -> LastWritten:
    block = issue_block.find(github.body(), "lead-7")
    assert block is not None
    assert block.last_written is not None
    return block.last_written


def test_a_tick_that_is_never_handled_is_reverted(not_following: GitHubActivities, github: GitHub) -> None:
    lead = opened(not_following, a_lead())
    body = github.body()
    github.edit(body=body.replace("- [ ] Contract signed", "- [x] Contract signed"))
    perform(not_following, "update_issue", lead)
    assert github.body() == body


def test_the_concerns_are_those_of_the_whole_lead(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    effect = Effect.kinds["update_issue"](key="lead-7/2/update_issue", cause=2)
    for noticed in (("Invoice 3 is overdue",), ()):
        ActivityEnvironment().run(
            activities.update_issue, EffectRequest(effect=effect, lead=lead, attention=noticed)
        )
        assert ("[!WARNING]\n> - Invoice 3 is overdue" in github.body()) == bool(noticed)


def revert_edits(activities: GitHubActivities, lead: Lead, *moves: Edit) -> None:
    for effect in revert_effects(lead, moves):
        ActivityEnvironment().run(getattr(activities, effect.kind), EffectRequest(effect=effect, lead=lead))


def test_only_judged_edits_are_reverted(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    ticked = github.body().replace("[ ] Contract signed", "[x] Contract signed")
    github.edit(body=ticked.replace("[ ] In scope?", "[x] In scope?"), title="Ada's hub")
    github.edit(state="closed", labels=["service:hub", "customer"])
    revert_edits(activities, lead, Edit(kind=EditKind.TICKED, name="Contract signed"))
    assert "[x] In scope?" in github.body()
    assert (github.issue().state, github.issue().title) == ("closed", "Ada's hub")
    assert github.labels() == {"service:hub", "customer"}
    revert_edits(
        activities,
        lead,
        Edit(kind=EditKind.CLOSED, name="completed"),
        Edit(kind=EditKind.LABELLED, name="customer"),
        Edit(kind=EditKind.UNLABELLED, name="lead"),
        Edit(kind=EditKind.RETITLED, name="Ada's hub"),
        Edit(kind=EditKind.TICKED, name="In scope?"),
    )
    assert (github.issue().state, github.issue().title) == ("open", lead.heading)
    assert github.labels() == {"lead", "service:hub"}
    assert "[x]" not in github.body()
    github.forget_requests()
    perform(activities, "update_issue", lead)
    assert github.writes() == []


def test_a_title_that_was_changed_again_is_not_put_back(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(title="Ada's second thought")
    revert_edits(activities, lead, Edit(kind=EditKind.RETITLED, name="Ada's first thought"))
    assert github.issue().title == "Ada's second thought"


def test_engineerings_own_boxes_stay_as_they_left_them(activities: GitHubActivities, github: GitHub) -> None:
    lead = with_hub_issue(activities, opened(activities, contracted(hub=Hub(requested_on=TODAY))))
    github.edit("pilot-hubs", body=github.body("pilot-hubs").replace("[ ] Steady", "[x] Steady"))
    perform(activities, "update_hub_issue", changed(lead, hub=Hub(requested_on=TODAY, live_on=TODAY)))
    body = github.body("pilot-hubs")
    for box in ("[x] Initial deployment", "[x] Administrators", "[ ] Representative", "[x] Steady state"):
        assert box in body
    assert BY_HAND not in body


def test_a_validated_hub_ticks_the_rest_of_engineerings_boxes(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = with_hub_issue(activities, opened(activities, contracted(hub=Hub(requested_on=TODAY))))
    hub = Hub(requested_on=TODAY, live_on=TODAY, validated_on=TODAY, validated_by="Ada | Example", users=12)
    perform(activities, "update_hub_issue", changed(lead, hub=hub))
    body = github.body("pilot-hubs")
    assert "[ ]" not in body
    assert "12 users logged in" in body


def test_a_deleted_block_comes_back(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(body="All gone")
    perform(activities, "update_issue", lead)
    assert github.body().startswith(f"All gone\n\n{begin('lead-7')}")
    github.edit(clear_body=True)
    perform(activities, "update_issue", lead)
    assert github.body().startswith(begin("lead-7"))


def test_the_title_follows_the_lead_but_not_over_a_persons(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    perform(activities, "update_issue", changed(lead, title="Two hubs"))
    assert github.issue().title == "[Example University / Ada Example] - Two hubs"
    github.edit(title="Ada's hub")
    for now in (changed(lead, title="Two hubs"), changed(lead, title="Three hubs")):
        perform(activities, "update_issue", now)
        assert github.issue().title == "Ada's hub"


def test_a_title_that_nobody_will_hear_of_stays_until_the_leads_own_changes(
    not_following: GitHubActivities, github: GitHub
) -> None:
    lead = opened(not_following, a_lead())
    github.edit(title="Ada's hub")
    perform(not_following, "update_issue", lead)
    assert github.issue().title == "Ada's hub"
    perform(not_following, "update_issue", changed(lead, title="Two hubs"))
    assert github.issue().title == "[Example University / Ada Example] - Two hubs"


def test_the_label_customer_comes_with_the_signature_and_goes_with_its_correction(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    github.edit(labels=["lead", "service:hub", "grant"])
    perform(activities, "update_issue", changed(contracted(), issue=lead.issue))
    assert github.labels() == {"lead", "service:hub", "grant", "customer"}
    perform(activities, "update_issue", changed(contracted(), issue=lead.issue, contract=Contract()))
    assert github.labels() == {"lead", "service:hub", "grant"}


def test_labels_are_named_by_the_leads_own_policy(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    named = Policy(version="2026-09", labels=Labels(lead="prospect"))
    perform(activities, "update_issue", lead.replaced(policy=named))
    assert github.labels() == {"prospect", "service:hub"}
    perform(activities, "update_issue", lead)
    assert github.labels() == {"lead", "service:hub"}


def test_a_label_that_a_person_put_on_stays_until_it_has_become_true_and_is_so_no_more(
    activities: GitHubActivities, github: GitHub
) -> None:
    lead = opened(activities, a_lead())
    github.edit(labels=["lead", "service:hub", "customer"])
    for now, there in ((lead, True), (changed(contracted(), issue=lead.issue), True), (lead, False)):
        perform(activities, "update_issue", now)
        assert ("customer" in github.labels()) is there


@pytest.mark.parametrize("where", ["PATCH", "POST", "DELETE"])
@pytest.mark.parametrize("fault", ["cut", "cut_after"])
def test_labels_survive_a_crash_at_any_point(
    activities: GitHubActivities, sandbox: Sandbox, github: GitHub, where: str, fault: str
) -> None:
    lead = opened(activities, a_lead())
    for now, labels in ((contracted(), {"lead", "service:hub", "customer"}), (lead, {"lead", "service:hub"})):
        now = changed(now, issue=lead.issue)
        sandbox.faults.clear()
        sandbox.faults.add(Fault.model_validate({"system": "github", "method": where, "kind": fault}))
        for attempt in (1, 2):
            try:
                perform(activities, "update_issue", now, attempt=attempt)
            except ApplicationError:
                continue
        assert github.labels() == labels


@pytest.mark.parametrize(("changes", "reason"), [(LOST, "not_planned"), ({"closed_on": TODAY}, "completed")])
def test_the_issue_closes_and_opens_with_the_lead(
    activities: GitHubActivities, github: GitHub, changes: dict[str, Any], reason: str
) -> None:
    lead = opened(activities, a_lead())
    perform(activities, "update_issue", changed(lead, **changes))
    assert (github.issue().state, github.issue().state_reason) == ("closed", reason)
    perform(activities, "update_issue", lead)
    assert (github.issue().state, github.issue().state_reason) == ("open", "reopened")


def test_a_persons_closing_or_reopening_stays(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(state="closed")
    perform(activities, "update_issue", changed(lead, quotes=(a_quote(),)))
    assert github.issue().state == "closed"
    perform(activities, "update_issue", changed(lead, **LOST))
    github.edit(state="open")
    perform(activities, "update_issue", changed(lead, **LOST, quotes=(a_quote(),)))
    assert github.issue().state == "open"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (LOST, "not_planned"),
        ({"hub": Hub(requested_on=TODAY, live_on=TODAY, decommissioned_on=TODAY)}, "completed"),
    ],
)
def test_the_hubs_issue_closes_with_the_hub_or_the_lead(
    activities: GitHubActivities, github: GitHub, changes: dict[str, Any], reason: str
) -> None:
    lead = with_hub_issue(activities, opened(activities, a_lead()))
    perform(activities, "update_hub_issue", changed(lead, **changes))
    assert (github.issue("pilot-hubs").state, github.issue("pilot-hubs").state_reason) == ("closed", reason)


def test_an_issue_that_is_gone_is_parked(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.state.issues.clear()
    with pytest.raises(ApplicationError, match="404") as failure:
        perform(activities, "update_issue", lead)
    assert (failure.value.type, failure.value.non_retryable) == (PARKED, True)


def test_an_issue_full_of_peoples_text_is_parked(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, a_lead())
    github.edit(body="x" * 65_000)
    with pytest.raises(
        ApplicationError, match="Move some of the text that people wrote into comments"
    ) as failure:
        perform(activities, "update_issue", lead)
    assert failure.value.type == PARKED


def test_an_edit_between_two_updates_of_two_workers_is_kept(settings: Settings, github: GitHub) -> None:
    workers = [GitHubActivities(settings), GitHubActivities(settings)]
    lead = opened(workers[0], a_lead())
    leads = [changed(lead, quotes=(a_quote(version=number),)) for number in (1, 2)]
    github.edit(body=github.body() + "\nBy hand")
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                lambda pair: perform(pair[0], "update_issue", pair[1]), zip(workers, leads, strict=True)
            )
        )
    body = github.body()
    assert body.endswith("\nBy hand")
    assert body.count(begin("lead-7")) == 1
    assert BY_HAND not in body
