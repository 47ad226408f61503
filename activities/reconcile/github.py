"""Compares the issues, comments and cards on GitHub with the open leads.

Nothing is decided here: issue syncs are requested, and leads are asked to check their own objects. Both may be
repeated. A lead is notified of the same problem once a day, not in every reconciliation.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from temporalio import activity

from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.listings import BoardListing, GitHubListings, ListingCursor
from activities.github.models import Issue
from activities.issue_sync.context import in_thread
from activities.issue_sync.intake import MAX_LABEL_AGE, lead_labels
from activities.reconcile.cursors import Notifications, first_ten, read_cursor
from client.chores import Chores
from client.directory import OpenLead
from client.leads import LeadsClient
from client.notices import request_sync
from config.settings import GitHub, Settings
from process.core.outbox import DriftCheck
from process.github.commands import parse_commands
from process.types import Stage
from workflows.issue_sync import ChangeNotice
from workflows.reconcile import SystemResult


class GitHubCursor(BaseModel):
    """Progress of the reading of GitHub, and the notifications sent."""

    listings: dict[str, ListingCursor] = {}
    leads: Notifications = Notifications()
    cards: Notifications = Notifications()


class Snapshot(NamedTuple):
    """The changes on GitHub since the last reconciliation, and the board."""

    issues: list[tuple[str, Issue]]
    comments: list[ChangeNotice]
    board: BoardListing
    hubs: set[int]
    listings: dict[str, ListingCursor]


class GitHubReconciler:
    """Requests issue syncs and drift checks. `leads` and `chores` use the worker's own connection."""

    def __init__(self, leads: LeadsClient, chores: Chores, settings: Settings) -> None:
        self.leads = leads
        self.chores = chores
        self.settings = settings
        self.github = GitHubClient(settings.github)

    @activity.defn(name="reconcile_github")
    async def reconcile_github(self, cursor: dict[str, Any]) -> SystemResult:
        """Compare changed issues and comments, and the board, with the open leads."""
        before, now = read_cursor(GitHubCursor, cursor), datetime.now(UTC)
        leads = await self.leads.open_leads()
        reader = GitHubListings(self.github)
        snapshot = await in_thread(self._read, reader, before)
        leads = [_with_configured_names(lead, snapshot.board) for lead in leads]
        notices = [*self._issues(snapshot.issues), *snapshot.comments]
        misplaced = _misplaced(leads, snapshot.board, self.leads.policy.columns)
        due, cards = before.cards.due({notice.card or "": column for notice, column in misplaced}, now)
        notices += [notice for notice, _ in misplaced if notice.card in due]
        notices = list(dict.fromkeys(notices))
        with_problems, notified = before.leads.due(self._problems(leads, snapshot), now)
        copies = _copies(leads, snapshot.issues, self.settings.github.leads_repo)
        for lead_id in dict.fromkeys([*with_problems, *copies]):
            check = DriftCheck(folder=False, duplicates=tuple(sorted(copies.get(lead_id, ()))))
            await self.leads.check_drift(lead_id, check)
        for notice in notices:  # after the checks: the sync of a transferred issue waits for its lead
            await request_sync(self.chores.client, notice, task_queue=self.chores.task_queue)
        issues = list(dict.fromkeys(map(_named, notices)))
        found = [f"{len(issues)} to sync: {first_ten(issues)}"] if notices else []
        found += _renamed(snapshot.board, self.settings.github, self.leads.policy.columns)
        found += [
            f"{lead_id}: {notified.sent[lead_id].problem if lead_id in notified.sent else 'nothing is missing any more'}"
            for lead_id in with_problems
        ]
        found += [
            f"{lead_id}: issue {first_ten(map(str, numbers))} carries its marker, too"
            for lead_id, numbers in copies.items()
        ]
        after = GitHubCursor(listings=snapshot.listings, leads=notified, cards=cards)
        return SystemResult(
            cursor=after.model_dump(mode="json"), found=tuple(found), cost=reader.cost._asdict()
        )

    def _read(self, reader: GitHubListings, before: GitHubCursor) -> Snapshot:
        github = self.settings.github
        listings: dict[str, ListingCursor] = {}
        issues: list[tuple[str, Issue]] = []
        comments: list[ChangeNotice] = []
        for repo in (github.leads_repo, github.hubs_repo):
            known = before.listings.get(f"{repo}/issues")
            changed, listings[f"{repo}/issues"] = reader.issues(repo, known or ListingCursor())
            issues += [(repo, issue) for issue in changed]
            if known is None and repo == github.leads_repo:
                recently = datetime.now(UTC) - MAX_LABEL_AGE
                for label in lead_labels(self.leads.policy):
                    issues += [
                        (repo, issue)
                        for issue in reader.labelled(repo, label)
                        if issue.created_at > recently or issue_block.keys(issue.text)
                    ]
            name = f"{repo}/comments"
            changed_comments, listings[name] = reader.comments(
                repo, before.listings.get(name, ListingCursor())
            )
            comments += [
                ChangeNotice(repo=repo, number=comment.issue, comment=comment.id)
                for comment in changed_comments
                if comment.user and not comment.user.is_bot and parse_commands(comment.text)
            ]
        hubs = reader.numbers(github.hubs_repo, self.leads.policy.labels.hub)
        return Snapshot(issues, comments, reader.board(), hubs, listings)

    def _issues(self, changed: Iterable[tuple[str, Issue]]) -> list[ChangeNotice]:
        """Return notices for the issues of leads, and for those that may become leads."""
        return [
            ChangeNotice(repo=repo, number=issue.number)
            for repo, issue in changed
            if issue_block.keys(issue.text) or any(map(issue.has_label, lead_labels(self.leads.policy)))
        ]

    def _problems(self, leads: Sequence[OpenLead], snapshot: Snapshot) -> dict[str, str]:
        """Return what each lead lacks on GitHub, by lead."""
        hubs = self.settings.github.hubs_repo.casefold()
        cards = {(card.repo.casefold(), card.number) for card in snapshot.board.cards}
        found: dict[str, str] = {}
        for lead in leads:
            missing = []
            if lead.issue and lead.issue not in cards:
                missing.append("no card on the board")
            if lead.hub_issue and not _exists(lead.hub_issue, hubs, snapshot.hubs):
                missing.append("no hub issue")
            if missing:
                found[lead.id] = ", ".join(missing)
        return found


