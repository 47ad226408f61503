"""An issue that a person opens in the leads repository becomes a lead."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from activities.github import issue_block
from activities.github.authors import IssueHistory, issue_history
from activities.github.forms import forms
from activities.github.issue_block import LastWritten
from activities.issue_sync import intake
from client.directory import LeadHandle
from client.leads import LeadsClient, Opened
from client.notices import request_sync
from process.decisions.opening import LeadOpened
from process.views.overview import Overview
from sandbox.faults import Fault
from sandbox.github.records import Issue, Tombstone
from sandbox.server import Sandbox
from tests.support.deployment import COMMUNITY, OUTSIDER, OWNER, SALES, Deployment, all_public
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow

TITLE = "[Example University / Ada Example] - A hub for whales"
TEMPLATE = "[Lead org / Lead person] - [Lead title]"
FORM = """\
### Organisation

{org}

### Contact person

{person}

### What it is about

{title}

### E-mail

{email}

### Time zone

{zone}

### Background and notes

We met them at a conference.

```yaml
### Organisation
```
"""
"""Text that GitHub makes of a submitted issue form."""
NOTHING = "_No response_"

_numbers = count(1)


def form(**given: str) -> str:
    return FORM.format_map(dict.fromkeys(("org", "person", "title", "email", "zone"), NOTHING) | given)


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """Use issue numbers of this test alone: all tests share one server, and an issue is one lead for ever."""
    github = sandbox.github
    start = 1000 * next(_numbers)
    github.next_id += 1000 * start
    for repository in list(github.repositories.values()):
        number = github.new_id()
        github.tombstones[number] = Tombstone(
            id=number, repository_id=repository.id, number=start, moved_to=None
        )
    return sandbox


class Seen(NamedTuple):
    """A comment by the service."""

    id: int
    text: str


class IntakeIssue:
    """An issue, and the acts of people on it."""

    def __init__(self, deployment: Deployment, repo: str = "leads") -> None:
        self.deployment = deployment
        self.repo = repo
        self.number = 0

    async def act_as(self, login: str, act: str, *args: Any, **more: Any) -> Any:
        person = self.deployment.sandbox.person(login)
        return await asyncio.to_thread(getattr(person, act), self.repo, *args, **more)

    async def open(
        self, title: str = TITLE, body: str = "", *, by: str = SALES, labels: tuple[str, ...] = ("lead",)
    ) -> "IntakeIssue":
        self.number = (await self.act_as(by, "open", title, body, labels=labels)).number
        return self

    async def act(self, login: str, act: str, *args: Any, **more: Any) -> None:
        """Do something on the issue, as named in `sandbox.github.people`."""
        await self.act_as(login, act, self.number, *args, **more)

    async def sync(self, **more: Any) -> str:
        """Sync the issue, as after a webhook, and return what was done."""
        notice = ChangeNotice(repo=self.repo, number=self.number, **more)
        client = self.deployment.env.client
        await request_sync(client, notice, task_queue=self.deployment.settings.chores_queue)
        done = await client.get_workflow_handle_for(IssueSyncWorkflow.run, notice.workflow_id).result()
        return "; ".join(done.done)

    async def lead(self) -> LeadHandle:
        """Return the lead that the issue has become."""
        found = await self.found()
        assert found is not None
        return found

    async def found(self) -> LeadHandle | None:
        if known := await self.deployment.leads.by_issue(self.repo, self.number):
            return known
        for lead_id in intake.intake_lead_ids(await self.seen()):
            if known := await self.deployment.leads.by_id(lead_id):
                return known
        return None

    async def seen(self) -> Any:
        github = self.deployment.issue_sync.github
        return await asyncio.to_thread(github.issue, self.repo, self.number)

    async def settled(self, holds: Callable[[Overview], object] = bool) -> Overview:
        """Return the overview as soon as this holds and no effect is waiting."""
        return await self.deployment.until(
            await self.lead(),
            lambda view: holds(view) and all(effect.status in ("done", "blocked") for effect in view.effects),
        )

    async def become_lead(self) -> Overview:
        """Sync the issue, which must open a lead, and return its overview."""
        assert "It is lead-" in await self.sync()
        return await self.settled(lambda view: view.lead.card)

    def issue(self) -> Issue:
        state = self.deployment.sandbox.github
        repository = state.repository("2i2c-org", self.repo)
        assert repository is not None
        issue = state.issue(repository, self.number)
        assert issue is not None
        return issue

    def labels(self) -> set[str]:
        return {self.deployment.sandbox.github.labels[each].name for each in self.issue().label_ids}

    async def ours(self) -> list[Seen]:
        """Return the service's comments."""
        found = await asyncio.to_thread(
            self.deployment.as_person, OWNER, "GET", f"{self.repo}/issues/{self.number}/comments"
        )
        return [Seen(c["id"], c["body"]) for c in found if c["user"]["type"] == "Bot"]

    async def comment(self) -> Seen:
        """Return the service's only comment."""
        (comment,) = await self.ours()
        return comment

    async def check_ignored(self) -> None:
        """Check that it has no lead and no comment."""
        assert await self.found() is None
        assert await self.ours() == []


@pytest.fixture
def intake_issue(deployment: Deployment) -> IntakeIssue:
    return IntakeIssue(deployment)


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


# ---- authors


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
    monkeypatch.setattr(intake, "RETRY_AFTER", intake.RETRY_AFTER / 20)
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
    monkeypatch.setattr(intake, "RETRY_AFTER", intake.RETRY_AFTER / 20)
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


# ---- repeated and failed syncs


async def test_an_issue_synced_twice_is_one_lead_with_one_comment(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    await asyncio.gather(intake_issue.sync(delivery="d-1"), intake_issue.sync(delivery="d-2"))
    await intake_issue.settled(lambda view: view.lead.card)
    assert await intake_issue.sync() == ""
    await intake_issue.comment()
    assert len((await intake_issue.settled()).timeline) <= 3  # opened, its card, its prices


async def test_a_lost_confirmation_is_posted_later(
    intake_issue: IntakeIssue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sync dies after the lead was opened; the second one may not comment."""
    begun: list[Opened] = []
    begin = LeadsClient.take_in

    async def dies(leads: LeadsClient, opened: LeadOpened, *, key: str) -> Opened:
        begun.append(await begin(leads, opened, key=key))
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
    assert f"the lead `{view.lead_id}`" in (await intake_issue.comment()).text


# ---- issues that are no leads


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


async def test_the_issue_of_a_lead_deleted_from_temporal_opens_no_new_one(intake_issue: IntakeIssue) -> None:
    await intake_issue.open()
    lead = intake.intake_lead_ids(await intake_issue.seen())[0]
    ended = issue_block.write("Ours.", lead, "What it was.", LastWritten(state="closed", title=""))
    await intake_issue.act(SALES, "edit", body=ended)
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
