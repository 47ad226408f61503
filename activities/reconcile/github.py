"""Compares the issues, comments and cards on GitHub with the open leads.

First the changes since the last reconciliation are read, then a slice of all open leads is looked at. Nothing is decided
here: issue syncs are requested, and leads are asked to check their own objects. Both may be repeated. A lead is notified
of the same problem once a day, not in every reconciliation.
"""

import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.github import issue_block, overwritten
from activities.github.client import GitHubClient
from activities.github.issue_state import IssueState, is_as_written
from activities.github.listings import BATCH, FIRST_SPAN, GitHubListings, ListedPage, ListingCursor, SeenLeads
from activities.github.models import Comment, Issue
from activities.github.overwritten import suspicious
from activities.github.own_comments import SETTLE, OwnComments, is_ours
from activities.issue_sync.context import in_thread
from activities.issue_sync.intake import MAX_LABEL_AGE, lead_labels
from activities.reconcile.cursors import Notifications, Sweep, first_ten
from activities.reconcile.links import is_at, issue_at
from activities.reconcile.progress import Progress
from activities.reconcile.rows import LeadRows
from client.chores import Chores
from client.leads import LeadsClient
from client.notices import request_sync
from config.groups import GitHub
from config.settings import Settings
from process.core.outbox import DriftCheck
from process.github.commands import may_hold_command
from process.types import Base, Code, Id, Stage
from process.views.lead_row import LeadRow
from workflows.issue_sync import ChangeNotice
from workflows.reconcile import SystemResult

T = TypeVar("T", Issue, Comment)

EVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_LEAST = 500
"""Number of leads that a reconciliation looks at, if there are as many: five requests. GitHub has no log of moved cards."""


class GitHubCursor(Base):
    """Progress of the reading of GitHub, and the notifications sent."""

    listings: dict[Id, ListingCursor] = {}
    catch_up: list[Code] | None = None
    """Labels whose open issues are still to be read, however old; None before the first reconciliation."""
    sweep: Sweep = Sweep()
    done: list[Code] = []
    """The parts of this reconciliation that are done."""
    leads: Notifications = Notifications()
    cards: Notifications = Notifications()


Part = Callable[["Progress[GitHubCursor]", GitHubListings], Awaitable[bool]]
"""A part of the reading. Returns False if another activity has to go on with it."""


