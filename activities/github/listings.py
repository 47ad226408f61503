"""Lists changes on GitHub for all leads at once, and looks at many leads' issues and cards in one request.

A listing is requested at the same address until it shows something new, because GitHub does not count the answer that
nothing changed (304) against its rate limit. GitHub cannot list the cards that moved, so the cards of a hundred leads
are looked at by the numbers of their issues, for one point of the rate limit.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import AwareDatetime, Field

from activities.github.board import at
from activities.github.client import ChangedItems, GitHubClient
from activities.github.errors import github_errors
from activities.github.issue_block import checksum
from activities.github.models import Comment, Issue
from process.hashing import short_hash
from process.types import Base

OVERLAP = timedelta(minutes=10)
"""Time span that is read again, because GitHub's listings lag: by eight minutes, on bad days."""
FIRST_SPAN = timedelta(days=1)
"""Time span that the first reconciliation reads."""
MAX_SEEN = 2000
"""Maximum number of items that a cursor remembers. Others of the same span are listed a second time, and no more."""
BATCH = 100
"""Number of leads that are looked at in one request."""

_CARD = """
fragment card on Issue {
  number repository { name }
  projectItems(first: 20, includeArchived: true) { nodes {
    id isArchived project { number }
    fieldValueByName(name: $field) { ... on ProjectV2ItemFieldSingleSelectValue { name } }
  } }
}"""
_LOOK = """
query($org: String!, $number: Int!, $field: String!, $leads: String!, $hubs: String!) {
  rateLimit { cost }
  leads: repository(owner: $org, name: $leads) { name }
  hubs: repository(owner: $org, name: $hubs) { name }
  organization(login: $org) { projectV2(number: $number) {
    field(name: $field) { ... on ProjectV2SingleSelectField { options { name } } }
  } }
"""

T = TypeVar("T", Issue, Comment)
IssueName = tuple[str, int]
"""Repository and number."""


def _a_while_ago() -> datetime:
    return (datetime.now(UTC) - FIRST_SPAN).replace(microsecond=0)


class ListingCursor(Base):
    """The position up to which a listing was read, in GitHub's own times."""

    since: AwareDatetime = Field(default_factory=_a_while_ago)
    etag: str = ""
    seen: list[str] = []
    """Checksum of each item read at or after `since`, because GitHub's times have no fractions of a second."""
    whole: str = ""
    """Checksum of all of them, if they are more than `seen` holds."""


class ListingReading(Generic[T]):
    """One reading of a listing, page by page, from a cursor on."""

    def __init__(self, start: ListingCursor) -> None:
        self._start = start
        self._seen = set(start.seen)
        self._read: dict[int, tuple[datetime, str]] = {}
        """Time and checksum of the items of this reading that the overlap still needs, by id."""
        self._newest = start.since
        self._pages = 0
        self._has_news = False

    def take(self, page: ChangedItems[T]) -> tuple[list[T], ListingCursor]:
        """Return the page's items that are new or changed since they were read, and the position after the page."""
        self._pages += 1
        checksums = {item.id: _checksum(item) for item in page.items}
        news = list({item.id: item for item in page.items if checksums[item.id] not in self._seen}.values())
        self._has_news |= bool(news)
        self._seen.update(checksums.values())
        self._read |= {item.id: (item.updated_at, checksums[item.id]) for item in page.items}
        self._newest = max((self._newest, *(item.updated_at for item in page.items)))
        return news, self._after(page)

    def _after(self, page: ChangedItems[T]) -> ListingCursor:
        """Return the position after the page.

        The overlap is dropped if several pages were read and nothing in them was new: only a listing of one page can be
        answered with 304.
        """
        start: ListingCursor = self._start
        same = not self._has_news or (start.whole != "" and start.whole == _whole(self._read.values()))
        settled = page.last and self._pages > 1 and same
        since = self._newest if settled else max(start.since, self._newest - OVERLAP)
        if not (page.last and start.whole):  # the checksum of all needs them until the end
            self._read = {id_: read for id_, read in self._read.items() if read[0] >= since}
        kept = sorted((read for read in self._read.values() if read[0] >= since), reverse=True)
        seen: list[str] = [each for _, each in kept]
        if not page.last:  # the reading may end here, before those of the other pages were read again
            seen = list(dict.fromkeys([*seen, *start.seen]))
        return ListingCursor(
            since=since,
            etag=page.etag if since == start.since else "",
            seen=seen[:MAX_SEEN],
            whole=_whole(kept) if len(kept) > MAX_SEEN else "",
        )


def _checksum(item: Issue | Comment) -> str:
    return checksum(item.model_dump_json())


def _whole(items: Iterable[tuple[datetime, str]]) -> str:
    return short_hash("".join(sorted(each for _, each in items)))


class ListedPage(NamedTuple, Generic[T]):
    """A page of a listing: its items, those that are new, and the position after it."""

    items: list[T]
    news: list[T]
    position: ListingCursor
    last: bool
    """True if no page follows."""