def _exists(issue: tuple[str, int], repo: str, numbers: set[int]) -> bool:
    """Return True if the issue is in this list of the repository, or in another repository."""
    return issue[0] != repo or issue[1] in numbers


def _with_configured_names(lead: OpenLead, board: BoardListing) -> OpenLead:
    """Return the lead with its issues under the repository names in the settings."""

    def configured(issue: tuple[str, int] | None) -> tuple[str, int] | None:
        return (board.ours(issue[0]).casefold(), issue[1]) if issue else None

    return lead._replace(issue=configured(lead.issue), hub_issue=configured(lead.hub_issue))


def _misplaced(
    leads: Iterable[OpenLead], board: BoardListing, columns: Mapping[Stage, str]
) -> list[tuple[ChangeNotice, str]]:
    """Return the cards outside the column of their lead's stage, with their present column.

    A stage whose column is missing on the board is skipped: nobody moved its cards.
    """
    stages = {lead.issue: lead.stage for lead in leads if lead.issue}
    found = []
    for card in board.cards:
        stage = stages.get((card.repo.casefold(), card.number))
        column = columns.get(Stage(stage)) if stage else None
        if column in board.columns and card.column != column:
            found.append((ChangeNotice(repo=card.repo, number=card.number, card=card.id), card.column))
    return found


def _renamed(board: BoardListing, github: GitHub, columns: Mapping[Stage, str]) -> list[str]:
    """Return a message for each name that differs between GitHub and the settings; a person must correct it."""
    found = [
        f"the repository {ours} is called {theirs} on GitHub. The old name works until another repository "
        f"takes it: set {github.setting_of(ours)}={theirs}, and restart the worker and the webhooks"
        for ours, theirs in board.repositories.items()
        if ours.casefold() != theirs.casefold()
    ]
    missing = [column for column in dict.fromkeys(columns.values()) if column not in board.columns]
    if missing:
        found.append(
            f"the board has no column {first_ten(f'“{column}”' for column in missing)}, so no card is placed there: restore "
            "the column, or correct LEADS_GITHUB__COLUMNS or the policy"
        )
    return found


def _copies(leads: Iterable[OpenLead], issues: Iterable[tuple[str, Issue]], repo: str) -> dict[str, set[int]]:
    """Return other issues that carry a lead's marker and belong to no lead, by lead."""
    own = {lead.id: lead.issue for lead in leads if lead.issue}
    taken = {*own.values()}
    found: dict[str, set[int]] = {}
    for where, issue in issues:
        for key in issue_block.keys(issue.text):
            if where == repo and key in own and (where.casefold(), issue.number) not in taken:
                found.setdefault(key, set()).add(issue.number)
    return found


def _named(notice: ChangeNotice) -> str:
    return f"{notice.repo}#{notice.number}"
