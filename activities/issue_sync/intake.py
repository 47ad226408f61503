"""An issue that a person opens in the leads repository becomes a lead (seed, Creating a lead).

It is judged at each visit by what GitHub says then. It must be open and carry a label of leads, and somebody of the team
must have opened or labelled it: issue forms put labels on for anybody. What a lead needs and the issue does not say is
asked for in one comment of ours, which later says that the lead has begun.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog
from temporalio import activity

from activities.errors import again
from activities.github import issue_block
from activities.github.authors import issue_history
from activities.github.client import GitHubClient
from activities.github.models import Account, Issue
from activities.github.own_comments import OwnComments
from activities.issue_sync.asking import asked
from activities.issue_sync.context import Place, in_thread
from activities.issue_sync.people import People
from client.directory import LeadHandle
from client.errors import LeadsError
from client.leads import LeadsClient
from config.settings import Settings
from process.decisions.opening import LeadOpened
from process.github.forms import FIELDS, OPTIONAL, Gap, read_issue
from process.identity import lead_id
from process.policy import Policy
from process.types import Link
from templates.rendering import render

SOURCE = "github issue"
COMMENT = "intake"
"""Key of our comment on each issue."""
YOUNG = timedelta(days=1)
"""How long a visit may be tried: until then, what an earlier one left undone is put right."""
MAX_LABEL_AGE = timedelta(days=7)
"""An issue opened or labelled longer ago does not become a lead by itself."""
TIMEOUT = 5
"""Attempts until it is believed that GitHub does not tell who put a label on."""
SETTLES = timedelta(seconds=2)
EXAMPLES = LeadOpened.example | {"email": "ada@example.org", "zone": "Europe/Berlin"}

_log = structlog.get_logger("desk")


def lead_labels(policy: Policy) -> tuple[str, str]:
    """Return the labels that mark an issue as a lead. The team's template for hubs sets only the second."""
    return policy.labels.lead, policy.labels.hub_service


def lead_to_be(issue: Issue) -> str:
    """Id of the lead that this issue becomes, whatever it is called by then."""
    return lead_id(SOURCE, str(issue.id))


