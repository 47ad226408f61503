"""GitHub's records. They are immutable and replaced on change, which makes stale reads cheap (see `write_log`)."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from sandbox.github.identity import node_id

Access = Literal["read", "triage", "write", "maintain", "admin"]
StateReason = Literal["completed", "not_planned", "duplicate", "reopened"]
EventKind = Literal[
    "labeled",
    "unlabeled",
    "assigned",
    "unassigned",
    "renamed",
    "closed",
    "reopened",
    "transferred",
    "comment_deleted",
    "added_to_project_v2",
    "removed_from_project_v2",
    "project_v2_item_status_changed",
]
ReactionContent = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
FieldType = Literal["TITLE", "TEXT", "NUMBER", "DATE", "SINGLE_SELECT"]
Color = Literal["BLUE", "GRAY", "GREEN", "ORANGE", "PINK", "PURPLE", "RED", "YELLOW"]


STATUS = "Status"
"""Name of the field that every board has. Its options are the columns."""


def current_time() -> datetime:
    """Return the current time in whole seconds, GitHub's precision."""
    return datetime.now(UTC).replace(microsecond=0)


class Record(BaseModel):
    """An immutable record; `replaced` returns a changed copy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with these fields changed."""
        return self.model_copy(update=changes)


class User(Record):
    """A person, or the bot of an App."""

    id: int
    login: str
    name: str
    type: Literal["User", "Bot"] = "User"
    created_at: datetime = Field(default_factory=current_time)

    @property
    def node_id(self) -> str:
        """Global id of the user; bots have their own prefix."""
        return node_id("BOT" if self.type == "Bot" else "U", self.id)


class Organization(Record):
    """The organization. There is only one."""

    id: int
    login: str
    name: str
    description: str
    members: tuple[int, ...] = ()
    owners: tuple[int, ...] = Field((), description="Members who administer the organization")
    created_at: datetime = Field(default_factory=current_time)

    @property
    def node_id(self) -> str:
        return node_id("O", self.id)


class Team(Record):
    """A team of the organization."""

    id: int
    organization_id: int
    slug: str
    name: str
    members: tuple[int, ...]

    @property
    def node_id(self) -> str:
        return node_id("T", self.organization_id, self.id)


class App(Record):
    """A GitHub App and its only installation, on the organization."""

    id: int
    slug: str
    name: str
    client_id: str
    bot_id: int
    installation_id: int
    permissions: dict[str, str]
    public_key: str | None = Field(None, description="PEM; its private key signs the App's JWTs")
    created_at: datetime = Field(default_factory=current_time)

    @property
    def node_id(self) -> str:
        return node_id("A", self.id)


class Token(Record):
    """A credential: a person's, or the App installation's (with permissions)."""

    user_id: int
    permissions: dict[str, str] | None = None
    repositories: tuple[int, ...] | None = Field(None, description="Limited to these; None: all")
    expires_at: datetime | None = None


class Repository(Record):
    """A repository with its files. Its issues are in the state's tables."""

    id: int
    name: str
    description: str
    private: bool = False
    has_issues: bool = True
    default_branch: str = "main"
    collaborators: dict[int, Access] = Field(default_factory=dict, description="User id -> role")
    files: dict[str, str] = Field(default_factory=dict, description="Path -> text, on the default branch")
    former_names: tuple[str, ...] = Field((), description="Requests for these names are redirected")
    protected: bool = Field(
        False, description="True if its default branch accepts changes by pull request only"
    )
    created_at: datetime = Field(default_factory=current_time)

    @property
    def node_id(self) -> str:
        return node_id("R", self.id)


class Commit(Record):
    """A change of files on a repository's default branch."""

    id: int
    repository_id: int
    sha: str
    tree: str
    parent: str | None
    message: str
    author: str
    email: str
    at: datetime


class Label(Record):
    """A label of a repository. Issues refer to it by id, so that a rename applies everywhere."""

    id: int
    repository_id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    @property
    def node_id(self) -> str:
        return node_id("LA", self.repository_id, self.id)


