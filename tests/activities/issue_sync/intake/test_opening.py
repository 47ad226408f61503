"""An issue that a person opens in the leads repository becomes a lead."""

import asyncio
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from activities.github.forms import forms
from activities.issue_sync import intake
from client.answers import Opened
from client.leads import LeadsClient
from process.decisions.opening import LeadOpened
from sandbox.faults import Fault
from tests.support.deployment import OUTSIDER, OWNER, SALES, Deployment, all_public
from tests.support.intake_issue import NOTHING, TEMPLATE, TITLE, IntakeIssue, form

# ---- opening


async def test_a_complete_issue_becomes_a_lead_at_once(intake_issue: IntakeIssue) -> None:
    title = "[Example University/Ada Example]  – A hub for whales"
    await intake_issue.open(title, "They wrote.\r\n\r\n- [ ] Call back")
    view = await intake_issue.become_lead()
    lead, issue = view.lead, intake_issue.issue()
    assert (lead.org, lead.person, lead.title) == ("Example University", "Ada Example", "A hub for whales")
    assert (view.timeline[0].by, view.timeline[0].source) == (f"@{SALES}", "github issue")
    assert (lead.zone, lead.email, lead.service) == ("UTC", None, "other")
    assert lead.issue
    assert lead.issue.id == str(intake_issue.number)
    assert issue.title == title
    assert issue.state == "open"
    assert (issue.body or "").startswith("They wrote.\r\n\r\n- [ ] Call back\n\n<!-- lead-to-hub:begin")
    assert "- [ ] Questionnaire sent" in (issue.body or "")
    assert intake_issue.labels() == {"lead"}
    text = (await intake_issue.comment()).text
    assert f"the lead `{view.lead_id}`. Stage **lead**. Next is sales: " in text
    assert "set the label “service:hub”" in text


async def test_the_fields_of_the_issue_form_are_read(intake_issue: IntakeIssue) -> None:
    given = {"org": "Example University", "person": "Ada Example", "title": "A hub\r\nfor whales"}
    await intake_issue.open(TEMPLATE, form(**given, email="ada@example.org", zone="Europe/Berlin"))
    lead = (await intake_issue.become_lead()).lead
    assert (lead.org, lead.person, lead.title) == ("Example University", "Ada Example", "A hub for whales")
    assert (lead.email, lead.zone) == ("ada@example.org", "Europe/Berlin")
    assert intake_issue.issue().title == TITLE
    assert (intake_issue.issue().body or "").startswith("### Organisation")


def with_our_forms(deployment: Deployment) -> None:
    """Commit the issue forms as `leads init-repos` does."""
    for each in forms(deployment.settings.github, deployment.leads.policy):
        deployment.sandbox.person(OWNER).put_file(each.repo, each.path, each.text)


@pytest.mark.parametrize(("file", "service"), [("new-lead.yml", "other"), ("new-hub-service.yml", "hub")])
async def test_the_services_own_form_makes_a_lead(intake_issue: IntakeIssue, file: str, service: str) -> None:
    await asyncio.to_thread(with_our_forms, intake_issue.deployment)
    answers = {
        "Organisation": "Example University",
        "What it is about": "A hub for whales",
        "Time zone": "Asia/Tokyo",
    }
    intake_issue.number = (await intake_issue.act_as(SALES, "fill_in", file, answers)).number
    assert await intake_issue.sync() == "Asked for person"
    body = intake_issue.issue().body or ""
    assert body.count(NOTHING) > 1
    await intake_issue.act(SALES, "edit", body=body.replace(NOTHING, "Ada Example", 1))
    lead = (await intake_issue.become_lead()).lead
    assert (lead.heading, lead.zone, lead.service) == (TITLE, "Asia/Tokyo", service)
    assert intake_issue.issue().title == TITLE


