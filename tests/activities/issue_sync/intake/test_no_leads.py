"""Some issues become no lead: withdrawn and moved ones, those of ended leads, and copies of their markers."""

import asyncio

import pytest

from activities.github import issue_block
from activities.github.issue_block import LastWritten
from activities.github.seals import Seal
from activities.issue_sync import intake
from tests.support.deployment import COMMUNITY, OWNER, SALES, Deployment, all_public
from tests.support.intake_issue import TEMPLATE, TITLE, IntakeIssue

# ---- issues that are no leads


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("act", "more"), [("close", ("not_planned",)), ("unlabel", ("lead",)), ("delete", ())]
)
async def test_an_issue_closed_or_unlabelled_meanwhile_is_ignored(
    intake_issue: IntakeIssue, act: str, more: tuple[str, ...]
) -> None:
    await intake_issue.open(TEMPLATE)
    await intake_issue.act(OWNER, act, *more)
    assert await intake_issue.sync() == ""
    if act != "delete":
        await intake_issue.check_ignored()


async def test_an_issue_with_missing_values_can_be_withdrawn(intake_issue: IntakeIssue) -> None:
    await intake_issue.open(TEMPLATE)
    await intake_issue.sync()
    await intake_issue.act(SALES, "close", "not_planned")
    await intake_issue.act(SALES, "edit", title=TITLE)
    assert await intake_issue.sync() == ""
    assert await intake_issue.found() is None
    await intake_issue.act(SALES, "reopen")
    await intake_issue.become_lead()


async def test_a_transferred_issue_is_not_confused_with_its_new_number(
    intake_issue: IntakeIssue, deployment: Deployment
) -> None:
    all_public(deployment)
    await intake_issue.open()
    await intake_issue.become_lead()
    moved = await IntakeIssue(deployment).open("[Another University / Grace Example] - Another hub")
    await moved.act(OWNER, "transfer", "pilot-hubs")
    there = IntakeIssue(deployment, "pilot-hubs")
    there.number = intake_issue.number
    comment = await deployment.comment_on("pilot-hubs", there.number, "/lost reason=budget")
    assert await moved.sync(comment=comment) == f"It was moved to pilot-hubs {there.number}"
    assert "Answered comment" in await there.sync()
    assert (await there.comment()).text.startswith("❌")
    assert await there.found() is None
    assert (await intake_issue.settled()).stage == "lead"


async def test_an_issue_transferred_here_becomes_a_lead(deployment: Deployment) -> None:
    all_public(deployment)
    await IntakeIssue(deployment).open(labels=())
    there = await IntakeIssue(deployment, "pilot-hubs").open()
    await there.act(OWNER, "transfer", "leads")
    intake_issue = IntakeIssue(deployment)
    intake_issue.number = there.number + 1
    await intake_issue.act(SALES, "label", "lead")
    await intake_issue.become_lead()


async def test_a_renamed_repository_keeps_its_leads(
    intake_issue: IntakeIssue, deployment: Deployment
) -> None:
    await intake_issue.open(by=COMMUNITY)
    await asyncio.to_thread(deployment.sandbox.person(OWNER).rename_repository, "leads", "opportunities")
    assert "Not taken in" in await intake_issue.sync()


async def test_the_issue_of_an_ended_lead_opens_no_new_one(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    await intake_issue.become_lead()
    lead = await intake_issue.lead()
    await lead.terminate("nonsense")
    begun = (await intake_issue.comment()).text
    assert await intake_issue.sync() == ""
    assert (await intake_issue.comment()).text == begun
    await asyncio.sleep(1.01)  # GitHub's times have whole seconds
    await intake_issue.act(SALES, "unlabel", "lead")
    await intake_issue.act(SALES, "label", "lead")
    assert await intake_issue.sync() == f"Said that {lead.id} has ended"
    assert "open a new issue" in (await intake_issue.comment()).text
    assert await intake_issue.sync() == ""


async def test_the_issue_of_a_lead_deleted_from_temporal_opens_no_new_one(
    intake_issue: IntakeIssue, deployment: Deployment
) -> None:
    seal = Seal.of(deployment.settings.github, deployment.settings.signing_keys)
    await intake_issue.open()
    lead = intake.intake_lead_ids(await intake_issue.seen())[0]
    ended = issue_block.write("Ours.", lead, "What it was.", LastWritten(state="closed", title=""))
    await intake_issue.act(SALES, "edit", body=seal.sealed(ended, lead))
    assert await intake_issue.sync() == f"Said that {lead} has ended"
    assert await intake_issue.found() is None
    await intake_issue.act(SALES, "edit", body=ended.replace('"closed"', '"open"'))  # restored from a backup
    await intake_issue.become_lead()


# ---- copied markers


async def test_a_copy_of_a_leads_issue_becomes_another_lead(
    intake_issue: IntakeIssue, deployment: Deployment
) -> None:
    await intake_issue.open()
    first = await intake_issue.become_lead()
    body = intake_issue.issue().body or ""
    copy = await IntakeIssue(deployment).open("[Example University / Grace Example] - Another hub", body)
    second = await copy.become_lead()
    assert second.lead_id != first.lead_id
    assert second.lead.person == "Grace Example"
    text = copy.issue().body or ""
    assert text.startswith(body)
    assert issue_block.keys(text) == [first.lead_id, second.lead_id]
    lead = await deployment.leads.find(first.lead_id)
    await lead.execute_update("questionnaire_sent", {})
    await intake_issue.settled(lambda view: view.lead.questionnaire.sent_on)
    assert (copy.issue().state, copy.issue().body) == ("open", text)
    await copy.act(SALES, "edit", title="[Example University / Grace Example] - A third hub")
    await copy.sync()
    await copy.settled(lambda view: view.lead.title == "A third hub")
    assert (await intake_issue.settled()).lead.title == "A hub for whales"


@pytest.mark.parametrize("key", ["lead-aaaaaaaa", "x" * 3000, "%27%20OR%20%27", "%00", "lead-"])
async def test_an_unknown_marker_is_only_text(intake_issue: IntakeIssue, key: str) -> None:
    await intake_issue.open(body=f"<!-- lead-to-hub:begin {key} -->\nnonsense")
    await intake_issue.become_lead()


# ---- commands before there is a lead


@pytest.mark.parametrize(
    ("title", "by", "labels", "summary"),
    [
        (TITLE, SALES, (), "open it and set the label “lead”, and it becomes one"),
        (TEMPLATE, SALES, ("lead",), "another comment here says what it lacks"),
        (TITLE, COMMUNITY, ("lead",), "when somebody with a role sets the label"),
    ],
)
async def test_a_command_without_a_lead_is_refused_with_the_reason(
    intake_issue: IntakeIssue, title: str, by: str, labels: tuple[str, ...], summary: str
) -> None:
    await intake_issue.open(title, by=by, labels=labels)
    comment = await intake_issue.deployment.comment_on("leads", intake_issue.number, "/lost reason=budget")
    await intake_issue.sync(comment=comment)
    (answer,) = [seen.text for seen in await intake_issue.ours() if "/lost" in seen.text]
    assert summary in answer
    assert "in a new comment" in answer
    assert await intake_issue.found() is None