class SeenIssue(NamedTuple):
    """A lead's issue as GitHub shows it now, with its card on the board, if that is not archived."""

    card: str = ""
    """Global id of the card; empty without one."""
    column: str = ""


class SeenLeads(NamedTuple):
    """The state of some leads on GitHub, with the board's columns and the present names of the repositories."""

    issues: dict[IssueName, SeenIssue]
    """The issues that are where they were asked for; others were deleted, hidden, or moved to another repository."""
    columns: frozenset[str]
    repositories: dict[str, str]
    """Name in the settings -> present name on GitHub, which redirects from old names."""

    def ours(self, repo: str) -> str:
        """Return the name in the settings for this repository, or the same name for any other."""
        names = {
            name.casefold(): ours for ours, theirs in self.repositories.items() for name in (ours, theirs)
        }
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
        self._cost = RequestCost()

    def spent(self) -> dict[str, int]:
        """Return the cost since this was asked last, by kind."""
        cost, self._cost = self._cost, RequestCost()
        return cost._asdict()

    def issues(self, repo: str, start: ListingCursor, label: str = "") -> Iterator[ListedPage[Issue]]:
        """Yield the issues that were opened or changed, page by page.

        `label` restricts them to open issues with that label.
        """
        pages = self._client.changed_issues(repo, since=start.since, etag=start.etag, label=label)
        yield from self._read(pages, start)

    def comments(self, repo: str, start: ListingCursor) -> Iterator[ListedPage[Comment]]:
        """Yield the comments that were written or edited, page by page."""
        pages = self._client.changed_comments(repo, since=start.since, etag=start.etag)
        yield from self._read(pages, start)

    def look(self, issues: Collection[IssueName], hub_issues: Collection[IssueName] = ()) -> SeenLeads:
        """Look at leads' issues with their cards, and at hubs' issues without; at most BATCH leads in one call."""
        settings = self._settings
        names = sorted({*issues, *hub_issues})
        repos = sorted({repo for repo, _ in names})
        aliases = {repo: f"r{number}" for number, repo in enumerate(repos)}
        asked = "".join(
            f"{aliases[repo]}: repository(owner: $org, name: {_quoted(repo)}) {{ name "
            + " ".join(
                f"i{number}: issue(number: {number}) {{ "
                + ("...card" if (repo, number) in issues else "number repository { name }")
                + " }"
                for name, number in names
                if name == repo
            )
            + " }\n"
            for repo in repos
        )
        variables = {
            "org": settings.org,
            "number": settings.project_number,
            "field": settings.status_field,
            "leads": settings.leads_repo,
            "hubs": settings.hubs_repo,
        }
        query = f"{_LOOK}{asked}}}{_CARD if issues else ''}"
        with github_errors("when looking at the leads' issues and cards"):
            data = self._client.graphql_partly(query, variables, aliases.values())
            self._spent(points=int(at(data, "rateLimit", "cost")))
            field = at(data, "organization", "projectV2").get("field") or {}
            return SeenLeads(
                issues={
                    (repo, number): self._seen(shown)
                    for repo, number in names
                    if (shown := _there(data.get(aliases[repo]), number))
                },
                columns=frozenset(str(option["name"]) for option in field.get("options", ())),
                repositories={
                    settings.leads_repo: at(data, "leads", "name"),
                    settings.hubs_repo: at(data, "hubs", "name"),
                },
            )

    # Helpers

    def _seen(self, shown: Mapping[str, Any]) -> SeenIssue:
        for node in (shown.get("projectItems") or {}).get("nodes", ()):
            if node and node["project"]["number"] == self._settings.project_number and not node["isArchived"]:
                return SeenIssue(node["id"], (node.get("fieldValueByName") or {}).get("name", ""))
        return SeenIssue()

    def _read(self, pages: Iterator[ChangedItems[T]], start: ListingCursor) -> Iterator[ListedPage[T]]:
        reading = ListingReading[T](start)
        unchanged = True
        for page in pages:
            unchanged = False
            self._spent(requests=1)
            yield ListedPage(page.items, *reading.take(page), page.last)
        if unchanged:
            self._spent(unchanged=1)

    def _spent(self, requests: int = 0, unchanged: int = 0, points: int = 0) -> None:
        cost = self._cost
        self._cost = RequestCost(cost.requests + requests, cost.unchanged + unchanged, cost.points + points)


def _there(repository: Mapping[str, Any] | None, number: int) -> Mapping[str, Any] | None:
    """Return the issue of the answer, or None if it is not (any more) in the repository under this number."""
    shown: Mapping[str, Any] | None = repository.get(f"i{number}") if repository else None
    if repository is None or shown is None or shown["number"] != number:
        return None
    return shown if shown["repository"]["name"] == repository["name"] else None


def _quoted(name: str) -> str:
    """Return a repository's name as a GraphQL string. Other characters than these are not in such names."""
    return '"' + "".join(c for c in name if c.isalnum() or c in "._-") + '"'
