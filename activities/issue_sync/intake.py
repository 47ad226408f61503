"""Opens a lead from an issue that a person opened in the leads repository.

The issue must be open and carry a label of leads, and somebody with a role must have opened or labelled it (issue forms
set labels for anybody). If the issue lacks values that a lead needs, one comment asks for them; the same comment later
says that the lead was opened.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from activities.issue_sync.context import IssueContext, in_thread
from activities.issue_sync.lead_calls import SyncedLead, ask_lead
from activities.issue_sync.roles import RoleDirectory
from client.errors import LeadsError
from client.leads import LeadsClient, Reserve
from config.settings import Settings
from process.decisions.opening import LeadOpened
from process.github.forms import FIELDS, OPTIONAL, FieldGap, read_issue
from process.identity import ID_END, possible_ids, source_key
from process.policy import Policy
from process.types import Link
from templates.rendering import render

SOURCE = "github issue"
COMMENT = "intake"
"""Key of the service's intake comment on an issue."""
CONFIRM_WITHIN = timedelta(days=1)
"""Time after its opening in which a lead is confirmed on its issue, in case an earlier sync failed."""
MAX_LABEL_AGE = timedelta(days=7)
"""An issue opened or labelled longer ago does not become a lead by itself."""
ATTEMPTS = 5
"""Attempts until GitHub is expected to show who set the label."""
RETRY_AFTER = timedelta(seconds=2)
LISTED_CHECKS, LISTED_PAUSE = 20, 0.1
"""Checks, and seconds between them, whether Temporal lists a new lead. It usually does at once."""
EXAMPLES = LeadOpened.example | {"email": "ada@example.org", "zone": "Europe/Berlin"}

_log = structlog.get_logger("issue_sync")


def lead_labels(policy: Policy) -> tuple[str, str]:
    """Return the labels that mark an issue as a lead. The team's template for hubs sets only the second."""
    return policy.labels.lead, policy.labels.hub_service


def intake_key(issue: Issue) -> str:
    """Return the key of the request that this issue is, independent of its title."""
    return source_key(SOURCE, str(issue.id))


def intake_lead_ids(issue: Issue) -> tuple[str, ...]:
    """Return ids that the lead of this issue has if its organisation was not changed since it was taken in."""
    key, org = intake_key(issue), read_issue(issue.title, issue.text).fields.get("org", "")
    return tuple(dict.fromkeys(possible_ids(org, key, opaque_id=opaque_id)[0] for opaque_id in (False, True)))


def began_as(issue: Issue, lead_id: str) -> bool:
    """Return True if the lead with this id was made from this issue."""
    end = lead_id.rpartition("-")[2]
    return len(end) >= ID_END and intake_key(issue).startswith(end)


