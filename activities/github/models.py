"""What GitHub shows: as much of its answers as the service reads."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel


class Label(BaseModel):
    name: str


class Account(BaseModel):
    """Who wrote or did something. GitHub shows a deleted account as none at all."""

    login: str
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        return self.type != "User"


class Issue(BaseModel):
    """An issue as GitHub shows it."""

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
        """GitHub's labels do not distinguish upper and lower case."""
        return any(label.name.casefold() == name.casefold() for label in self.labels)


class Comment(BaseModel):
    """A comment as GitHub shows it."""

    id: int
    node_id: str
    issue_url: str
    html_url: str
    body: str | None
    user: Account | None
    author_association: str = "NONE"
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def text(self) -> str:
        return self.body or ""

    @property
    def issue(self) -> int:
        """Number of the issue that it stands in."""
        return int(self.issue_url.rpartition("/")[2])


class Reaction(BaseModel):
    id: int
    user: Account | None = None
    content: str


class Repository(BaseModel):
    id: int
    name: str
    full_name: str
    has_issues: bool = True
    archived: bool = False
