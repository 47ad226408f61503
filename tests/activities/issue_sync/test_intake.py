"""A person opens an issue in the leads repository, and it is a lead; seen from the outside."""

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
from tests.support.office import COMMUNITY, OUTSIDER, OWNER, SALES, Office, all_public
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
"""What GitHub makes of the issue form when it is sent in."""
NOTHING = "_No response_"

_numbers = count(1)


def form(**given: str) -> str:
    return FORM.format_map(dict.fromkeys(("org", "person", "title", "email", "zone"), NOTHING) | given)


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """With issues that no other test has: all share one Temporal, and an issue is one lead for ever."""
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
    """A comment of ours."""

    id: int
    text: str


class Front:
    """An office, and what happens at one issue there."""

    def __init__(self, office: Office, repo: str = "leads") -> None:
        self.office = office
        self.repo = repo
        self.number = 0

    async def act(self, login: str, act: str, *args: Any, **more: Any) -> Any:
        person = self.office.sandbox.person(login)
        return await asyncio.to_thread(getattr(person, act), self.repo, *args, **more)

    async def opened(
        self, title: str = TITLE, body: str = "", *, by: str = SALES, labels: tuple[str, ...] = ("lead",)
    ) -> "Front":
        self.number = (await self.act(by, "open", title, body, labels=labels)).number
        return self

    async def at(self, login: str, act: str, *args: Any, **more: Any) -> None:
        """Somebody does something at the issue, as `sandbox.github.people` calls it."""
        await self.act(login, act, self.number, *args, **more)

    async def heard(self, **more: Any) -> str:
        """As if GitHub had told that something happened; what the visit did."""
        notice = ChangeNotice(repo=self.repo, number=self.number, **more)
        client = self.office.env.client
        await request_sync(client, notice, task_queue=self.office.settings.task_queue)
        done = await client.get_workflow_handle_for(IssueSyncWorkflow.run, notice.workflow_id).result()
        return "; ".join(done.done)

    async def lead(self) -> LeadHandle:
        """What the issue has become."""
        found = await self.found()
        assert found is not None
        return found

    async def found(self) -> LeadHandle | None:
        return await self.office.leads.by_id(intake.intake_lead_id(await self.seen()))

    async def seen(self) -> Any:
        github = self.office.issue_sync.github
        return await asyncio.to_thread(github.issue, self.repo, self.number)

    async def settled(self, holds: Callable[[Overview], object] = bool) -> Overview:
        """The lead, once this holds and nothing is left to do outside."""
        return await self.office.until(
            await self.lead(),
            lambda view: holds(view) and all(effect.status in ("done", "blocked") for effect in view.effects),
        )

    async def begun(self) -> Overview:
        """The lead that one visit has made of it."""
        assert "It is lead-" in await self.heard()
        return await self.settled(lambda view: view.lead.card)

    def issue(self) -> Issue:
        state = self.office.sandbox.github
        repository = state.repository("2i2c-org", self.repo)
        assert repository is not None
        issue = state.issue(repository, self.number)
        assert issue is not None
        return issue

    def labels(self) -> set[str]:
        return {self.office.sandbox.github.labels[each].name for each in self.issue().label_ids}

    async def ours(self) -> list[Seen]:
        """Our comments."""
        found = await asyncio.to_thread(
            self.office.as_person, OWNER, "GET", f"{self.repo}/issues/{self.number}/comments"
        )
        return [Seen(c["id"], c["body"]) for c in found if c["user"]["type"] == "Bot"]

    async def said(self) -> Seen:
        """The only one."""
        (comment,) = await self.ours()
        return comment

    async def untouched(self) -> None:
        """Nobody took any notice of it."""
        assert await self.found() is None
        assert await self.ours() == []


@pytest.fixture
def front(office: Office) -> Front:
    return Front(office)


# It begins