@dataclass(frozen=True)
class Intake:
    """Opens leads from issues. Each step may be repeated."""

    leads: LeadsClient
    github: GitHubClient
    roles: RoleDirectory
    own_comments: OwnComments
    settings: Settings
    reserve: Reserve
    """Keeps the id of a new lead, however often a sync is begun again."""

    async def sync(self, context: IssueContext) -> tuple[IssueContext, Sequence[str]]:
        """Open the issue's lead if it may become one. Returns the context with the lead, and what was done."""
        if context.lead or not self._in_leads(context) or await self._is_ours(context.issue):
            return context, ()
        labels = self._labels(context)
        if not labels:
            label = self.leads.policy.labels.lead
            return _without_lead(context, f"open it and set the label “{label}”, and it becomes one"), ()
        if await self._is_old(context):
            why = "its label is old; remove the label and set it again, and it becomes one"
            return _without_lead(context, why), ("Skipped: its label is old",)
        by = await self._opener(context, labels)
        if by is None:
            _log.info("issue by an outsider", repo=context.repo, issue=context.number)
            why = "it becomes one when somebody with a role sets the label (again)"
            return _without_lead(context, why), ("Not taken in: nobody with a role opened or labelled it",)
        form = read_issue(context.issue.title, context.issue.text)
        if form.gaps:
            news = await self._ask(context, form.gaps, labels)
            return _without_lead(context, "another comment here says what it lacks"), news
        return await self._open_lead(context, by, form.fields)

    async def confirm(self, context: IssueContext) -> Sequence[str]:
        """Say on the issue that it is a lead now, or that its lead has ended if somebody labels it again."""
        lead = context.lead
        if lead is None or not self._in_leads(context) or not self._labels(context):
            return ()
        try:
            if ended := await ask_lead(self.leads.ended_at(lead.handle)):
                wanted = await self._labelled_since(context, ended)
                return await self._say_ended(context, lead.id) if wanted else ()
            if not began_as(context.issue, lead.id):
                return ()
            view = await lead.overview()
        except LeadsError:  # the lead has just ended
            return ()
        if datetime.now(UTC) - view.lead.opened_at > CONFIRM_WITHIN:
            return ()
        text = render(
            "commands/begun.md",
            lead_id=lead.id,
            stage=view.stage,
            owner=view.owner,
            next_step=view.next_step,
            hub_label=None if view.lead.service == "hub" else view.lead.policy.labels.hub_service,
        )
        return await self._say(context, "begun", text, f"Said that it is {lead.id}")

    # ---- conditions

    def _in_leads(self, context: IssueContext) -> bool:
        here = self.settings.github.leads_repo.casefold()
        return context.repo.casefold() == here and context.issue.pull_request is None

    async def _is_ours(self, issue: Issue) -> bool:
        """Return True if the service opened it for a lead. A person may use the same account."""
        return bool(issue_block.keys(issue.text)) and await in_thread(self.github.is_us, issue.user)

    def _labels(self, context: IssueContext) -> list[str]:
        """Return the labels that mark it as a lead, if it is open."""
        on = [name for name in lead_labels(self.leads.policy) if context.issue.has_label(name)]
        return on if context.issue.state == "open" else []

    async def _is_old(self, context: IssueContext) -> bool:
        """Return True if it got its label long ago, so that nobody expects it to become a lead now."""
        recently = datetime.now(UTC) - MAX_LABEL_AGE
        if context.issue.created_at > recently or await self._labelled_since(context, recently):
            return False
        where = (context.repo, context.number, COMMENT)
        if await in_thread(self.own_comments.find, *where, since=context.issue.created_at):
            return False  # a comment already asks for what it lacks
        if activity.info().attempt < ATTEMPTS and context.issue.updated_at > recently:
            raise again("GitHub does not show yet who set the label", after=RETRY_AFTER)
        return True

    async def _opener(self, context: IssueContext, labels: Sequence[str]) -> str | None:
        """Return the login of the person with a role who opened it, or else set a label last, or None."""
        opener = context.issue.user
        if opener and await self._has_role(opener):
            return opener.login
        history = await in_thread(issue_history, self.github, context.repo, context.number)
        authors = [history.labelled(name, on=True) for name in labels]
        if not any(author.id for author in authors) and activity.info().attempt < ATTEMPTS:
            raise again("GitHub does not show yet who set the label", after=RETRY_AFTER)
        for author in authors:
            if author.login and not author.automated and await self._has_role(Account(login=author.login)):
                return author.login
        return None

    async def _labelled_since(self, context: IssueContext, when: datetime) -> bool:
        """Return True if somebody reopened or labelled it after that time."""
        history = await in_thread(issue_history, self.github, context.repo, context.number)
        acts = [history.reopened(), *(history.labelled(name, on=True) for name in self._labels(context))]
        return any(act.at and act.at > when and not act.automated for act in acts)

    async def _has_role(self, account: Account) -> bool:
        return not account.is_bot and bool(await in_thread(self.roles.roles_of, account.login))

    # ---- consequences

    async def _open_lead(
        self, context: IssueContext, by: str, fields: dict[str, str]
    ) -> tuple[IssueContext, Sequence[str]]:
        issue = context.issue
        if ended := _closed_by_us(issue):
            return context, await self._say_ended(context, ended)
        given: dict[str, Any] = {"zone": self.settings.zone} | fields
        opened = LeadOpened(
            **given,
            service="hub" if issue.has_label(self.leads.policy.labels.hub_service) else "other",
            issue=Link(id=str(issue.number), url=issue.html_url),
            by=f"@{by}",
            source=SOURCE,
        )
        try:
            begun = await ask_lead(self.leads.take_in(opened, key=intake_key(issue), reserve=self.reserve))
        except LeadsError as refused:
            return replace(context, no_lead=str(refused)), (f"Not taken in: {refused}",)
        _log.info("issue taken in", lead=begun.lead_id)
        handle = await self.leads.exactly(begun.lead_id)
        await self._listed(context)
        return replace(context, lead=SyncedLead(self.leads, handle)), (f"It is {handle.id}",)

    async def _listed(self, context: IssueContext) -> None:
        """Wait until Temporal lists the new lead under its issue. Its id depends on a name that people may now edit."""
        for _ in range(LISTED_CHECKS):
            if await self.leads.by_issue(context.repo, context.number):
                return
            await asyncio.sleep(LISTED_PAUSE)

    async def _ask(
        self, context: IssueContext, gaps: Sequence[FieldGap], labels: Sequence[str]
    ) -> Sequence[str]:
        text = render(
            "commands/missing.md",
            gaps=gaps,
            in_title=any(gap.field not in OPTIONAL for gap in gaps),
            samples={FIELDS[gap.field]: EXAMPLES[gap.field] for gap in gaps},
            labels=labels,
        )
        lacks = ", ".join(gap.field for gap in gaps)
        return await self._say(context, "missing", text, f"Asked for {lacks}")

    async def _say_ended(self, context: IssueContext, lead_id: str) -> Sequence[str]:
        return await self._say(
            context, "ended", render("commands/ended.md", lead_id=lead_id), f"Said that {lead_id} has ended"
        )

    async def _say(
        self, context: IssueContext, state: Literal["missing", "begun", "ended"], text: str, done: str
    ) -> Sequence[str]:
        """Write the intake comment. Once it says that the lead was opened, it is not changed any more."""
        where = (context.repo, context.number, COMMENT)
        since = context.issue.created_at
        known = await in_thread(self.own_comments.find, *where, since=since)
        if known and (known.state == state != "missing" or (known.state, state) == ("begun", "missing")):
            return ()
        news = await in_thread(self.own_comments.write, *where, known, text, state=state)
        return (done,) if news else ()


def _without_lead(context: IssueContext, why: str) -> IssueContext:
    return replace(
        context,
        no_lead=f"This issue belongs to no lead yet: {why}. Then give the command again, in a new comment.",
    )


def _closed_by_us(issue: Issue) -> str:
    """Return the lead of this issue if the issue's text says that it has ended, even if Temporal no longer knows it."""
    for lead_id in issue_block.keys(issue.text):
        block = issue_block.find(issue.text, lead_id) if began_as(issue, lead_id) else None
        if block and block.last_written and block.last_written.state == "closed":
            return lead_id
    return ""
