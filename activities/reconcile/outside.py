"""What a round looks at (`workflows.reconcile`): all that GitHub and Drive show anew, compared with what leads should have.

It only says where to look: to the desk of an issue, or to a lead about what it has outside. To say it twice is harmless.
A lead is told of the same thing once a day, not every round.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from temporalio import activity

from activities.github import issue_block
from activities.github.client import GitHubClient
from activities.github.models import IssueSeen
from activities.github.survey import BoardSeen, GitHubSurvey, Listing
from activities.google.drive import DriveActivities
from activities.issue_sync.context import in_thread
from activities.issue_sync.intake import NEW, marks
from activities.reconcile.cursors import Memory, few, read_cursor
from activities.reconcile.duplicates import DuplicateScan
from activities.reconcile.questionnaire import Questionnaire
from activities.reconcile.team import Team
from client.directory import OpenLead
from client.leads import LeadsClient
from client.notices import request_sync
from config.settings import GitHub, Settings
from process.core.outbox import DriftCheck
from process.github.commands import commands
from process.types import Stage
from workflows.issue_sync import ChangeNotice
from workflows.reconcile import SystemResult


class GitHubCursor(BaseModel):
    """How far GitHub was read."""

    listings: dict[str, Listing] = {}
    leads: Memory = Memory()
    cards: Memory = Memory()


class DriveCursor(BaseModel):
    leads: Memory = Memory()
    names: dict[str, str] = {}
    """Lead -> digest of its folder's name, where that is not the lead's heading."""


class Read(NamedTuple):
    """All that GitHub showed in one round."""

    issues: list[tuple[str, IssueSeen]]
    comments: list[ChangeNotice]
    board: BoardSeen
    hubs: set[int]
    listings: dict[str, Listing]


class ReconcileActivities:
    """What the worker does in a round. `leads`: over the worker's own client."""

    def __init__(self, leads: LeadsClient, settings: Settings) -> None:
        self.leads = leads
        self.settings = settings
        self.github = GitHubClient(settings.github)
        self.drive = DriveActivities(settings)

    @activity.defn(name="reconcile_github")
    async def reconcile_github(self, cursor: dict[str, Any]) -> SystemResult:
        """Issues and comments that changed since, and the board, compared with the open leads."""
        before, now = read_cursor(GitHubCursor, cursor), datetime.now(UTC)
        leads = await self.leads.open_leads()
        survey = GitHubSurvey(self.github)
        read = await in_thread(self._read, survey, before)
        leads = [_by_our_names(lead, read.board) for lead in leads]
        notices = [*self._issues(read.issues), *read.comments]
        misplaced = _misplaced(leads, read.board, self.leads.policy.columns)
        due, cards = before.cards.news({notice.card or "": column for notice, column in misplaced}, now)
        notices += [notice for notice, _ in misplaced if notice.card in due]
        notices = list(dict.fromkeys(notices))
        amiss, told = before.leads.news(self._amiss(leads, read), now)
        twice = _twice(leads, read.issues, self.settings.github.leads_repo)
        for lead in dict.fromkeys([*amiss, *twice]):
            look = DriftCheck(folder=False, duplicates=tuple(sorted(twice.get(lead, ()))))
            await self.leads.check_drift(lead, look)
        for notice in notices:  # after that: the desk of a transferred issue waits for its lead
            await request_sync(self.leads.client, notice, task_queue=self.leads.task_queue)
        places = list(dict.fromkeys(map(_named, notices)))
        found = [f"{len(places)} to look at: {few(places)}"] if notices else []
        found += _renamed(read.board, self.settings.github, self.leads.policy.columns)
        found += [
            f"{lead}: {told.told[lead].what if lead in told.told else 'nothing is missing any more'}"
            for lead in amiss
        ]
        found += [
            f"{lead}: issue {few(map(str, numbers))} carries its mark, too" for lead, numbers in twice.items()
        ]
        after = GitHubCursor(listings=read.listings, leads=told, cards=cards)
        return SystemResult(
            cursor=after.model_dump(mode="json"), found=tuple(found), cost=survey.cost._asdict()
        )

    @activity.defn(name="reconcile_drive")
    async def reconcile_drive(self, cursor: dict[str, Any]) -> SystemResult:
        """Whether every open lead's folder is where it was made, and called as it was."""
        if not self.settings.google.leads_folder:
            return SystemResult(found=("no folder for leads is named in the settings",))
        before, now = read_cursor(DriveCursor, cursor), datetime.now(UTC)
        with_folder = [lead for lead in await self.leads.open_leads() if lead.has_folder]
        there = await in_thread(self.drive.leads_with_folder) if with_folder else {}
        missing = {lead.id: "its folder is not where it was" for lead in with_folder if lead.id not in there}
        due, told = before.leads.news(missing, now)
        names = _other_names(with_folder, there)
        renamed = [lead for lead in {*names, *before.names} if names.get(lead) != before.names.get(lead)]
        for lead in dict.fromkeys([*due, *renamed]):
            await self.leads.check_drift(lead, DriftCheck(issues=False))
        found = [f"{lead}: {missing.get(lead, 'its folder is there again')}" for lead in due]
        found += [f"{lead}: its folder may have another name" for lead in sorted(renamed) if lead not in due]
        return SystemResult(
            cursor=DriveCursor(leads=told, names=names).model_dump(mode="json"), found=tuple(found)
        )

    # GitHub

    def _read(self, survey: GitHubSurvey, before: GitHubCursor) -> Read:
        github = self.settings.github
        listings: dict[str, Listing] = {}
        issues: list[tuple[str, IssueSeen]] = []
        comments: list[ChangeNotice] = []
        for repo in (github.leads_repo, github.hubs_repo):
            known = before.listings.get(f"{repo}/issues")
            changed, listings[f"{repo}/issues"] = survey.issues(repo, known or Listing())
            issues += [(repo, issue) for issue in changed]
            if known is None and repo == github.leads_repo:
                recently = datetime.now(UTC) - NEW
                for label in marks(self.leads.policy):
                    issues += [
                        (repo, issue)
                        for issue in survey.labelled(repo, label)
                        if issue.created_at > recently or issue_block.keys(issue.text)
                    ]
            name = f"{repo}/comments"
            said, listings[name] = survey.comments(repo, before.listings.get(name, Listing()))
            comments += [
                ChangeNotice(repo=repo, number=comment.issue, comment=comment.id)
                for comment in said
                if comment.user and not comment.user.is_bot and commands(comment.text)
            ]
        hubs = survey.numbers(github.hubs_repo, self.leads.policy.labels.hub)
        return Read(issues, comments, survey.board(), hubs, listings)

    def _issues(self, changed: Iterable[tuple[str, IssueSeen]]) -> list[ChangeNotice]:
        """Issues of leads, and those that may become one."""
        return [
            ChangeNotice(repo=repo, number=issue.number)
            for repo, issue in changed
            if issue_block.keys(issue.text) or any(map(issue.has_label, marks(self.leads.policy)))
        ]

    def _amiss(self, leads: Sequence[OpenLead], read: Read) -> dict[str, str]:
        """Lead -> what is missing where all leads have something."""
        hubs = self.settings.github.hubs_repo.casefold()
        cards = {(card.repo.casefold(), card.number) for card in read.board.cards}
        found: dict[str, str] = {}
        for lead in leads:
            missing = []
            if lead.issue and lead.issue not in cards:
                missing.append("no card on the board")
            if lead.hub_issue and not _among(lead.hub_issue, hubs, read.hubs):
                missing.append("no hub's issue")
            if missing:
                found[lead.id] = ", ".join(missing)
        return found


