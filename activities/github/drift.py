"""Checks a lead's issues and card for drift: people delete, transfer and archive them. Retires duplicate issues."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from activities.errors import again
from activities.github.board import GitHubBoard
from activities.github.client import GitHubClient
from activities.github.issues import DesiredIssue, GitHubIssues
from activities.github.models import Issue
from activities.settling import is_settling
from process.effects import CheckIssues
from process.effects.observations import DriftFound
from process.lead.lead import Lead
from process.types import Artifact, Link


class _FoundIssue(NamedTuple):
    """One of a lead's issues as found: the issue, where and how it moved, or why it is gone."""

    issue: Issue | None
    moved: Link | None = None
    how: str = ""
    gone: str = ""


class GitHubDrift:
    """Checks one lead. Drift that the lead's own effects can repair is only reported."""

    def __init__(self, client: GitHubClient, issues: GitHubIssues, board: GitHubBoard) -> None:
        self._client = client
        self._settings = client.settings
        self._issues = issues
        self._board = board

    def check(self, lead: Lead, effect: CheckIssues, desired: DesiredIssue) -> DriftFound | None:
        """Return the drift that the lead does not know yet, or None. `desired` is the state that its issue should have."""
        broken: dict[Artifact, str] = {}
        repaired: list[str] = []
        issue = self._find(lead.issue, self._settings.leads_repo)
        hub_issue = self._find(lead.hub_issue, self._settings.hubs_repo)
        replace_card = False
        if issue.gone:
            broken["issue"] = f"The lead's issue {issue.gone}"
        elif issue.issue:
            if issue.moved:
                repaired.append(f"the lead's issue {issue.how}, and is now {issue.moved.url}")
            if not lead.ended and (damage := self._damage_to_card(issue, desired.repo)):
                repaired.append(f"the lead's card was {damage}, and is put back")
                replace_card = True
            repaired += [
                f"issue {number} was opened twice, and is closed as a duplicate"
                for number in self._retired(effect, desired, issue.issue)
            ]
        if hub_issue.gone:
            broken["hub issue"] = f"The hub's issue {hub_issue.gone}"
        elif hub_issue.moved:
            repaired.append(f"the hub's issue {hub_issue.how}, and is now {hub_issue.moved.url}")
        found = DriftFound(
            checked=("issue", "hub issue", "card"),
            repaired=tuple(repaired),
            broken=broken,
            issue=issue.moved,
            hub_issue=hub_issue.moved,
            replace_card=replace_card,
        )
        return found if found.is_news(lead) else None

    def _find(self, link: Link | None, repo: str) -> _FoundIssue:
        if link is None:
            return _FoundIssue(None)
        known = link.home or repo
        issue = self._client.find_issue(known, int(link.id))
        if issue is None and is_settling():
            raise again(f"GitHub does not show {known}#{link.id}")
        if issue is None:
            return _FoundIssue(None, gone=f"{known}#{link.id} is gone: have a new one (issue_replaced)")
        org, now, number = issue_address(issue)
        if org.casefold() != self._settings.org.casefold():
            return _FoundIssue(None, gone=f"was moved to {org}/{now}: have a new one (issue_replaced)")
        if number == int(link.id) and self._is_called(known, now):
            renamed = link.replaced(url=issue.html_url)
            return (
                _FoundIssue(issue) if renamed == link else _FoundIssue(issue, renamed, "has another address")
            )
        home = "" if now.casefold() == repo.casefold() else now
        return _FoundIssue(issue, Link(id=str(number), url=issue.html_url, home=home), "was moved")

    def _is_called(self, repo: str, name: str) -> bool:
        """Return True if the repository has that name now. GitHub redirects from old names."""
        if repo.casefold() == name.casefold():
            return True
        return self._client.repository(repo).name.casefold() == name.casefold()

    def _damage_to_card(self, found: _FoundIssue, repo: str) -> str:
        assert found.issue  # noqa: S101 - it is there
        link = found.moved
        card = self._board.card(link.home or repo if link else repo, found.issue.number)
        if card is None:
            return "deleted"
        return "archived" if card.archived else ""

    def _retired(self, effect: CheckIssues, desired: DesiredIssue, kept: Issue) -> list[int]:
        others = (number for number in effect.duplicates if number != kept.number)
        found = [issue for number in others if (issue := self._client.find_issue(desired.repo, number))]
        return self._issues.retire(desired, found, kept)


def issue_address(issue: Issue) -> tuple[str, str, int]:
    """Return the organization, repository and number in an issue's address."""
    *_, org, repo, _, _ = urlsplit(issue.html_url).path.split("/")
    return unquote(org), unquote(repo), issue.number
