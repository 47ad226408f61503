"""Connections: the pages of GitHub's GraphQL API."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypedDict, TypeVar

from sandbox.github.errors import GitHubError

T = TypeVar("T")
Rank = list[int]
"""Sort key of an item; cursors contain it, so that they outlive the item."""

MAX_PAGE_SIZE = 100


class Page(TypedDict, total=False):
    """The arguments of every connection."""

    first: int | None
    last: int | None
    after: str | None
    before: str | None


class Numbered(Protocol):
    """Anything with a database id."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True)
class PageInfo:
    """The first and last cursor of a page, and the pages around it."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class Edge(Generic[T]):
    """An item with its cursor."""

    node: T
    cursor: str


@dataclass(frozen=True)
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]]
    page_info: PageInfo
    total_count: int

    @property
    def nodes(self) -> list[T]:
        """The items without their cursors."""
        return [edge.node for edge in self.edges]


def connection(name: str, items: Iterable[T], page: Page, rank: Callable[[T], Rank]) -> Connection[T]:
    """Return the requested page of `items`; `name` is the connection's field.

    Raises:
        GitHubError: The bounds are missing or too wide, or the cursor is invalid.
    """
    ranked = sorted(((rank(item), item) for item in items), key=lambda pair: pair[0])
    rows = ranked
    if page.get("after"):
        after = _rank(page.get("after") or "")
        rows = [row for row in rows if row[0] > after]
    if page.get("before"):
        before = _rank(page.get("before") or "")
        rows = [row for row in rows if row[0] < before]
    size = _size(name, page)
    rows = rows[:size] if page.get("first") is not None else rows[len(rows) - min(size, len(rows)) :]
    edges = [Edge(item, _cursor(where)) for where, item in rows]
    info = PageInfo(
        has_next_page=bool(rows) and rows[-1][0] < ranked[-1][0],
        has_previous_page=bool(rows) and rows[0][0] > ranked[0][0],
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges, info, len(ranked))


def by_id(record: Numbered) -> Rank:
    """Sort by database id, which is the order of creation."""
    return [record.id]


def _size(name: str, page: Page) -> int:
    for bound, size in (("first", page.get("first")), ("last", page.get("last"))):
        if size is None:
            continue
        if size > MAX_PAGE_SIZE:
            raise GitHubError(
                422,
                f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of "
                f"{MAX_PAGE_SIZE} records.",
                kind="EXCESSIVE_PAGINATION",
            )
        if size < 1:
            raise GitHubError(
                422, f"`{bound}` on the `{name}` connection cannot be less than 1.", kind="ARGUMENT_LIMIT"
            )
        return size
    raise GitHubError(
        422,
        f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
        kind="MISSING_PAGINATION_BOUNDARIES",
    )


def _cursor(rank: Rank) -> str:
    return base64.b64encode(b"cursor:v2:" + json.dumps(rank).encode()).decode()


def _rank(cursor: str) -> Rank:
    try:
        prefix, _, rank = base64.b64decode(cursor, validate=True).decode().rpartition(":")
        if prefix == "cursor:v2":
            found: Any = json.loads(rank)
            return [int(number) for number in found]
    except (binascii.Error, ValueError, TypeError):
        pass
    raise GitHubError(
        422, f"`{cursor}` does not appear to be a valid cursor.", kind="INVALID_CURSOR_ARGUMENTS"
    )