def reconcile_activities(
    leads: LeadsClient, settings: Settings
) -> list[Callable[..., Awaitable[SystemResult]]]:
    """The activities of a round."""
    rounds, questionnaire, team = (
        ReconcileActivities(leads, settings),
        Questionnaire(leads, settings),
        Team(leads),
    )
    return [
        rounds.reconcile_github,
        rounds.reconcile_drive,
        questionnaire.reconcile_questionnaire,
        team.reconcile_team,
        DuplicateScan(leads).reconcile_duplicates,
    ]


def _other_names(leads: Iterable[OpenLead], there: Mapping[str, str]) -> dict[str, str]:
    """Lead -> digest of its folder's name, where it is not called as the lead is: people's names are not for a history."""
    return {
        lead.id: hashlib.sha256(there[lead.id].encode()).hexdigest()[:12]
        for lead in leads
        if lead.id in there and there[lead.id] != lead.heading
    }


def _among(issue: tuple[str, int], repo: str, numbers: set[int]) -> bool:
    """Whether it is one of these of this repository; of another we know nothing."""
    return issue[0] != repo or issue[1] in numbers


def _by_our_names(lead: OpenLead, board: BoardSeen) -> OpenLead:
    """With its issues in the repositories as the settings call them, whatever their addresses say."""

    def ours(issue: tuple[str, int] | None) -> tuple[str, int] | None:
        return (board.ours(issue[0]).casefold(), issue[1]) if issue else None

    return lead._replace(issue=ours(lead.issue), hub_issue=ours(lead.hub_issue))


def _misplaced(
    leads: Iterable[OpenLead], board: BoardSeen, columns: Mapping[Stage, str]
) -> list[tuple[ChangeNotice, str]]:
    """Cards that are not in the column of their lead's stage, with the column where they are.

    A column that the board does not have holds none of them, and nobody moved them.
    """
    stages = {lead.issue: lead.stage for lead in leads if lead.issue}
    found = []
    for card in board.cards:
        stage = stages.get((card.repo.casefold(), card.number))
        column = columns.get(Stage(stage)) if stage else None
        if column in board.columns and card.column != column:
            found.append((ChangeNotice(repo=card.repo, number=card.number, card=card.id), card.column))
    return found


def _renamed(board: BoardSeen, github: GitHub, columns: Mapping[Stage, str]) -> list[str]:
    """What is called otherwise on GitHub than in the settings, and what to do: only a person can say which is right."""
    found = [
        f"the repository {ours} is called {theirs} on GitHub, and is followed there until somebody gives the old name to "
        f"another one: set {github.setting_of(ours)}={theirs}, and restart the worker and the webhooks"
        for ours, theirs in board.repositories.items()
        if ours.casefold() != theirs.casefold()
    ]
    missing = [column for column in dict.fromkeys(columns.values()) if column not in board.columns]
    if missing:
        found.append(
            f"the board has no column {few(f'“{column}”' for column in missing)}, so no card is put there: give it that "
            "name again, or correct LEADS_GITHUB__COLUMNS or the policy"
        )
    return found


def _twice(
    leads: Iterable[OpenLead], issues: Iterable[tuple[str, IssueSeen]], repo: str
) -> dict[str, set[int]]:
    """Lead -> other issues that carry its mark, and are no lead's."""
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