async def test_an_issue_that_says_all_is_a_lead_at_once(front: Front) -> None:
    title = "[Example University/Ada Example]  – A hub for whales"
    await front.opened(title, "They wrote.\r\n\r\n- [ ] Call back")
    view = await front.begun()
    facts, issue = view.lead, front.issue()
    assert (facts.org, facts.person, facts.title) == ("Example University", "Ada Example", "A hub for whales")
    assert (view.timeline[0].by, view.timeline[0].source) == (f"@{SALES}", "github issue")
    assert (facts.zone, facts.email, facts.service) == ("UTC", None, "other")
    assert facts.issue
    assert facts.issue.id == str(front.number)
    assert issue.title == title
    assert issue.state == "open"
    assert (issue.body or "").startswith("They wrote.\r\n\r\n- [ ] Call back\n\n<!-- lead-to-hub:begin")
    assert "- [ ] Questionnaire sent" in (issue.body or "")
    assert front.labels() == {"lead"}
    text = (await front.said()).text
    assert f"the lead `{view.lead}`. Stage **lead**. Next is sales: " in text
    assert "set the label “service:hub”" in text


async def test_what_the_issue_form_says_counts(front: Front) -> None:
    given = {"org": "Example University", "person": "Ada Example", "title": "A hub\r\nfor whales"}
    await front.opened(TEMPLATE, form(**given, email="ada@example.org", zone="Europe/Berlin"))
    facts = (await front.begun()).lead
    assert (facts.org, facts.person, facts.title) == ("Example University", "Ada Example", "A hub for whales")
    assert (facts.email, facts.zone) == ("ada@example.org", "Europe/Berlin")
    assert front.issue().title == TITLE
    assert (front.issue().body or "").startswith("### Organisation")


def with_our_forms(office: Office) -> None:
    """As `leads init-repos` puts them there."""
    for each in forms(office.settings.github, office.leads.policy):
        office.sandbox.person(OWNER).put_file(each.repo, each.path, each.text)


@pytest.mark.parametrize(("file", "service"), [("new-lead.yml", "other"), ("new-hub-service.yml", "hub")])
async def test_our_own_form_makes_a_lead(front: Front, file: str, service: str) -> None:
    await asyncio.to_thread(with_our_forms, front.office)
    answers = {
        "Organisation": "Example University",
        "What it is about": "A hub for whales",
        "Time zone": "Asia/Tokyo",
    }
    front.number = (await front.act(SALES, "fill_in", file, answers)).number
    assert await front.heard() == "Asked for person"
    body = front.issue().body or ""
    assert body.count(NOTHING) > 1
    await front.at(SALES, "edit", body=body.replace(NOTHING, "Ada Example", 1))
    facts = (await front.begun()).lead
    assert (facts.heading, facts.zone, facts.service) == (TITLE, "Asia/Tokyo", service)
    assert front.issue().title == TITLE


async def test_a_strangers_form_puts_the_label_on_and_makes_no_lead(front: Front) -> None:
    all_public(front.office)
    await asyncio.to_thread(with_our_forms, front.office)
    answers = {"Organisation": "Org", "Contact person": "Jo", "What it is about": "Me"}
    front.number = (await front.act(OUTSIDER, "fill_in", "new-lead.yml", answers)).number
    assert front.labels() == {"lead"}
    assert "Not taken in" in await front.heard()
    await front.untouched()
    await front.at(SALES, "unlabel", "lead")
    await front.at(SALES, "label", "lead")
    assert (await front.begun()).heading == "[Org / Jo] - Me"


@pytest.mark.parametrize("labels", [("service:hub",), ("lead", "service:hub")])
async def test_the_label_of_the_service_alone_makes_a_lead_for_a_hub(
    front: Front, labels: tuple[str, ...]
) -> None:
    await front.opened(labels=labels)
    assert (await front.begun()).lead.service == "hub"
    assert front.labels() == {"lead", "service:hub"}
    assert "If this is about a hub" not in (await front.said()).text


async def test_it_is_a_lead_like_any_other_then(front: Front) -> None:
    await front.opened()
    await front.begun()
    await front.at(SALES, "edit", title="[Example University / Grace Example] - [Two hubs]")
    await front.at(SALES, "tick", "Questionnaire sent")
    await front.at(SALES, "label", "service:hub")
    await front.heard()
    facts = (await front.settled(lambda view: view.lead.questionnaire.sent_on)).lead
    assert (facts.person, facts.title, facts.service) == ("Grace Example", "Two hubs", "hub")
    assert await front.heard() == ""
    await front.said()


async def test_a_command_in_the_same_visit_is_taken(front: Front) -> None:
    await front.opened()
    comment = await front.office.comment_on("leads", front.number, "/questionnaire-sent")
    await front.heard(comment=comment)
    await front.settled(lambda view: view.lead.questionnaire.sent_on)