class GitHubReconciler:
    """Requests issue syncs and drift checks. `leads` and `chores` use the worker's own connection."""

    def __init__(self, leads: LeadsClient, chores: Chores, rows: LeadRows, settings: Settings) -> None:
        self.leads = leads
        self.chores = chores
        self.rows = rows
        self.settings = settings
        self.github = GitHubClient(settings.github, settings.signing_keys)
        self.own_comments = OwnComments(self.github, SETTLE)

    @activity.defn(name="reconcile_github")
    async def reconcile_github(self, cursor: dict[str, Any]) -> SystemResult:
        """Read what changed in issues and comments, and compare a slice of the open leads with the board."""
        progress = Progress(GitHubCursor, cursor)
        for name, part in self._parts(progress.cursor):
            if name in progress.cursor.done:
                continue
            if not await self._perform(progress, part):
                return progress.result(more=True)
            progress.cursor.done.append(name)
            progress.save()
            if progress.is_over:
                return progress.result(more=True)
        progress.cursor.done = []
        progress.cursor.sweep.end()
        return progress.result()

    def _parts(self, cursor: GitHubCursor) -> Iterator[tuple[str, Part]]:
        """Yield the parts of a reconciliation: changes first."""
        github = self.settings.github
        for repo in (github.leads_repo, github.hubs_repo):
            yield f"{repo}/issues", partial(self._changed_issues, repo)
            yield f"{repo}/comments", partial(self._changed_comments, repo)
        if cursor.catch_up is None:
            cursor.catch_up = list(lead_labels(self.leads.policy))
        for label in tuple(cursor.catch_up):
            yield f"{github.leads_repo}/{label}", partial(self._old_issues, label)
        yield "leads", self._look

    async def _perform(self, progress: Progress[GitHubCursor], part: Part) -> bool:
        """Perform a part; one that fails for good is reported, and does not stop the others."""
        reader = GitHubListings(self.github)
        try:
            return await part(progress, reader)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            progress.fail(error.message)
            return True
        finally:
            progress.spend(reader.spent())

    # ---- changes

    async def _changed_issues(
        self, repo: str, progress: Progress[GitHubCursor], reader: GitHubListings
    ) -> bool:
        listings, name = progress.cursor.listings, f"{repo}/issues"
        pages = reader.issues(repo, listings.get(name, ListingCursor()))

        async def take(page: ListedPage[Issue]) -> None:
            await self._take(progress, repo, page.news)

        return await self._read(progress, reader, name, pages, take)

    async def _changed_comments(
        self, repo: str, progress: Progress[GitHubCursor], reader: GitHubListings
    ) -> bool:
        listings, name = progress.cursor.listings, f"{repo}/comments"
        pages = reader.comments(repo, listings.get(name, ListingCursor()))

        async def take(page: ListedPage[Comment]) -> None:
            await self._request(progress, [_notice(repo, each) for each in page.news if _has_commands(each)])
            if number := await in_thread(self.own_comments.retire, repo, page.items):
                progress.find(f"{repo}: {number} of our comments written twice")

        return await self._read(progress, reader, name, pages, take)

    async def _old_issues(self, label: str, progress: Progress[GitHubCursor], reader: GitHubListings) -> bool:
        """Read all open issues with this label, once: those of leads, and those that may become leads."""
        repo, cursor = self.settings.github.leads_repo, progress.cursor
        name, now = f"{repo}/{label}", datetime.now(UTC)
        recently, read = now - MAX_LABEL_AGE, now - FIRST_SPAN / 2  # later changes were read as such
        pages = reader.issues(repo, cursor.listings.get(name, ListingCursor(since=EVER)), label)

        async def take(page: ListedPage[Issue]) -> None:
            wanted = [
                each
                for each in page.news
                if each.updated_at < read and (each.created_at > recently or issue_block.keys(each.text))
            ]
            await self._take(progress, repo, wanted)

        if not await self._read(progress, reader, name, pages, take):
            return False
        cursor.listings.pop(name, None)
        cursor.catch_up = [each for each in cursor.catch_up or () if each != label]
        return True

    async def _read(
        self,
        progress: Progress[GitHubCursor],
        reader: GitHubListings,
        name: str,
        pages: Iterator[ListedPage[T]],
        take: Callable[[ListedPage[T]], Awaitable[None]],
    ) -> bool:
        """Take each page of a listing, and save the position after it. Returns False if there was no time for all."""
        while page := await in_thread(next, pages, None):
            await take(page)
            progress.cursor.listings[name] = page.position
            progress.spend(reader.spent())
            progress.save()
            if progress.is_over and not page.last:
                return False
        return True

    async def _take(self, progress: Progress[GitHubCursor], repo: str, issues: Sequence[Issue]) -> None:
        """Request the syncs of changed issues, and checks of leads whose marker is on another issue, too."""
        keys = {key for issue in issues for key in issue_block.keys(issue.text)}
        rows = await self.rows.named(key.removesuffix("/hub") for key in keys)
        for lead_id, numbers in _elsewhere(repo, issues, rows).items():
            copies = sorted(numbers) if repo == self.settings.github.leads_repo else []
            await self.leads.check_drift(lead_id, DriftCheck(folder=False, duplicates=tuple(copies)))
            names = first_ten(f"{repo}#{number}" for number in sorted(numbers))
            progress.find(f"{lead_id}: issue {names} carries its marker, too")
        # after the checks: the sync of a transferred issue waits for its lead
        labels = lead_labels(self.leads.policy)
        wanted = [issue for issue in issues if _needs_sync(repo, issue, rows, labels)]
        ours = [issue for issue in issues if issue not in wanted and issue_block.keys(issue.text)]
        wanted += await in_thread(suspicious, self.github, ours)
        progress.spend({"points": math.ceil(len(ours) / overwritten.BATCH)})
        await self._request(progress, [ChangeNotice(repo=repo, number=issue.number) for issue in wanted])

    async def _request(self, progress: Progress[GitHubCursor], notices: Iterable[ChangeNotice]) -> None:
        unique = list(dict.fromkeys(notices))
        for notice in unique:
            await request_sync(self.chores.client, notice, task_queue=self.chores.task_queue)
        if unique:
            names = list(dict.fromkeys(f"{notice.repo}#{notice.number}" for notice in unique))
            progress.find(f"{len(names)} to sync: {first_ten(names)}")

    # ---- all leads, slice by slice

    async def _look(self, progress: Progress[GitHubCursor], reader: GitHubListings) -> bool:
        """Compare a slice of the open leads with their issues and cards."""
        sweep, settings = progress.cursor.sweep, self.settings.github
        minutes, hours = settings.reconcile_minutes, settings.sweep_hours
        sweep.begin(await self.rows.count(), minutes, hours, AT_LEAST)
        while sweep.left:
            rows, more = await self.rows.after(sweep.after, min(BATCH, sweep.left))
            shown = await in_thread(reader.look, _issues(rows), self._hub_issues(rows))
            progress.find(*_renamed(shown, settings, self.leads.policy.columns))
            await self._compare(progress, rows, shown)
            sweep.advance([row.lead_id for row in rows], more=more)
            progress.spend(reader.spent())
            progress.save()
            if progress.is_over and sweep.left:
                return False
        return True

    async def _compare(
        self, progress: Progress[GitHubCursor], rows: Sequence[LeadRow], shown: SeenLeads
    ) -> None:
        cursor, now, ids = progress.cursor, datetime.now(UTC), [row.lead_id for row in rows]
        problems = {row.lead_id: problem for row in rows if (problem := self._problem(row, shown))}
        for lead_id in cursor.leads.due(problems, now):
            await self.leads.check_drift(lead_id, DriftCheck(folder=False))
            progress.find(f"{lead_id}: {problems[lead_id]}")
        cursor.leads.note(problems, ids, now)
        misplaced = {
            row.lead_id: (notice, column)
            for row in rows
            if (found := _misplaced(row, shown, self.leads.policy.columns))
            for notice, column in [found]
        }
        columns = {lead_id: column for lead_id, (_, column) in misplaced.items()}
        await self._request(progress, [misplaced[lead_id][0] for lead_id in cursor.cards.due(columns, now)])
        cursor.cards.note(columns, ids, now)

    def _problem(self, row: LeadRow, shown: SeenLeads) -> str:
        """Return what differs between what the lead knows and what GitHub shows; empty if nothing does."""
        missing: dict[str, str] = {}
        looked_at = set[str]()
        if issue := issue_at(row.issue):
            looked_at.add("issue")
            seen = shown.issues.get(issue)
            if seen is None:
                missing["issue"] = "its issue is not where it was"
            elif not seen.card:
                missing["card"] = "no card on the board"
        for hub_issue in self._hub_issues([row]):
            looked_at.add("hub issue")
            if hub_issue not in shown.issues:
                missing["hub issue"] = "no hub issue"
        news = [text for artifact, text in missing.items() if artifact not in row.drift]
        back = [artifact for artifact in row.drift if artifact in looked_at and artifact not in missing]
        return ", ".join([*news, *(f"its {artifact} is there again" for artifact in back)])

    def _hub_issues(self, rows: Iterable[LeadRow]) -> set[tuple[str, int]]:
        """Return the issues of these leads' hubs, as far as they are in the repository of hubs."""
        found = {issue for row in rows if (issue := issue_at(row.hub_issue))}
        return {each for each in found if each[0].casefold() == self.settings.github.hubs_repo.casefold()}