class Intake:
    def __init__(
        self,
        leads: LeadsClient,
        github: GitHubClient,
        people: People,
        answers: OwnComments,
        settings: Settings,
    ) -> None:
        self.leads = leads
        self.github = github
        self.people = people
        self.answers = answers
        self.settings = settings

    async def hear(self, place: Place) -> tuple[Place, Sequence[str]]:
        """The place with the lead that it has become, if it has, and what was done. Done again, it does nothing twice."""
        if place.lead or not self._in_leads(place) or await self._is_ours(place.issue):
            return place, ()
        labels = self._marks(place)
        if not labels:
            label = self.leads.policy.labels.lead
            return _without(place, f"open, and with the label “{label}”, it becomes one"), ()
        if await self._is_from_before(place):
            why = "it has had its label for long; it becomes one when the label is taken off and put on again"
            return _without(place, why), ("Left alone: it has had its label for long",)
        by = await self._who(place, labels)
        if by is None:
            _log.info("issue of a stranger", repo=place.repo, issue=place.issue.number)
            why = "it becomes one when somebody who has a role puts the label on (again)"
            return _without(place, why), ("Not taken in: opened and labelled by nobody who has a role",)
        read = read_issue(place.issue.title, place.issue.text)
        if read.gaps:
            news = await self._ask(place, read.gaps, labels)
            return _without(place, "what it lacks stands in another comment here"), news
        return await self._begin(place, by, read.fields)

    async def confirm(self, place: Place) -> Sequence[str]:
        """Says on the issue that it is a lead now; or that its lead is over, to whoever would begin it again."""
        lead = place.lead
        if lead is None or not self._in_leads(place) or not self._marks(place):
            return ()
        try:
            if ended := await asked(self.leads.ended_at(lead)):
                wanted = await self._marked_since(place, ended)
                return await self._say_ended(place, lead.id) if wanted else ()
            if lead.id != lead_to_be(place.issue):
                return ()
            view = await asked(self.leads.overview(lead))
        except LeadsError:  # it has just gone
            return ()
        if datetime.now(UTC) - view.facts.opened_at > YOUNG:
            return ()
        text = render(
            "commands/begun.md",
            lead=lead.id,
            stage=view.stage,
            owner=view.owner,
            next_step=view.next_step,
            hub_label=None if view.facts.service == "hub" else view.facts.policy.labels.hub_service,
        )
        return await self._say(place, "begun", text, f"Said that it is {lead.id}")

    # ---- whether

    def _in_leads(self, place: Place) -> bool:
        here = self.settings.github.leads_repo.casefold()
        return place.repo.casefold() == here and place.issue.pull_request is None

    async def _is_ours(self, issue: Issue) -> bool:
        """Whether we opened it: the second one of a lead. By the same account a person may open issues as well."""
        return bool(issue_block.keys(issue.text)) and await in_thread(self.github.is_us, issue.user)

    def _marks(self, place: Place) -> list[str]:
        """The labels that make it a lead's, as long as it is open."""
        on = [name for name in lead_labels(self.leads.policy) if place.issue.has_label(name)]
        return on if place.issue.state == "open" else []

    async def _is_from_before(self, place: Place) -> bool:
        """Whether its label was there long before we look: nobody expects that it begins now, and its card moves."""
        recently = datetime.now(UTC) - MAX_LABEL_AGE
        if place.issue.created_at > recently or await self._marked_since(place, recently):
            return False
        where = (place.repo, place.issue.number, COMMENT)
        if await in_thread(self.answers.find, *where, since=place.issue.created_at):
            return False  # it was asked for what it lacks
        if activity.info().attempt < TIMEOUT and place.issue.updated_at > recently:
            raise again("GitHub does not tell yet who put the label on", after=SETTLES)
        return True

    async def _who(self, place: Place, labels: Sequence[str]) -> str | None:
        """Login of whoever of the team opened it, or else put a label on last."""
        opener = place.issue.user
        if opener and await self._has_role(opener):
            return opener.login
        history = await in_thread(issue_history, self.github, place.repo, place.issue.number)
        authors = [history.labelled(name, on=True) for name in labels]
        if not any(author.id for author in authors) and activity.info().attempt < TIMEOUT:
            raise again("GitHub does not tell yet who put the label on", after=SETTLES)
        for author in authors:
            if author.login and not author.automated and await self._has_role(Account(login=author.login)):
                return author.login
        return None

    async def _marked_since(self, place: Place, when: datetime) -> bool:
        """Whether somebody has opened it again, or labelled it, since then."""
        history = await in_thread(issue_history, self.github, place.repo, place.issue.number)
        acts = [history.reopened(), *(history.labelled(name, on=True) for name in self._marks(place))]
        return any(act.at and act.at > when and not act.automated for act in acts)

    async def _has_role(self, account: Account) -> bool:
        return not account.is_bot and bool(await in_thread(self.people.roles, account.login))

    # ---- what becomes of it

    async def _begin(self, place: Place, by: str, facts: dict[str, str]) -> tuple[Place, Sequence[str]]:
        lead, issue = lead_to_be(place.issue), place.issue
        if _was_closed_by_us(issue, lead):
            return place, await self._say_ended(place, lead)
        given: dict[str, Any] = {"zone": self.settings.zone} | facts
        opened = LeadOpened(
            **given,
            service="hub" if issue.has_label(self.leads.policy.labels.hub_service) else "other",
            issue=Link(id=str(issue.number), url=issue.html_url),
            by=f"@{by}",
            source=SOURCE,
        )
        try:
            begun = await asked(self.leads.take_in(opened, lead=lead))
        except LeadsError as refused:
            return replace(place, no_lead=str(refused)), (f"Not taken in: {refused}",)
        _log.info("issue taken in", lead=begun.lead)
        return _with(place, await self.leads.find(begun.lead))

    async def _ask(self, place: Place, gaps: Sequence[Gap], labels: Sequence[str]) -> Sequence[str]:
        text = render(
            "commands/missing.md",
            gaps=gaps,
            in_title=any(gap.field not in OPTIONAL for gap in gaps),
            samples={FIELDS[gap.field]: EXAMPLES[gap.field] for gap in gaps},
            labels=labels,
        )
        lacks = ", ".join(gap.field for gap in gaps)
        return await self._say(place, "missing", text, f"Asked for {lacks}")

    async def _say_ended(self, place: Place, lead: str) -> Sequence[str]:
        return await self._say(
            place, "ended", render("commands/ended.md", lead=lead), f"Said that {lead} has ended"
        )

    async def _say(
        self, place: Place, state: Literal["missing", "begun", "ended"], text: str, done: str
    ) -> Sequence[str]:
        """In our one comment here. What comes after it has begun is told by the issue, so that it stays as it is."""
        where = (place.repo, place.issue.number, COMMENT)
        since = place.issue.created_at
        known = await in_thread(self.answers.find, *where, since=since)
        if known and known.state == state and state != "missing":
            return ()
        news = await in_thread(self.answers.post, *where, text, since=since, state=state)
        return (done,) if news else ()


def _with(place: Place, lead: LeadHandle) -> tuple[Place, Sequence[str]]:
    return replace(place, lead=lead), (f"It is {lead.id}",)


def _without(place: Place, why: str) -> Place:
    return replace(
        place,
        no_lead=f"This issue belongs to no lead yet: {why}. Then give the command again, in a new comment.",
    )


def _was_closed_by_us(issue: Issue, lead: str) -> bool:
    """Whether it was this lead's once, which ended so long ago that Temporal has forgotten it: its id is used up."""
    block = issue_block.find(issue.text, lead)
    return block is not None and block.last_written is not None and block.last_written.state == "closed"
