"""GitHub's objects: the part of its answers that the service reads."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, Field

from process.types import Base

T = TypeVar("T")

Page = Annotated[list[T], Field(max_length=1_000)]
"""A page of a list. GitHub's have a hundred entries at most."""


class Label(Base):
    """A label of an issue or a repository."""

    name: str


class Account(Base):
    """The account of an author. GitHub shows a deleted account as null."""

    login: str
    id: int | None = None
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        return self.type != "User"


class Issue(Base):
    """An issue, or a pull request."""

    id: int
    number: int
    node_id: str = ""
    user: Account | None = None
    html_url: str
    title: str
    body: str | None
    state: Literal["open", "closed"]
    labels: list[Label]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    pull_request: Any = None

    @property
    def text(self) -> str:
        return self.body or ""

    def has_label(self, name: str) -> bool:
        """Return True if the issue has the label, regardless of case."""
        return any(label.name.casefold() == name.casefold() for label in self.labels)


class Comment(Base):
    """A comment on an issue."""

    id: int
    node_id: str
    issue_url: str
    html_url: str
    body: str | None
    user: Account | None
    author_association: str = "NONE"
    reactions: dict[str, Any] = {}
    """Kind of reaction -> number of people who reacted so, and further values."""
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def text(self) -> str:
        return self.body or ""

    @property
    def issue(self) -> int:
        """Number of the comment's issue."""
        return int(self.issue_url.rpartition("/")[2])


class Reaction(Base):
    """A reaction to a comment."""

    id: int
    user: Account | None = None
    content: str


class Repository(Base):
    """A repository of the organization."""

    id: int
    name: str
    full_name: str
    has_issues: bool = True
    archived: bool = False
    private: bool = False