# What is missing is asked for


async def test_what_is_missing_is_asked_for_in_one_comment_that_follows_the_issue(front: Front) -> None:
    await front.opened(TEMPLATE, form(org="Example University", email="ada(at)example"))
    assert await front.heard() == "Asked for person, title, email"
    first = await front.said()
    assert "- **Contact person**\n- **What it is about**\n- **E-mail**: 'ada(at)example' is no" in first.text
    assert "Organisation" not in first.text
    assert "Time zone" not in first.text
    assert await front.heard() == ""
    await front.at(SALES, "edit", title="[Lead org / Ada Example] - A hub for whales")
    assert await front.heard() == "Asked for email"
    second = await front.said()
    assert second.id == first.id
    assert "Contact person" not in second.text
    assert "Edit its description, as:" in second.text
    assert await front.found() is None
    await front.at(SALES, "edit", body=form(org="Example University", email="ada@example.org"))
    view = await front.begun()
    assert (view.lead.org, view.lead.email) == ("Example University", "ada@example.org")
    last = await front.said()
    assert last.id == first.id
    assert f"the lead `{view.lead_id}`" in last.text
    assert "still needs" not in last.text


async def test_how_it_is_given_is_what_is_read(front: Front) -> None:
    """The example in our comment, put into the description as it stands there."""
    await front.opened(TEMPLATE)
    await front.heard()
    sample = (await front.said()).text.partition("```text\n")[2].partition("\n```")[0]
    await front.at(SALES, "edit", body=f"We met them.\n\n{sample}\n")
    assert (await front.begun()).lead.org == LeadOpened.example["org"]


# Who


async def test_anybodys_issue_waits_until_the_team_puts_the_label_on(front: Front) -> None:
    await front.opened(by=COMMUNITY)
    assert await front.heard() == "Not taken in: nobody with a role opened or labelled it"
    await front.untouched()
    await front.at(SALES, "unlabel", "lead")
    assert await front.heard() == ""
    await front.at(SALES, "label", "lead")
    view = await front.begun()
    assert view.timeline[0].by == f"@{SALES}"


async def test_nobody_else_takes_it_in_by_labelling_it(front: Front) -> None:
    await front.opened(by=COMMUNITY, labels=())
    assert await front.heard() == ""
    await front.at(OWNER, "label", "lead")
    assert "Not taken in" in await front.heard()
    await front.untouched()


