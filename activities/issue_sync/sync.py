"""Syncs one issue with its lead: intake, comments, edits. Every step may be repeated."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.errors import Missing, again, stuck, unanswered
from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.drift import issue_address
from activities.github.models import Issue
from activities.github.own_comments import SETTLE, OwnComments
from activities.issue_sync.comments import CommentSync
from activities.issue_sync.context import IssueContext, SyncedIssue, in_thread
from activities.issue_sync.edits import EditSync
from activities.issue_sync.intake import Intake, intake_lead_ids
from activities.issue_sync.lead_calls import FINAL, SyncedLead, failure_of
from activities.issue_sync.roles import RoleDirectory
from activities.settling import given_time, is_settling
from client.chores import Chores
from client.directory import LeadHandle
from client.errors import LeadsError, LeadStuck
from client.leads import LeadsClient
from client.notices import request_sync
from config.policy_file import current_policy
from config.settings import Settings
from process.core.outbox import DriftCheck
from process.effects import CheckIssues, Effect, OpenHubIssue, OpenIssue
from process.views.lead_overview import Overview
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncRequest, SyncResult

KNOWN_LEADS = 10_000
"""Number of issues whose leads a worker remembers."""

_log = structlog.get_logger("issue_sync")


class IssueSync:
    """Syncs issues. `leads` and `chores` use the worker's own connection."""

    def __init__(
        self, leads: LeadsClient, chores: Chores, settings: Settings, *, settle: timedelta = SETTLE
    ) -> None:
        self.leads = leads
        self.chores = chores
        self.settings = settings
        self.github = GitHubClient(settings.github, settings.signing_keys)
        policy = current_policy(settings)
        self.roles = RoleDirectory(self.github, policy.people, aliases=policy.aliases)
        self.own_comments = OwnComments(self.github, settle)
        self._lead_ids: dict[tuple[str, int], str] = {}
        """Repository and number of an issue -> id of the lead that a sync found there; oldest first."""
        self.comments = CommentSync(leads, self.github, self.roles, self.own_comments)
        self.edits = EditSync(leads, self.github, self.roles, self.own_comments, settings)
        self.intake = Intake(leads, self.github, self.roles, self.own_comments, settings, self._reserve)

    @activity.defn(name="sync_issue")
    async def sync_issue(self, request: SyncRequest) -> SyncResult:
        """Sync the issue that these notices are about."""
        try:
            return await self._sync(request)
        except Missing as error:
            raise given_time(error) from None
        except RPCError as error:
            raise unanswered(error) from None
        except LeadsError as failure:
            raise failure_of(failure) from None

    async def _sync(self, request: SyncRequest) -> SyncResult:
        first = request.notices[0]
        if not first.number:
            return SyncResult(done=tuple(await self._pass_on(first)))
        if (done := await self._sync_comments(request.notices)) is not None:
            return SyncResult(done=tuple(done))
        issue = await in_thread(self.github.find_issue, first.repo, first.number)
        if issue is None:
            _require_visible("the issue")
            return SyncResult(
                done=tuple(await self._check_drift(await self._had_issue(first.repo, first.number)))
            )
        if there := await self._moved(first, issue):
            former = await self._lead_of(first.repo, issue.model_copy(update={"number": first.number}))
            checks = await self._check_drift(former.handle if former else None)
            return SyncResult(done=(*checks, *await self._send_on(request.notices, there)))
        lead = await self._lead_of(first.repo, issue)
        context = IssueContext(repo=first.repo, number=issue.number, issue=issue, lead=lead)
        comments = sorted({notice.comment for notice in request.notices if notice.comment is not None})
        if lead and lead.stuck:
            for number in comments:
                await self.comments.hold(context, number)
            raise stuck(str(lead.stuck))
        done = []
        async with self._step(done):
            context, news = await self.intake.sync(context)
            if context.lead:
                self._remember(context.repo, context.number, context.lead.id)
            done += news
        async with self._step(done):
            done += await self.intake.confirm(context)
        unseen = False
        for number in comments:
            async with self._step(done):
                comment = await self.comments.read(context.repo, number)
                unseen = unseen or comment is None
                done += await self.comments.sync(context, comment) if comment else ()
        async with self._step(done):  # last, since a comment may just have decided the same
            done += await self.edits.sync(context, request.notices)
        if unseen:
            _require_visible("a comment")
        return SyncResult(done=tuple(done))

    async def _sync_comments(self, notices: Sequence[ChangeNotice]) -> list[str] | None:
        """Sync comments without reading their issue. Return what was done.

        Return None, having done nothing, if the notices are about more than comments that GitHub shows at an issue whose
        lead is known.
        """
        repo, issue = notices[0].repo, notices[0].number
        if not all(notice.comment for notice in notices):
            return None
        lead = await self._known_lead_of(repo, issue)
        if lead is None:
            return None
        comments = []
        for number in sorted({notice.comment or 0 for notice in notices}):
            comment = await self.comments.read(repo, number)
            if comment is None or not comment.issue_url.casefold().endswith(
                f"/{repo}/issues/{issue}".casefold()
            ):
                return None
            comments.append(comment)
        context, done = SyncedIssue(repo=repo, number=issue, lead=lead), list[str]()
        for comment in comments:
            async with self._step(done):
                done += await self.comments.sync(context, comment)
        return done

    @asynccontextmanager
    async def _step(self, done: list[str]) -> AsyncIterator[None]:
        """Run a step. A permanent failure becomes a line of `done`, and the next step still runs."""
        try:
            yield
        except Missing as error:
            if is_settling():
                raise given_time(error) from None
            done.append(f"Failed: {error.message}")
        except FINAL as error:  # the lead has ended or refuses, and trying again does not help
            done.append(f"Failed: {error}")
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            _log.warning("a step of a sync failed for good", reason=error.message)
            done.append(f"Failed: {error.message}")

    async def _pass_on(self, notice: ChangeNotice) -> Sequence[str]:
        """Pass a card's notice on to its issue's workflow, so that one workflow handles one issue."""
        found = await in_thread(self.github.issue_of_card, notice.card or "")
        if found is None:
            return ()
        repo, number = await self._configured_name(found[0]), found[1]
        there = notice.replaced(repo=repo, number=number)
        await request_sync(self.chores.client, there, task_queue=self.chores.task_queue)
        return (f"It is the card of {repo} {number}",)

    async def _configured_name(self, repo: str) -> str:
        """Return the settings' name of a repository that may have been renamed on GitHub."""
        names = (self.settings.github.leads_repo, self.settings.github.hubs_repo)
        if ours := next((name for name in names if name.casefold() == repo.casefold()), None):
            return ours
        for ours in names:
            seen = await in_thread(self.github.repository, ours)
            if seen.name.casefold() == repo.casefold():
                return ours
        return repo

    async def _check_drift(self, handle: LeadHandle | None) -> Sequence[str]:
        """Ask the lead whose issue was here to find it. Until then, the issue is not synced at its new location."""
        if handle is None:
            return ()
        await self.leads.check_drift(handle.id, DriftCheck(folder=False))
        return (f"{handle.id} checks its issue",)

    async def _had_issue(self, repo: str, number: int) -> LeadHandle | None:
        """Return the lead of an issue that is gone, or None.

        Temporal's visibility knows the repository by the name in the issue's URL.
        """
        if handle := await self.leads.by_issue(repo, number):
            return handle
        now = (await in_thread(self.github.repository, repo)).name
        return await self.leads.by_issue(now, number) if now.casefold() != repo.casefold() else None

    async def _moved(self, notice: ChangeNotice, issue: Issue) -> tuple[str, str, int] | None:
        """Return owner, repository and number of a transferred issue, or None. Renaming a repository transfers none."""
        org, repo, number = there = issue_address(issue)
        if number != notice.number:
            return there
        now = f"{org}/{repo}".casefold()
        if now == f"{self.settings.github.org}/{notice.repo}".casefold():
            return None
        repository = await in_thread(self.github.repository, notice.repo)
        return None if repository.full_name.casefold() == now else there

    async def _send_on(self, notices: Sequence[ChangeNotice], there: tuple[str, str, int]) -> Sequence[str]:
        """Pass the notices of a transferred issue on to its new location, unless it left the organization."""
        org, repo, number = there
        if org.casefold() != self.settings.github.org.casefold():
            return ("It was moved out of the organization",)
        repo = await self._configured_name(repo)
        for notice in notices:
            moved = notice.replaced(repo=repo, number=number)
            await request_sync(self.chores.client, moved, task_queue=self.chores.task_queue)
        return (f"It was moved to {repo} {number}",)

    async def _known_lead_of(self, repo: str, number: int) -> SyncedLead | None:
        """Return the lead that an earlier sync found at this issue, if it still has it."""
        lead_id = self._lead_ids.get((repo, number))
        handle = await self.leads.by_id(lead_id) if lead_id else None
        if handle is None:
            return None
        try:
            overview = await self._overview(handle)
        except LeadStuck:
            return None
        return SyncedLead(self.leads, handle, overview) if self._has(overview, repo, number) else None

    async def _reserve(self, lead_id: str) -> str:
        """Reserve an id in the workflow of this sync for the lead that the issue becomes, and return the first one."""
        sync = self.chores.client.get_workflow_handle(str(activity.info().workflow_id))
        await sync.signal(IssueSyncWorkflow.reserve_lead_id, lead_id)
        return await sync.query(IssueSyncWorkflow.reserved_lead_id) or lead_id

    def _remember(self, repo: str, number: int, lead_id: str) -> None:
        self._lead_ids[repo, number] = lead_id
        if len(self._lead_ids) > KNOWN_LEADS:
            del self._lead_ids[next(iter(self._lead_ids))]

    async def _lead_of(self, repo: str, issue: Issue) -> SyncedLead | None:
        """Return the lead that has this issue. The lead itself decides, since a marker may have been copied."""
        async for handle in self._candidates(repo, issue):
            try:
                overview = await self._overview(handle)
            except LeadStuck as failure:
                return await self._stuck_lead(handle, failure, repo, issue.number)
            if self._has(overview, repo, issue.number):
                return SyncedLead(self.leads, handle, overview)
        return None

    async def _candidates(self, repo: str, issue: Issue) -> AsyncIterator[LeadHandle]:
        """Yield leads by the markers in the text, by the intake's ids, from memory, and by visibility (a moment late)."""
        for key in issue_block.keys(issue.text):
            if known := await self.leads.by_id(key.removesuffix("/hub")):
                yield known
        for lead_id in intake_lead_ids(issue):
            if known := await self.leads.by_id(lead_id):
                yield known
        # Somebody may have emptied the issue before Temporal lists its lead.
        remembered = self._lead_ids.get((repo, issue.number))
        if remembered and (known := await self.leads.by_id(remembered)):
            yield known
        if known := await self.leads.by_issue(repo, issue.number):
            yield known

    async def _overview(self, handle: LeadHandle) -> Overview:
        try:
            return await self.leads.overview(handle)
        except LeadStuck:
            raise
        except LeadsError as failure:
            raise again(str(failure)) from None

    async def _stuck_lead(self, handle: LeadHandle, failure: LeadStuck, repo: str, number: int) -> SyncedLead:
        """Return a stuck lead if this is its issue, as far as Temporal's visibility knows."""
        known = await self.leads.by_issue(repo, number)
        if known is None or known.id != handle.id:
            raise stuck(str(failure)) from None
        return SyncedLead(self.leads, handle, stuck=failure)

    def _has(self, view: Overview, repo: str, number: int) -> bool:
        """Return True if this is the lead's issue or its hub's issue."""
        github, lead = self.settings.github, view.lead
        links = (
            (github.leads_repo, lead.issue, OpenIssue),
            (github.hubs_repo, lead.hub_issue, OpenHubIssue),
        )
        here = [
            (link, opening)
            for there, link, opening in links
            if repo == ((link and link.home) or there)  # somebody may have transferred it
        ]
        if any(link is not None and link.id == str(number) for link, _ in here):
            return True
        if any(link is None and _under_way(view, opening) for link, opening in here):
            raise again("The lead is opening its issue")
        if _under_way(view, CheckIssues):
            raise again("The lead is checking where its issue is")
        return False


def _require_visible(name: str) -> None:
    """Raise ApplicationError for a retry while it may yet appear; after that, the object counts as deleted."""
    if is_settling():
        raise again(f"GitHub does not show {name} yet")


def _under_way(view: Overview, effect: type[Effect]) -> bool:
    """Return True if such an effect is waiting or running, also with a suffix as in `check_issues-7`."""
    kinds = (e.key.rpartition("/")[2].partition("-")[0] for e in view.effects if e.status == "waiting")
    return effect.kind in kinds