def _issues(rows: Iterable[LeadRow]) -> set[tuple[str, int]]:
    return {issue for row in rows if (issue := issue_at(row.issue))}


def _notice(repo: str, comment: Comment) -> ChangeNotice:
    return ChangeNotice(repo=repo, number=comment.issue, comment=comment.id)


def _has_commands(comment: Comment) -> bool:
    """Return True for a person's comment with commands. Our own comments show examples of them."""
    if comment.user is None or comment.user.is_bot or is_ours(comment.text):
        return False
    return may_hold_command(comment.text)


def _needs_sync(repo: str, issue: Issue, rows: Mapping[str, LeadRow], labels: Collection[str]) -> bool:
    """Return True for an issue of a lead, or one that may become a lead, unless only we have written on it.

    An issue that is exactly as our last writing left it has nothing to be handled. Where the lead has ended, or has
    another issue, it is synced all the same.
    """
    keys = issue_block.keys(issue.text)
    if len(keys) == 1 and (row := rows.get(keys[0].removesuffix("/hub"))) and not row.ended:
        url = row.hub_issue if keys[0].endswith("/hub") else row.issue
        if is_at(url, repo, issue) and is_as_written(IssueState.of(issue), keys[0]):
            return False
    return bool(keys) or any(map(issue.has_label, labels))


def _elsewhere(repo: str, issues: Iterable[Issue], rows: Mapping[str, LeadRow]) -> dict[str, set[int]]:
    """Return, by lead, the issues that carry its marker and belong to no lead: copies, or the lead's issue, moved."""
    found: dict[str, set[int]] = {}
    for issue in issues:
        keys = issue_block.keys(issue.text)
        owners = [rows[key] for key in keys if key in rows]
        if any(is_at(row.issue, repo, issue) for row in owners):
            continue
        for row in owners:
            if row.issue:
                found.setdefault(row.lead_id, set()).add(issue.number)
    return found


def _misplaced(
    row: LeadRow, shown: SeenLeads, columns: Mapping[Stage, str]
) -> tuple[ChangeNotice, str] | None:
    """Return the card of a lead outside the column of its stage, with its present column.

    A stage whose column is missing on the board is skipped: nobody moved its cards.
    """
    issue = issue_at(row.issue)
    seen = shown.issues.get(issue) if issue else None
    column = columns.get(row.stage)
    if issue is None or seen is None or not seen.card or column not in shown.columns or seen.column == column:
        return None
    return ChangeNotice(repo=shown.ours(issue[0]), number=issue[1], card=seen.card), seen.column


def _renamed(shown: SeenLeads, github: GitHub, columns: Mapping[Stage, str]) -> list[str]:
    """Return a message for each name that differs between GitHub and the settings; a person must correct it."""
    found = [
        f"the repository {ours} is called {theirs} on GitHub. The old name works until another repository "
        f"takes it: set {github.setting_of(ours)}={theirs}, and restart the worker and the webhooks"
        for ours, theirs in shown.repositories.items()
        if ours.casefold() != theirs.casefold()
    ]
    missing = [column for column in dict.fromkeys(columns.values()) if column not in shown.columns]
    if missing:
        found.append(
            f"the board has no column {first_ten(f'“{column}”' for column in missing)}, so no card is placed there: restore "
            "the column, or correct LEADS_GITHUB__COLUMNS or the policy"
        )
    return found
