"""What became of a lead's issues and card: people delete, transfer and archive. Finds out, and takes off double marks."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from activities.github.board import GitHubBoard
from activities.github.client import GitHubClient
from activities.github.issues import DesiredIssue, GitHubIssues
from activities.github.models import Issue
from process.effects import CheckIssues
from process.effects.observations import DriftFound
from process.lead.lead import Artifact, Lead
from process.types import Link


class _Seen(NamedTuple):
    """An issue of a lead's as it is now: where, or that it is gone."""

    issue: Issue | None
    moved: Link | None = None
    how: str = ""
    gone: str = ""


class GitHubDrift:
    """Looks at one lead. What can be put right by the lead's own effects is only told."""

    def __init__(self, client: GitHubClient, issues: GitHubIssues, board: GitHubBoard) -> None:
        self._client = client
        self._settings = client.settings
        self._issues = issues
        self._board = board

    def look(self, lead: Lead, effect: CheckIssues, wanted: DesiredIssue) -> DriftFound | None:
        """What is otherwise than the lead knows; None where nothing is. `wanted`: its issue as it ought to be."""
        broken: dict[Artifact, str] = {}
        mended: list[str] = []
        issue = self._seen(lead.issue, self._settings.leads_repo)
        hub_issue = self._seen(lead.hub_issue, self._settings.hubs_repo)
        replace_card = False
        if issue.gone:
            broken["issue"] = f"The lead's issue {issue.gone}"
        elif issue.issue:
            if issue.moved:
                mended.append(f"the lead's issue {issue.how}, and is now {issue.moved.url}")
            if not lead.ended and (fate := self._fate_of_card(issue, wanted.repo)):
                mended.append(f"the lead's card was {fate}, and is put back")
                replace_card = True
            mended += [
                f"issue {number} was opened twice, and is closed as a duplicate"
                for number in self._retired(effect, wanted, issue.issue)
            ]
        if hub_issue.gone:
            broken["hub issue"] = f"The hub's issue {hub_issue.gone}"
        elif hub_issue.moved:
            mended.append(f"the hub's issue {hub_issue.how}, and is now {hub_issue.moved.url}")
        found = DriftFound(
            checked=("issue", "hub issue", "card"),
            repaired=tuple(mended),
            broken=broken,
            issue=issue.moved,
            hub_issue=hub_issue.moved,
            replace_card=replace_card,
        )
        return found if found.is_news(lead) else None

    def _seen(self, link: Link | None, repo: str) -> _Seen:
        if link is None:
            return _Seen(None)
        known = link.home or repo
        issue = self._client.find_issue(known, int(link.id))
        if issue is None:
            return _Seen(None, gone=f"{known}#{link.id} is gone: have a new one (issue_replaced)")
        org, now, number = repository_and_number(issue)
        if org.casefold() != self._settings.org.casefold():
            return _Seen(None, gone=f"was moved to {org}/{now}: have a new one (issue_replaced)")
        if number == int(link.id) and self._is_called(known, now):
            renamed = link.replaced(url=issue.html_url)
            return _Seen(issue) if renamed == link else _Seen(issue, renamed, "has another address")
        home = "" if now.casefold() == repo.casefold() else now
        return _Seen(issue, Link(id=str(number), url=issue.html_url, home=home), "was moved")

    def _is_called(self, repo: str, name: str) -> bool:
        """Whether the repository has that name by now: GitHub leads there also from an old one."""
        if repo.casefold() == name.casefold():
            return True
        return self._client.repository(repo).name.casefold() == name.casefold()

    def _fate_of_card(self, seen: _Seen, repo: str) -> str:
        assert seen.issue  # noqa: S101 - it is there
        link = seen.moved
        card = self._board.card(link.home or repo if link else repo, seen.issue.number)
        if card is None:
            return "deleted"
        return "archived" if card.archived else ""

    def _retired(self, effect: CheckIssues, wanted: DesiredIssue, kept: Issue) -> list[int]:
        others = (number for number in effect.duplicates if number != kept.number)
        found = [issue for number in others if (issue := self._client.find_issue(wanted.repo, number))]
        return self._issues.retire(wanted, found, kept)


def repository_and_number(issue: Issue) -> tuple[str, str, int]:
    """Organization, repository and number of an issue, as its address says."""
    *_, org, repo, _, _ = urlsplit(issue.html_url).path.split("/")
    return unquote(org), unquote(repo), issue.number
