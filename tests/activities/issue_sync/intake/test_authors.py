"""An issue becomes a lead if somebody with a role opened or labelled it, and recently."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from activities.github.authors import IssueHistory, issue_history
from activities.issue_sync import intake
from tests.support.deployment import COMMUNITY, OWNER, SALES
from tests.support.intake_issue import TEMPLATE, TITLE, IntakeIssue


async def test_an_outsiders_issue_waits_for_the_teams_label(intake_issue: IntakeIssue) -> None:
    await intake_issue.open(by=COMMUNITY)
    assert await intake_issue.sync() == "Not taken in: nobody with a role opened or labelled it"
    await intake_issue.check_ignored()
    await intake_issue.act(SALES, "unlabel", "lead")
    assert await intake_issue.sync() == ""
    await intake_issue.act(SALES, "label", "lead")
    view = await intake_issue.become_lead()
    assert view.timeline[0].by == f"@{SALES}"


async def test_a_label_by_somebody_without_a_role_opens_no_lead(intake_issue: IntakeIssue) -> None:
    await intake_issue.open(by=COMMUNITY, labels=())
    assert await intake_issue.sync() == ""
    await intake_issue.act(OWNER, "label", "lead")
    assert "Not taken in" in await intake_issue.sync()
    await intake_issue.check_ignored()


async def test_the_sync_waits_for_the_history_of_a_label(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def late(*args: Any) -> IssueHistory:
        looked.append(1)
        history = issue_history(*args)
        return history if len(looked) > 1 else history.model_copy(update={"events": []})

    monkeypatch.setattr(intake, "issue_history", late)
    await intake_issue.open(by=COMMUNITY, labels=())
    await intake_issue.act(SALES, "label", "lead")
    await intake_issue.become_lead()
    assert len(looked) == 2


async def test_an_issue_opened_by_the_service_is_no_new_lead(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    await intake_issue.become_lead()
    twin = {"title": TITLE, "labels": ["lead"], "body": intake_issue.issue().body}
    opened = await asyncio.to_thread(intake_issue.deployment.as_service, "POST", "leads/issues", twin)
    intake_issue.number = opened["number"]
    await intake_issue.act(SALES, "unlabel", "lead")
    await intake_issue.act(SALES, "label", "lead")
    assert await intake_issue.sync() == ""
    await intake_issue.check_ignored()


async def test_a_person_whose_token_the_service_uses_can_open_leads(intake_issue: IntakeIssue) -> None:
    intake_issue.deployment.settings.github.token = SecretStr(f"sandbox-token-{SALES}")
    await intake_issue.open()
    view = await intake_issue.become_lead()
    assert view.timeline[0].by == f"@{SALES}"


def long_ago(intake_issue: IntakeIssue) -> None:
    """Move everything on GitHub a month into the past."""
    github, month = intake_issue.deployment.sandbox.github, timedelta(days=30)
    for key, issue in list(github.issues.items()):
        earlier = {"created_at": issue.created_at - month, "updated_at": issue.updated_at - month}
        github.issues[key] = issue.replaced(**earlier)
    for number, event in list(github.events.items()):
        github.events[number] = event.replaced(created_at=event.created_at - month)


async def test_an_old_issue_is_skipped_until_it_is_labelled_again(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that starts on a board in use changes nothing there."""
    await intake_issue.open()
    long_ago(intake_issue)
    assert await intake_issue.sync() == "Skipped: its label is old"
    await intake_issue.act(SALES, "edit", body="They called again.")
    assert await intake_issue.sync() == "Skipped: its label is old"
    await intake_issue.check_ignored()
    await intake_issue.act(SALES, "unlabel", "lead")
    await intake_issue.act(SALES, "label", "lead")
    await intake_issue.become_lead()


async def test_missing_values_may_be_given_late(intake_issue: IntakeIssue) -> None:
    await intake_issue.open(TEMPLATE)
    await intake_issue.sync()
    long_ago(intake_issue)
    await intake_issue.act(SALES, "edit", title=TITLE)
    await intake_issue.become_lead()
