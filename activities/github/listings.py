"""Lists changes on GitHub for all leads at once, in few requests.

A listing is requested at the same address until it shows something new, because GitHub does not count the answer that
nothing changed (304) against its rate limit. The board is read in batches of a hundred cards.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from pydantic import AliasPath, AwareDatetime, BaseModel, Field

from activities.github.board import at
from activities.github.client import ChangedItems, GitHubClient
from activities.github.errors import github_errors
from activities.github.models import Comment, Issue

OVERLAP = timedelta(minutes=2)
"""Time span that is read again, because GitHub's listings lag."""
FIRST_SPAN = timedelta(days=1)
"""Time span that the first reconciliation reads."""

_ITEMS = """
query($org: String!, $number: Int!, $field: String!, $leads: String!, $hubs: String!, $after: String) {
  rateLimit { cost }
  leads: repository(owner: $org, name: $leads) { name }
  hubs: repository(owner: $org, name: $hubs) { name }
  organization(login: $org) { projectV2(number: $number) {
    field(name: $field) { ... on ProjectV2SingleSelectField { options { name } } }
    items(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id isArchived
        fieldValueByName(name: $field) { ... on ProjectV2ItemFieldSingleSelectValue { name } }
        content { ... on Issue { number repository { name } } }
      }
    }
  } }
}"""
_LABELLED = """
query($org: String!, $repo: String!, $label: String!, $after: String) {
  rateLimit { cost }
  repository(owner: $org, name: $repo) {
    issues(first: 100, after: $after, labels: [$label]) {
      pageInfo { hasNextPage endCursor }
      nodes { number }
    }
  }
}"""

T = TypeVar("T", Issue, Comment)


def _a_while_ago() -> datetime:
    return (datetime.now(UTC) - FIRST_SPAN).replace(microsecond=0)


class ListingCursor(BaseModel):
    """The position up to which a listing was read, in GitHub's own times."""

    since: AwareDatetime = Field(default_factory=_a_while_ago)
    etag: str = ""
    seen: dict[int, str] = {}
    """Id -> digest of each item read at or after `since`, because GitHub's times have no fractions of a second."""

    def unseen(self, items: list[T]) -> list[T]:
        """Return the items that are new, or have changed since they were read."""
        return [item for item in items if self.seen.get(item.id) != _digest(item)]

    def after(self, changes: ChangedItems[T]) -> "ListingCursor":
        """Return the position after these items.

        The overlap is dropped if several pages were read and nothing in them was new: only a listing of one page can be
        answered with 304.
        """
        newest = max((item.updated_at for item in changes.items), default=self.since)
        settled = changes.requests > 1 and not self.unseen(changes.items)
        since = newest if settled else max(self.since, newest - OVERLAP)
        seen = {item.id: _digest(item) for item in changes.items if item.updated_at >= since}
        return ListingCursor(since=since, etag=changes.etag if since == self.since else "", seen=seen)


def _digest(item: Issue | Comment) -> str:
    return hashlib.sha256(item.model_dump_json().encode()).hexdigest()[:12]


class BoardCard(BaseModel):
    """A card of the board."""

    id: str
    archived: bool = Field(alias="isArchived")
    value: dict[str, str] | None = Field(alias="fieldValueByName")
    repo: str = Field("", validation_alias=AliasPath("content", "repository", "name"))
    number: int = Field(0, validation_alias=AliasPath("content", "number"))

    @property
    def column(self) -> str:
        return (self.value or {}).get("name", "")


class BoardListing(NamedTuple):
    """The board's cards and columns, and the present names of the repositories."""

    cards: list[BoardCard]
    """Cards that are not archived, with repositories by the names in the settings."""
    columns: frozenset[str]
    repositories: dict[str, str]
    """Name in the settings -> present name on GitHub, which redirects from old names."""

    def ours(self, repo: str) -> str:
        """Return the name in the settings for this repository, or the same name for any other."""
        names = {theirs.casefold(): ours for ours, theirs in self.repositories.items()}
        return names.get(repo.casefold(), repo)


class RequestCost(NamedTuple):
    """The cost of the requests: REST requests, free ones (304), and points of GraphQL."""

    requests: int = 0
    unchanged: int = 0
    points: int = 0


class GitHubListings:
    """Reads the listings of one reconciliation, and counts their cost."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._settings = client.settings
        self.cost = RequestCost()

    def issues(self, repo: str, listing: ListingCursor) -> tuple[list[Issue], ListingCursor]:
        """Return the issues that were opened or changed, and the new cursor."""
        changes = self._client.changed_issues(repo, since=listing.since, etag=listing.etag)
        return self._read(changes, listing)

    def comments(self, repo: str, listing: ListingCursor) -> tuple[list[Comment], ListingCursor]:
        """Return the comments that were written or edited, and the new cursor."""
        changes = self._client.changed_comments(repo, since=listing.since, etag=listing.etag)
        return self._read(changes, listing)

    def labelled(self, repo: str, label: str) -> list[Issue]:
        """Return the open issues with this label, of any age."""
        found = list(self._client.labelled(repo, label))
        self._spent(requests=1 + len(found) // 100)
        return found

    def board(self) -> BoardListing:
        """Return all cards of the board, its columns, and the repositories' names."""
        settings = self._settings
        variables = {
            "org": settings.org,
            "number": settings.project_number,
            "field": settings.status_field,
            "leads": settings.leads_repo,
            "hubs": settings.hubs_repo,
        }
        with github_errors("when reading the board"):
            pages = list(self._batches(_ITEMS, variables, "organization", "projectV2", "items"))
            found = [
                BoardCard.model_validate(node) for _, nodes in pages for node in nodes if node.get("content")
            ]
            data = pages[0][0]
            field = at(data, "organization", "projectV2").get("field") or {}
            columns = frozenset(str(option["name"]) for option in field.get("options", ()))
            names = {
                settings.leads_repo: at(data, "leads", "name"),
                settings.hubs_repo: at(data, "hubs", "name"),
            }
        board = BoardListing([], columns, names)
        cards = [card for card in found if not card.archived and card.number]
        return board._replace(
            cards=[card.model_copy(update={"repo": board.ours(card.repo)}) for card in cards]
        )

    def numbers(self, repo: str, label: str) -> set[int]:
        """Return the numbers of all issues with this label, open and closed."""
        with github_errors(f"when listing the issues of {repo}"):
            variables = {"org": self._settings.org, "repo": repo, "label": label}
            pages = self._batches(_LABELLED, variables, "repository", "issues")
            return {int(node["number"]) for _, nodes in pages for node in nodes}

    # Helpers

    def _read(self, changes: ChangedItems[T] | None, listing: ListingCursor) -> tuple[list[T], ListingCursor]:
        if changes is None:
            self._spent(unchanged=1)
            return [], listing
        self._spent(requests=changes.requests)
        return listing.unseen(changes.items), listing.after(changes)

    def _batches(
        self, query: str, variables: dict[str, Any], *path: str
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Yield each whole answer with the nodes of its listing."""
        after = None
        while True:
            data = self._client.graphql(query, variables | {"after": after})
            self._spent(points=int(at(data, "rateLimit", "cost")))
            found = at(data, *path)
            yield data, [node for node in found["nodes"] if node]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _spent(self, requests: int = 0, unchanged: int = 0, points: int = 0) -> None:
        cost = self.cost
        self.cost = RequestCost(cost.requests + requests, cost.unchanged + unchanged, cost.points + points)