async def test_a_label_whose_history_lags_is_waited_for(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def late(*args: Any) -> IssueHistory:
        looked.append(1)
        history = issue_history(*args)
        return history if len(looked) > 1 else history.model_copy(update={"events": []})

    monkeypatch.setattr(intake, "issue_history", late)
    monkeypatch.setattr(intake, "SETTLES", intake.RETRY_AFTER / 20)
    await front.opened(by=COMMUNITY, labels=())
    await front.at(SALES, "label", "lead")
    await front.begun()
    assert len(looked) == 2


async def test_an_issue_that_we_opened_a_second_time_is_no_new_lead(front: Front) -> None:
    await front.opened()
    await front.begun()
    twin = {"title": TITLE, "labels": ["lead"], "body": front.issue().body}
    opened = await asyncio.to_thread(front.office.as_service, "POST", "leads/issues", twin)
    front.number = opened["number"]
    await front.at(SALES, "unlabel", "lead")
    await front.at(SALES, "label", "lead")
    assert await front.heard() == ""
    await front.untouched()


async def test_with_a_persons_token_that_person_can_still_open_leads(front: Front) -> None:
    front.office.settings.github.token = SecretStr(f"sandbox-token-{SALES}")
    await front.opened()
    view = await front.begun()
    assert view.timeline[0].by == f"@{SALES}"


def long_ago(front: Front) -> None:
    """All that has happened on GitHub happened a month ago."""
    github, month = front.office.sandbox.github, timedelta(days=30)
    for key, issue in list(github.issues.items()):
        earlier = {"created_at": issue.created_at - month, "updated_at": issue.updated_at - month}
        github.issues[key] = issue.replaced(**earlier)
    for number, event in list(github.events.items()):
        github.events[number] = event.replaced(created_at=event.created_at - month)


async def test_an_issue_from_before_is_left_alone_until_the_team_says_so(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board that is in use: nothing on it moves because the service begins."""
    monkeypatch.setattr(intake, "SETTLES", intake.RETRY_AFTER / 20)
    await front.opened()
    long_ago(front)
    assert await front.heard() == "Skipped: its label is old"
    await front.at(SALES, "edit", body="They called again.")
    assert await front.heard() == "Skipped: its label is old"
    await front.untouched()
    await front.at(SALES, "unlabel", "lead")
    await front.at(SALES, "label", "lead")
    await front.begun()


async def test_what_was_asked_for_may_come_late(front: Front) -> None:
    await front.opened(TEMPLATE)
    await front.heard()
    long_ago(front)
    await front.at(SALES, "edit", title=TITLE)
    await front.begun()


# Never twice, never lost


async def test_heard_twice_it_is_one_lead_and_one_comment(front: Front) -> None:
    await front.opened()
    await asyncio.gather(front.heard(delivery="d-1"), front.heard(delivery="d-2"))
    await front.settled(lambda view: view.lead.card)
    assert await front.heard() == ""
    await front.said()
    assert len((await front.settled()).timeline) <= 3  # opened, its card, its prices


async def test_killed_before_it_has_said_so_it_says_so_later(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time the lead has begun and nobody hears of it; the second time the comment is refused for good."""
    begun: list[Opened] = []
    begin = LeadsClient.take_in

    async def dies(leads: LeadsClient, opened: LeadOpened, *, lead_id: str) -> Opened:
        begun.append(await begin(leads, opened, lead_id=lead_id))
        raise RuntimeError("killed")

    monkeypatch.setattr(LeadsClient, "take_in", dies)
    await front.opened()
    no_comments = Fault(system="github", kind="status", status=403, method="POST", path="/comments$")
    front.office.sandbox.faults.add(no_comments)
    assert "Failed: GitHub answered 403" in await front.heard()
    assert [each.already for each in begun] == [False]
    assert await front.ours() == []
    await front.at(SALES, "edit", body="Anything.")
    assert await front.heard() == f"Said that it is {begun[0].lead_id}"
    await front.settled(lambda view: view.lead.card)
    assert f"`{begun[0].lead_id}`" in (await front.said()).text


async def test_a_comment_that_may_have_been_posted_is_not_posted_again(front: Front) -> None:
    front.office.sandbox.faults.add(
        Fault(system="github", kind="status_after", status=502, method="POST", path="/comments$")
    )
    await front.opened(TEMPLATE)
    await front.heard()
    await front.said()


async def test_it_is_its_lead_though_nothing_shows_it(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody empties the issue before visibility knows whose it is."""

    async def by_issue(*_: Any) -> None:
        return None

    monkeypatch.setattr(LeadsClient, "by_issue", by_issue)
    await front.opened()
    view = await front.begun()
    await front.at(SALES, "edit", title=TEMPLATE, body="")
    assert await front.heard() == ""
    assert f"the lead `{view.lead_id}`" in (await front.said()).text


# Not, or not any more


@pytest.mark.parametrize(
    ("act", "more"), [("close", ("not_planned",)), ("unlabel", ("lead",)), ("delete", ())]
)
async def test_what_is_none_any_more_when_we_look_is_left_alone(
    front: Front, act: str, more: tuple[str, ...]
) -> None:
    await front.opened(TEMPLATE)
    await front.at(OWNER, act, *more)
    assert await front.heard() == ""
    if act != "delete":
        await front.untouched()


async def test_after_it_was_asked_about_it_can_still_be_none(front: Front) -> None:
    await front.opened(TEMPLATE)
    await front.heard()
    await front.at(SALES, "close", "not_planned")
    await front.at(SALES, "edit", title=TITLE)
    assert await front.heard() == ""
    assert await front.found() is None
    await front.at(SALES, "reopen")
    await front.begun()


async def test_moved_away_it_is_none_and_not_taken_for_the_issue_of_its_new_number(
    front: Front, office: Office
) -> None:
    all_public(office)
    await front.opened()
    await front.begun()
    moved = await Front(office).opened("[Another University / Grace Example] - Another hub")
    await moved.at(OWNER, "transfer", "pilot-hubs")
    there = Front(office, "pilot-hubs")
    there.number = front.number
    comment = await office.comment_on("pilot-hubs", there.number, "/lost reason=budget")
    assert await moved.heard(comment=comment) == f"It was moved to pilot-hubs {there.number}"
    assert "Answered comment" in await there.heard()
    assert (await there.said()).text.startswith("❌")
    assert await there.found() is None
    assert (await front.settled()).stage == "lead"


async def test_moved_in_it_is_one(office: Office) -> None:
    all_public(office)
    await Front(office).opened(labels=())
    there = await Front(office, "pilot-hubs").opened()
    await there.at(OWNER, "transfer", "leads")
    front = Front(office)
    front.number = there.number + 1
    await front.at(SALES, "label", "lead")
    await front.begun()


async def test_a_renamed_repository_moves_nothing(front: Front, office: Office) -> None:
    await front.opened(by=COMMUNITY)
    await asyncio.to_thread(office.sandbox.person(OWNER).rename_repository, "leads", "opportunities")
    assert "Not taken in" in await front.heard()


async def test_of_a_lead_that_has_ended_it_is_not_begun_again(front: Front) -> None:
    await front.opened()
    await front.begun()
    lead = await front.lead()
    await lead.terminate("nonsense")
    begun = (await front.said()).text
    assert await front.heard() == ""
    assert (await front.said()).text == begun
    await asyncio.sleep(1.01)  # GitHub's times have whole seconds
    await front.at(SALES, "unlabel", "lead")
    await front.at(SALES, "label", "lead")
    assert await front.heard() == f"Said that {lead.id} has ended"
    assert "open a new issue" in (await front.said()).text
    assert await front.heard() == ""


async def test_nor_when_temporal_has_forgotten_it(front: Front) -> None:
    await front.opened()
    lead = intake.intake_lead_id(await front.seen())
    ended = issue_block.write("Ours.", lead, "What it was.", LastWritten(state="closed", title=""))
    await front.at(SALES, "edit", body=ended)
    assert await front.heard() == f"Said that {lead} has ended"
    assert await front.found() is None
    await front.at(SALES, "edit", body=ended.replace('"closed"', '"open"'))  # restored from a backup
    await front.begun()


# Marks that somebody copied


async def test_a_copy_of_a_leads_issue_is_a_lead_of_its_own(front: Front, office: Office) -> None:
    await front.opened()
    first = await front.begun()
    body = front.issue().body or ""
    copy = await Front(office).opened("[Example University / Grace Example] - Another hub", body)
    second = await copy.begun()
    assert second.lead_id != first.lead_id
    assert second.lead.person == "Grace Example"
    text = copy.issue().body or ""
    assert text.startswith(body)
    assert issue_block.keys(text) == [first.lead_id, second.lead_id]
    lead = await office.leads.find(first.lead_id)
    await lead.execute_update("questionnaire_sent", {})
    await front.settled(lambda view: view.lead.questionnaire.sent_on)
    assert (copy.issue().state, copy.issue().body) == ("open", text)
    await copy.at(SALES, "edit", title="[Example University / Grace Example] - A third hub")
    await copy.heard()
    await copy.settled(lambda view: view.lead.title == "A third hub")
    assert (await front.settled()).lead.title == "A hub for whales"


@pytest.mark.parametrize("key", ["lead-aaaaaaaa", "x" * 3000, "%27%20OR%20%27", "%00", "lead-"])
async def test_a_mark_of_nobody_is_only_text(front: Front, key: str) -> None:
    await front.opened(body=f"<!-- lead-to-hub:begin {key} -->\nnonsense")
    await front.begun()


# Commands before it is one


@pytest.mark.parametrize(
    ("title", "by", "labels", "summary"),
    [
        (TITLE, SALES, (), "open it and set the label “lead”, and it becomes one"),
        (TEMPLATE, SALES, ("lead",), "another comment here says what it lacks"),
        (TITLE, COMMUNITY, ("lead",), "when somebody with a role sets the label"),
    ],
)
async def test_a_command_before_it_is_a_lead_is_told_what_it_takes(
    front: Front, title: str, by: str, labels: tuple[str, ...], summary: str
) -> None:
    await front.opened(title, by=by, labels=labels)
    comment = await front.office.comment_on("leads", front.number, "/lost reason=budget")
    await front.heard(comment=comment)
    (answer,) = [seen.text for seen in await front.ours() if "/lost" in seen.text]
    assert summary in answer
    assert "in a new comment" in answer
    assert await front.found() is None
