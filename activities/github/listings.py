"""What is new on GitHub, for all leads at once: few requests, and most of them free.

A listing is asked for again at the same address until it shows something new: then GitHub can answer that nothing
changed, which does not count against its rate limit. The board is read in batches of a hundred cards.
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
"""How much of what was read is read again: GitHub's listings lag."""
AT_FIRST = timedelta(days=1)
"""How far the first round looks back."""

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
    return (datetime.now(UTC) - AT_FIRST).replace(microsecond=0)


class ListingCursor(BaseModel):
    """How far a listing was read: by GitHub's own times, so no clock of ours counts."""

    since: AwareDatetime = Field(default_factory=_a_while_ago)
    etag: str = ""
    seen: dict[int, str] = {}
    """What was seen at or after `since`, and a digest of how it was: GitHub's times have no fractions of a second."""

    def fresh(self, items: list[T]) -> list[T]:
        """Those that were not seen as they are now."""
        return [item for item in items if self.seen.get(item.id) != _digest(item)]

    def after(self, changes: ChangedItems[T]) -> "ListingCursor":
        """How far it is read with these.

        Where more changed at once than one page has, all but those of the last second are let go of when all were seen
        twice: of several pages none would ever be free.
        """
        newest = max((item.updated_at for item in changes.items), default=self.since)
        settled = changes.requests > 1 and not self.fresh(changes.items)
        since = newest if settled else max(self.since, newest - OVERLAP)
        seen = {item.id: _digest(item) for item in changes.items if item.updated_at >= since}
        return ListingCursor(since=since, etag=changes.etag if since == self.since else "", seen=seen)


def _digest(item: Issue | Comment) -> str:
    return hashlib.sha256(item.model_dump_json().encode()).hexdigest()[:12]


class BoardCard(BaseModel):
    """A card of the board, as much of it as is compared."""

    id: str
    archived: bool = Field(alias="isArchived")
    value: dict[str, str] | None = Field(alias="fieldValueByName")
    repo: str = Field("", validation_alias=AliasPath("content", "repository", "name"))
    number: int = Field(0, validation_alias=AliasPath("content", "number"))

    @property
    def column(self) -> str:
        return (self.value or {}).get("name", "")


class BoardListing(NamedTuple):
    """The board, and what the repositories are called by now."""

    cards: list[BoardCard]
    """Those that are not archived, in repositories by our names."""
    columns: frozenset[str]
    repositories: dict[str, str]
    """Name in the settings -> name at GitHub, which leads there also from an old one."""

    def ours(self, repo: str) -> str:
        """What the settings call the repository of this name; any other has its own name."""
        names = {theirs.casefold(): ours for ours, theirs in self.repositories.items()}
        return names.get(repo.casefold(), repo)


class RequestCost(NamedTuple):
    """What was asked of GitHub. A request that found nothing changed is free; GraphQL counts in points."""

    requests: int = 0
    unchanged: int = 0
    points: int = 0


class GitHubListings:
    """One round of looking; counts what it costs."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._settings = client.settings
        self.cost = RequestCost()

    def issues(self, repo: str, listing: ListingCursor) -> tuple[list[Issue], ListingCursor]:
        """Issues that were opened or changed, and how far that was read."""
        changes = self._client.changed_issues(repo, since=listing.since, etag=listing.etag)
        return self._read(changes, listing)

    def comments(self, repo: str, listing: ListingCursor) -> tuple[list[Comment], ListingCursor]:
        """Comments that were written or edited, and how far that was read."""
        changes = self._client.changed_comments(repo, since=listing.since, etag=listing.etag)
        return self._read(changes, listing)

    def labelled(self, repo: str, label: str) -> list[Issue]:
        """The open issues with this label, however old."""
        found = list(self._client.labelled(repo, label))
        self._spent(requests=1 + len(found) // 100)
        return found

    def board(self) -> BoardListing:
        """All cards of the board, its columns, and the repositories' names."""
        settings = self._settings
        asked = {
            "org": settings.org,
            "number": settings.project_number,
            "field": settings.status_field,
            "leads": settings.leads_repo,
            "hubs": settings.hubs_repo,
        }
        with github_errors("when reading the board"):
            pages = list(self._batches(_ITEMS, asked, "organization", "projectV2", "items"))
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
        """Numbers of all issues with this label, open and closed."""
        with github_errors(f"when listing the issues of {repo}"):
            asked = {"org": self._settings.org, "repo": repo, "label": label}
            pages = self._batches(_LABELLED, asked, "repository", "issues")
            return {int(node["number"]) for _, nodes in pages for node in nodes}

    # Inside

    def _read(self, changes: ChangedItems[T] | None, listing: ListingCursor) -> tuple[list[T], ListingCursor]:
        if changes is None:
            self._spent(unchanged=1)
            return [], listing
        self._spent(requests=changes.requests)
        return listing.fresh(changes.items), listing.after(changes)

    def _batches(
        self, query: str, asked: dict[str, Any], *path: str
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Each answer as a whole, and the nodes of the listing in it."""
        after = None
        while True:
            data = self._client.graphql(query, asked | {"after": after})
            self._spent(points=int(at(data, "rateLimit", "cost")))
            found = at(data, *path)
            yield data, [node for node in found["nodes"] if node]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _spent(self, requests: int = 0, unchanged: int = 0, points: int = 0) -> None:
        cost = self.cost
        self.cost = RequestCost(cost.requests + requests, cost.unchanged + unchanged, cost.points + points)
