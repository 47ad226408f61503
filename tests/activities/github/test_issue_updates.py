"""The lead's and the hub's issue follow the lead, and keep what people write."""

from concurrent.futures import ThreadPoolExecutor
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
from process.effects.requests import EffectRequest
from process.github.edits import Edit, EditKind
from process.lead.contract import Contract
from process.lead.hub import Hub
from process.lead.lead import Lead, Loss
from process.policy import Labels, Policy
from process.types import Link
from sandbox.faults import Fault
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


def changed(lead: Lead, **changes: Any) -> Lead:
    return lead.replaced(**changes)


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