async def test_an_outsiders_form_is_labelled_and_makes_no_lead(intake_issue: IntakeIssue) -> None:
    all_public(intake_issue.deployment)
    await asyncio.to_thread(with_our_forms, intake_issue.deployment)
    answers = {"Organisation": "Org", "Contact person": "Jo", "What it is about": "Me"}
    intake_issue.number = (await intake_issue.act_as(OUTSIDER, "fill_in", "new-lead.yml", answers)).number
    assert intake_issue.labels() == {"lead"}
    assert "Not taken in" in await intake_issue.sync()
    await intake_issue.check_ignored()
    await intake_issue.act(SALES, "unlabel", "lead")
    await intake_issue.act(SALES, "label", "lead")
    assert (await intake_issue.become_lead()).heading == "[Org / Jo] - Me"


@pytest.mark.parametrize("labels", [("service:hub",), ("lead", "service:hub")])
async def test_the_hub_label_alone_makes_a_lead_for_a_hub(
    intake_issue: IntakeIssue, labels: tuple[str, ...]
) -> None:
    await intake_issue.open(labels=labels)
    assert (await intake_issue.become_lead()).lead.service == "hub"
    assert intake_issue.labels() == {"lead", "service:hub"}
    assert "If this is about a hub" not in (await intake_issue.comment()).text