class Issue(Record):
    """An issue. Its comments, events and cards refer to it by id."""

    id: int
    repository_id: int
    number: int
    title: str
    body: str | None = None
    author_id: int
    via_app: bool = False
    state: Literal["open", "closed"] = "open"
    state_reason: StateReason | None = None
    label_ids: tuple[int, ...] = ()
    assignee_ids: tuple[int, ...] = ()
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    closed_by_id: int | None = None

    @property
    def node_id(self) -> str:
        return node_id("I", self.repository_id, self.id)


class Comment(Record):
    """A comment on an issue."""

    id: int
    repository_id: int
    issue_id: int
    body: str
    author_id: int
    via_app: bool = False
    created_at: datetime
    updated_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("IC", self.repository_id, self.id)


class Edit(Record):
    """A version of a description or comment; the first one is the original text."""

    id: int
    subject: str = Field(description="Node id of the issue or comment")
    editor_id: int
    body: str
    at: datetime

    @property
    def node_id(self) -> str:
        return node_id("UCE", self.id)


class Tombstone(Record):
    """A deleted or transferred issue: its number is never reused."""

    id: int = Field(description="Former id of the issue")
    repository_id: int
    number: int
    moved_to: int | None = Field(None, description="Its id after the transfer; None: deleted")


class Reaction(Record):
    """A user's reaction to an issue or comment."""

    id: int
    subject: str = Field(description="Node id of the issue or comment")
    user_id: int
    content: ReactionContent
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("REA", self.id)


class Event(Record):
    """An event in an issue's timeline."""

    id: int
    issue_id: int
    actor_id: int
    kind: EventKind
    label_name: str | None = None
    label_color: str | None = None
    assignee_id: int | None = None
    renamed_from: str | None = None
    renamed_to: str | None = None
    state_reason: StateReason | None = None
    from_repository_id: int | None = None
    comment_author_id: int | None = None
    project_id: int | None = None
    status: str = Field("", description="Column of the card; empty: none")
    previous_status: str = ""
    via_app: bool = False
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("EV", self.issue_id, self.id)


class Hook(Record):
    """A webhook."""

    id: int
    repository_id: int | None = Field(description="None: the organization")
    url: str
    content_type: Literal["json", "form"]
    secret: str | None = Field(repr=False)
    events: tuple[str, ...]
    active: bool
    created_at: datetime
    updated_at: datetime


class Option(Record):
    """An option of a single-select field: a column of the board."""

    id: str
    name: str
    color: Color = "GRAY"
    description: str = ""


class ProjectField(Record):
    """A field of a project."""

    id: int
    name: str
    type: FieldType
    options: tuple[Option, ...] = ()


AUTOMATION = "github-project-automation[bot]"
"""Login of the bot that runs the board's automations."""


class Project(Record):
    """A Projects v2 board of the organization."""

    id: int
    owner_id: int
    number: int
    title: str
    fields: tuple[ProjectField, ...]
    repositories: tuple[int, ...] = Field((), description="Linked repositories")
    public: bool = False
    restore_on_add: bool = Field(
        False,
        description="True if adding an issue restores its archived card; GitHub does not document it",
    )
    automations: dict[Literal["closed", "reopened", "closes"], str] = Field(
        default={},
        description="Column for the card of a closed, or a reopened, issue; column whose cards' issues are closed",
    )
    created_at: datetime = Field(default_factory=current_time)
    updated_at: datetime = Field(default_factory=current_time)

    @property
    def node_id(self) -> str:
        return node_id("PVT", self.owner_id, self.id)

    @property
    def status(self) -> ProjectField:
        """The field whose options are the board's columns."""
        return next(field for field in self.fields if field.name == STATUS)

    def field_id(self, field: ProjectField) -> str:
        """Return the global id of one of the fields."""
        prefix = "PVTSSF" if field.type == "SINGLE_SELECT" else "PVTF"
        return node_id(prefix, self.owner_id, self.id, field.id)


class FieldValue(Record):
    """A card's value in a field: the option's id, or the text, number or date itself."""

    value: str | float
    creator_id: int
    created_at: datetime
    updated_at: datetime


class Item(Record):
    """A card: an issue on a board."""

    id: int
    project_id: int
    issue_id: int
    creator_id: int
    archived: bool = False
    values: dict[int, FieldValue] = Field(default_factory=dict, description="Field id -> value")
    created_at: datetime
    updated_at: datetime


Node = User | Organization | Team | Repository | Label | Issue | Comment | Event | Project | Item
