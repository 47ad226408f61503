"""A visit: looks at an issue now, and goes through what people did there. Every step may be done again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import again
from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.drift import issue_address
from activities.github.models import Issue
from activities.github.own_comments import SETTLE, OwnComments
from activities.issue_sync.comments import Comments
from activities.issue_sync.context import Place, in_thread
from activities.issue_sync.edits import EditProposals
from activities.issue_sync.intake import Intake, lead_to_be
from activities.issue_sync.people import People
from client.directory import LeadHandle
from client.errors import LeadsError
from client.leads import LeadsClient
from client.notices import request_sync
from config.policy_file import current_policy
from config.settings import Settings
from process.core.outbox import DriftCheck
from process.effects import CheckIssues, Effect, OpenHubIssue, OpenIssue
from process.views.overview import Overview
from workflows.issue_sync import ChangeNotice, SyncRequest, SyncResult

TIMEOUT = 3
"""Attempts within which GitHub is to show what it told us of."""
SETTLES = timedelta(seconds=2)
MARKERS = 5
"""Blocks in one text that are looked up; more than one is a copy already."""


_log = structlog.get_logger("desk")


class Desk:
    """What the worker does at the desk. `leads`: over the worker's own client."""

    def __init__(self, leads: LeadsClient, settings: Settings, *, settle: timedelta = SETTLE) -> None:
        self.leads = leads
        self.settings = settings
        self.github = GitHubClient(settings.github)
        self.people = People(self.github, current_policy(settings).people)
        self.answers = OwnComments(self.github, settle)
        self.comments = Comments(leads, self.github, self.people, self.answers)
        self.edits = EditProposals(leads, self.github, self.people, self.answers, settings)
        self.intake = Intake(leads, self.github, self.people, self.answers, settings)

    @activity.defn(name="sync_issue")
    async def sync_issue(self, visit: SyncRequest) -> SyncResult:
        """Looks at the issue that these hints are about, and does what is to be done there."""
        first = visit.notices[0]
        if not first.number:
            return SyncResult(done=tuple(await self._pass_on(first)))
        issue = await in_thread(self.github.find_issue, first.repo, first.number)
        if issue is None:
            _wait_for("the issue")
            lead = await self._had_issue(first.repo, first.number)
            return SyncResult(done=tuple(await self._check_drift(lead)))
        if there := await self._moved(first, issue):
            lead = await self._lead_of(first.repo, issue.model_copy(update={"number": first.number}))
            looks = await self._check_drift(lead)
            return SyncResult(done=(*looks, *await self._send_on(visit.notices, there)))
        place = Place(first.repo, issue, await self._lead_of(first.repo, issue))
        done: list[str] = []
        async with self._step(done):
            place, news = await self.intake.hear(place)
            done += news
        async with self._step(done):
            done += await self.intake.confirm(place)
        unseen = False
        for comment in sorted({notice.comment for notice in visit.notices if notice.comment is not None}):
            async with self._step(done):
                heard = await self.comments.hear(place, comment)
                unseen = unseen or heard is None
                done += heard or ()
        async with self._step(done):  # last: what people moved may be what a comment has just decided
            done += await self.edits.hear(place, visit.notices)
        if unseen:
            _wait_for("a comment")
        return SyncResult(done=tuple(done))

    @asynccontextmanager
    async def _step(self, done: list[str]) -> AsyncIterator[None]:
        """What fails for good is one line of what was done, and keeps nobody from the next."""
        try:
            yield
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            _log.warning("a step of a visit failed for good", reason=error.message)
            done.append(f"Failed: {error.message}")

    async def _pass_on(self, notice: ChangeNotice) -> Sequence[str]:
        """A card is looked at by the desk of its issue, so that all work on one issue is in one row."""
        found = await in_thread(self.github.issue_of_card, notice.card or "")
        if found is None:
            return ()
        repo, number = await self._as_we_call_it(found[0]), found[1]
        there = notice.replaced(repo=repo, number=number)
        await request_sync(self.leads.client, there, task_queue=self.leads.task_queue)
        return (f"It is the card of {repo} {number}",)

    async def _as_we_call_it(self, repo: str) -> str:
        """The name in the settings of a repository that GitHub calls so: somebody may have renamed it since."""
        names = (self.settings.github.leads_repo, self.settings.github.hubs_repo)
        if ours := next((name for name in names if name.casefold() == repo.casefold()), None):
            return ours
        for ours in names:
            seen = await in_thread(self.github.repository, ours)
            if seen.name.casefold() == repo.casefold():
                return ours
        return repo

    async def _check_drift(self, lead: LeadHandle | None) -> Sequence[str]:
        """The lead whose issue was here finds out what became of it; until then, it is not heard where it is now."""
        if lead is None:
            return ()
        await self.leads.check_drift(lead.id, DriftCheck(folder=False))
        return (f"{lead.id} looks what became of its issue",)

    async def _had_issue(self, repo: str, number: int) -> LeadHandle | None:
        """The lead of an issue that is gone. Visibility has the repository's name as the issue's address says it."""
        if lead := await self.leads.by_issue(repo, number):
            return lead
        now = (await in_thread(self.github.repository, repo)).name
        return await self.leads.by_issue(now, number) if now.casefold() != repo.casefold() else None

    async def _moved(self, notice: ChangeNotice, issue: Issue) -> tuple[str, str, int] | None:
        """Where the issue is, if somebody transferred it and GitHub led us there. A renamed repository moves none."""
        org, repo, number = there = issue_address(issue)
        if number != notice.number:
            return there
        now = f"{org}/{repo}".casefold()
        if now == f"{self.settings.github.org}/{notice.repo}".casefold():
            return None
        asked = await in_thread(self.github.repository, notice.repo)
        return None if asked.full_name.casefold() == now else there

    async def _send_on(self, notices: Sequence[ChangeNotice], there: tuple[str, str, int]) -> Sequence[str]:
        """An issue is looked at by the desk of where it is; outside the organization, by none."""
        org, repo, number = there
        if org.casefold() != self.settings.github.org.casefold():
            return ("It was moved out of the organization",)
        repo = await self._as_we_call_it(repo)
        for notice in notices:
            moved = notice.replaced(repo=repo, number=number)
            await request_sync(self.leads.client, moved, task_queue=self.leads.task_queue)
        return (f"It was moved to {repo} {number}",)

    async def _lead_of(self, repo: str, issue: Issue) -> LeadHandle | None:
        """The lead that says itself that this is its issue: a marker in a text may have been copied."""
        async for lead in self._candidates(repo, issue):
            if self._has(await self._seen(lead), repo, issue.number):
                return lead
        return None

    async def _candidates(self, repo: str, issue: Issue) -> AsyncIterator[LeadHandle]:
        """By the marks in its text; as what it may have become just now; by what visibility knows, a moment late."""
        for key in issue_block.keys(issue.text)[:MARKERS]:
            if known := await self.leads.by_id(key.removesuffix("/hub")):
                yield known
        if known := await self.leads.by_id(lead_to_be(issue)):
            yield known
        if known := await self.leads.by_issue(repo, issue.number):
            yield known

    async def _seen(self, lead: LeadHandle) -> Overview:
        try:
            return await self.leads.overview(lead)
        except LeadsError as nobody:
            raise again(str(nobody)) from None

    def _has(self, view: Overview, repo: str, number: int) -> bool:
        """Whether this is the lead's issue, or its hub's."""
        github, facts = self.settings.github, view.facts
        links = (
            (github.leads_repo, facts.issue, OpenIssue),
            (github.hubs_repo, facts.hub_issue, OpenHubIssue),
        )
        here = [
            (link, opening)
            for there, link, opening in links
            if repo == ((link and link.home) or there)  # somebody may have transferred it
        ]
        if any(link is not None and link.id == str(number) for link, _ in here):
            return True
        if any(link is None and _under_way(view, opening) for link, opening in here):
            raise again("The lead is just opening its issue")
        if _under_way(view, CheckIssues):
            raise again("The lead is just looking where its issue is")
        return False


def _wait_for(what: str) -> None:
    """Raises ApplicationError (again) as long as it may only be too new; later, it was deleted."""
    if activity.info().attempt < TIMEOUT:
        raise again(f"GitHub does not show {what}, or not yet", after=SETTLES)


def _under_way(view: Overview, effect: type[Effect]) -> bool:
    """Also `check_issues-7`: where other issues are looked at beside its own."""
    kinds = (e.key.rpartition("/")[2].partition("-")[0] for e in view.effects if e.status == "waiting")
    return effect.kind in kinds