async def test_edits_of_an_opened_issue_are_synced(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    await intake_issue.become_lead()
    await intake_issue.act(SALES, "edit", title="[Example University / Grace Example] - [Two hubs]")
    await intake_issue.act(SALES, "tick", "Questionnaire sent")
    await intake_issue.act(SALES, "label", "service:hub")
    await intake_issue.sync()
    lead = (await intake_issue.settled(lambda view: view.lead.questionnaire.sent_on)).lead
    assert (lead.person, lead.title, lead.service) == ("Grace Example", "Two hubs", "hub")
    assert await intake_issue.sync() == ""
    await intake_issue.comment()


async def test_a_command_in_the_same_sync_is_taken(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    comment = await intake_issue.deployment.comment_on("leads", intake_issue.number, "/questionnaire-sent")
    await intake_issue.sync(comment=comment)
    await intake_issue.settled(lambda view: view.lead.questionnaire.sent_on)


# ---- missing values


async def test_one_comment_asks_for_missing_values_and_follows_the_issue(intake_issue: IntakeIssue) -> None:
    await intake_issue.open(TEMPLATE, form(org="Example University", email="ada(at)example"))
    assert await intake_issue.sync() == "Asked for person, title, email"
    first = await intake_issue.comment()
    assert "- **Contact person**\n- **What it is about**\n- **E-mail**: 'ada(at)example' is no" in first.text
    assert "Organisation" not in first.text
    assert "Time zone" not in first.text
    assert await intake_issue.sync() == ""
    await intake_issue.act(SALES, "edit", title="[Lead org / Ada Example] - A hub for whales")
    assert await intake_issue.sync() == "Asked for email"
    second = await intake_issue.comment()
    assert second.id == first.id
    assert "Contact person" not in second.text
    assert "Edit its description, as:" in second.text
    assert await intake_issue.found() is None
    await intake_issue.act(SALES, "edit", body=form(org="Example University", email="ada@example.org"))
    view = await intake_issue.become_lead()
    assert (view.lead.org, view.lead.email) == ("Example University", "ada@example.org")
    last = await intake_issue.comment()
    assert last.id == first.id
    assert f"the lead `{view.lead_id}`" in last.text
    assert "still needs" not in last.text


async def test_the_example_for_missing_values_can_be_read(intake_issue: IntakeIssue) -> None:
    """The example of the comment is copied into the description."""
    await intake_issue.open(TEMPLATE)
    await intake_issue.sync()
    sample = (await intake_issue.comment()).text.partition("```text\n")[2].partition("\n```")[0]
    await intake_issue.act(SALES, "edit", body=f"We met them.\n\n{sample}\n")
    assert (await intake_issue.become_lead()).lead.org == LeadOpened.example["org"]


# ---- repeated and failed syncs


async def test_an_issue_synced_twice_is_one_lead_with_one_comment(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    await asyncio.gather(intake_issue.sync(delivery="d-1"), intake_issue.sync(delivery="d-2"))
    await intake_issue.settled(lambda view: view.lead.card)
    assert await intake_issue.sync() == ""
    await intake_issue.comment()
    assert len((await intake_issue.settled()).timeline) <= 4  # opened, its card, its prices, its ids


async def test_a_lost_confirmation_is_posted_later(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sync dies after the lead was opened; the second one may not comment."""
    begun: list[Opened] = []
    begin = LeadsClient.take_in

    async def dies(leads: LeadsClient, opened: LeadOpened, **more: Any) -> Opened:
        begun.append(await begin(leads, opened, **more))
        raise RuntimeError("killed")

    monkeypatch.setattr(LeadsClient, "take_in", dies)
    await intake_issue.open()
    no_comments = Fault(system="github", kind="status", status=403, method="POST", path="/comments$")
    intake_issue.deployment.sandbox.faults.add(no_comments)
    assert "Failed: GitHub answered 403" in await intake_issue.sync()
    assert [each.already for each in begun] == [False]
    assert await intake_issue.ours() == []
    await intake_issue.act(SALES, "edit", body="Anything.")
    assert await intake_issue.sync() == f"Said that it is {begun[0].lead_id}"
    await intake_issue.settled(lambda view: view.lead.card)
    assert f"`{begun[0].lead_id}`" in (await intake_issue.comment()).text


async def test_an_organisation_that_is_edited_after_a_worker_died_is_the_same_lead(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies when it has opened the lead, which Temporal does not list yet; another one goes on."""
    begun: list[Opened] = []
    begin = LeadsClient.take_in

    async def by_issue(*_: Any) -> None:
        return None

    async def dies_once(leads: LeadsClient, opened: LeadOpened, **more: Any) -> Opened:
        begun.append(await begin(leads, opened, **more))
        if len(begun) == 1:
            await intake_issue.act(SALES, "edit", title=TITLE.replace("Example", "Sample"))
            raise RPCError("killed", RPCStatusCode.UNAVAILABLE, b"")
        faults.clear()
        return begun[-1]

    monkeypatch.setattr(LeadsClient, "by_issue", by_issue)
    monkeypatch.setattr(LeadsClient, "take_in", dies_once)
    monkeypatch.setattr(intake, "LISTED_CHECKS", 0)
    faults = intake_issue.deployment.sandbox.faults
    faults.add(
        Fault(system="github", kind="status", status=503, method="PATCH", times=1000)
    )  # no mark in it yet
    await intake_issue.open()
    await intake_issue.sync()
    assert [each.already for each in begun] == [False, True]
    assert begun[0].lead_id == begun[1].lead_id
    assert f"`{begun[0].lead_id}`" in (await intake_issue.comment()).text


async def test_a_comment_with_a_lost_response_is_not_posted_again(intake_issue: IntakeIssue) -> None:
    intake_issue.deployment.sandbox.faults.add(
        Fault(system="github", kind="status_after", status=502, method="POST", path="/comments$")
    )
    await intake_issue.open(TEMPLATE)
    await intake_issue.sync()
    await intake_issue.comment()


async def test_an_emptied_issue_still_belongs_to_its_lead(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody empties the issue before visibility shows its lead."""

    async def by_issue(*_: Any) -> None:
        return None

    monkeypatch.setattr(LeadsClient, "by_issue", by_issue)
    await intake_issue.open()
    view = await intake_issue.become_lead()
    await intake_issue.act(SALES, "edit", title=TEMPLATE, body="")
    assert await intake_issue.sync() == ""
    intake_issue.deployment.issue_sync._lead_ids.clear()  # another process asks for nothing either
    assert await intake_issue.sync() == ""
    assert f"the lead `{view.lead_id}`" in (await intake_issue.comment()).text
