"""What this GitHub holds: immutable records in tables, and the look-ups that every face of it needs.

The whole is one pydantic model that dumps to JSON and loads back. Records are replaced, never edited: that makes
stale reads cheap (see `history`), and a half-done write impossible to see.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandbox.github.history import History, Replaced
from sandbox.github.identity import node_id, numbers_of

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
Colour = Literal["BLUE", "GRAY", "GREEN", "ORANGE", "PINK", "PURPLE", "RED", "YELLOW"]


STATUS = "Status"
"""The field that every board has; its options are the columns."""


def clock() -> datetime:
    """Now, to the second: GitHub's times have no fractions."""
    return datetime.now(UTC).replace(microsecond=0)


class Record(BaseModel):
    """Immutable; `replaced` gives a changed copy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def replaced(self, **changes: Any) -> Self:
        """A copy with these fields changed."""
        return self.model_copy(update=changes)


class User(Record):
    """A person, or the bot that an App acts as."""

    id: int
    login: str
    name: str
    type: Literal["User", "Bot"] = "User"
    created_at: datetime = Field(default_factory=clock)

    @property
    def node_id(self) -> str:
        return node_id("BOT" if self.type == "Bot" else "U", self.id)


class Organization(Record):
    """The one organization."""

    id: int
    login: str
    name: str
    description: str
    members: tuple[int, ...] = ()
    owners: tuple[int, ...] = Field((), description="The members who administer it and all it has")
    created_at: datetime = Field(default_factory=clock)

    @property
    def node_id(self) -> str:
        return node_id("O", self.id)


class Team(Record):
    """Some of the organization's members."""

    id: int
    organization_id: int
    slug: str
    name: str
    members: tuple[int, ...]

    @property
    def node_id(self) -> str:
        return node_id("T", self.organization_id, self.id)


class App(Record):
    """A GitHub App and its one installation, on the organization."""

    id: int
    slug: str
    name: str
    client_id: str
    bot_id: int
    installation_id: int
    permissions: dict[str, str]
    public_key: str | None = Field(
        None, description="PEM; the App's tokens must be signed with its other half"
    )
    created_at: datetime = Field(default_factory=clock)

    @property
    def node_id(self) -> str:
        return node_id("A", self.id)


class Token(Record):
    """A credential: a person's own, or one of the App's installation (then with permissions)."""

    user_id: int
    permissions: dict[str, str] | None = None
    repositories: tuple[int, ...] | None = Field(None, description="Limited to these; None: all")
    expires_at: datetime | None = None


class Repository(Record):
    """A repository: its issues are in the tables of the state, its files here."""

    id: int
    name: str
    description: str
    private: bool = False
    has_issues: bool = True
    default_branch: str = "main"
    collaborators: dict[int, Access] = Field(default_factory=dict, description="User id -> what they may do")
    files: dict[str, str] = Field(default_factory=dict, description="Path -> text, on the default branch")
    former_names: tuple[str, ...] = Field((), description="Who asks for it under one of these is sent on")
    protected: bool = Field(
        False, description="Whether its default branch takes changes by pull request only"
    )
    created_at: datetime = Field(default_factory=clock)

    @property
    def node_id(self) -> str:
        return node_id("R", self.id)


class Commit(Record):
    """A change of a repository's files, on its default branch."""

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
    """A label of a repository; issues hold its id, so that a rename is seen everywhere."""

    id: int
    repository_id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    @property
    def node_id(self) -> str:
        return node_id("LA", self.repository_id, self.id)


class Issue(Record):
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
    """What an issue's description or a comment said since a moment; the first is what it said at the start."""

    id: int
    subject: str = Field(description="Node id of the issue or comment")
    editor_id: int
    body: str
    at: datetime

    @property
    def node_id(self) -> str:
        return node_id("UCE", self.id)


class Trace(Record):
    """What is left of an issue that was deleted or transferred: its number is never given again."""

    id: int = Field(description="The id that the issue had")
    repository_id: int
    number: int
    moved_to: int | None = Field(None, description="The id that it has now, elsewhere; none: deleted")


class Reaction(Record):
    """One person's reaction to an issue or to a comment."""

    id: int
    subject: str = Field(description="Node id of the issue or comment")
    user_id: int
    content: ReactionContent
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("REA", self.id)


class Event(Record):
    """Something that happened to an issue."""

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
    status: str = Field("", description="The card's column; empty: none")
    previous_status: str = ""
    via_app: bool = False
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("EV", self.issue_id, self.id)


class Hook(Record):
    """A webhook."""

    id: int
    repository_id: int | None = Field(description="None: the organization's")
    url: str
    content_type: Literal["json", "form"]
    secret: str | None = Field(repr=False)
    events: tuple[str, ...]
    active: bool
    created_at: datetime
    updated_at: datetime


class Option(Record):
    """A choice of a single-select field: a column of the board."""

    id: str
    name: str
    color: Colour = "GRAY"
    description: str = ""


class ProjectField(Record):
    """A field of a project."""

    id: int
    name: str
    type: FieldType
    options: tuple[Option, ...] = ()


AUTOMATION = "github-project-automation[bot]"
"""Whoever moves cards for the board's automations."""


class Project(Record):
    """A Projects v2 board of the organization."""

    id: int
    owner_id: int
    number: int
    title: str
    fields: tuple[ProjectField, ...]
    repositories: tuple[int, ...] = Field((), description="Those that it is linked to")
    public: bool = False
    restore_on_add: bool = Field(
        False,
        description="Whether adding content whose card is archived restores the card: GitHub leaves that open",
    )
    automations: dict[Literal["closed", "reopened", "closes"], str] = Field(
        default={},
        description="Column for the card of a closed, or a reopened, issue; column whose cards' issues are closed",
    )
    created_at: datetime = Field(default_factory=clock)
    updated_at: datetime = Field(default_factory=clock)

    @property
    def node_id(self) -> str:
        return node_id("PVT", self.owner_id, self.id)

    @property
    def status(self) -> ProjectField:
        """The field whose options are the board's columns."""
        return next(field for field in self.fields if field.name == STATUS)

    def field_id(self, field: ProjectField) -> str:
        """Global id of one of its fields."""
        prefix = "PVTSSF" if field.type == "SINGLE_SELECT" else "PVTF"
        return node_id(prefix, self.owner_id, self.id, field.id)


class FieldValue(Record):
    """What a card has in a field: the option's id, or the text, number or date itself."""

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


@dataclass(frozen=True)
class Change:
    """One write, done."""

    by: User | None
    base: str
    replaced: Replaced


Changed = Callable[[Change], None]


def _unheard(change: Change) -> None:
    """Nobody listens."""


class GitHubState(BaseModel):
    """Everything. Writes happen inside `writing()`."""

    model_config = ConfigDict(extra="forbid")

    organization: Organization
    app: App
    next_id: int = Field(description="The next database id: one sequence for all")
    users: dict[int, User] = {}
    tokens: dict[str, Token] = {}
    repositories: dict[int, Repository] = {}
    commits: dict[int, Commit] = {}
    labels: dict[int, Label] = {}
    issues: dict[int, Issue] = {}
    comments: dict[int, Comment] = {}
    reactions: dict[int, Reaction] = {}
    events: dict[int, Event] = {}
    edits: dict[int, Edit] = {}
    traces: dict[int, Trace] = {}
    teams: dict[int, Team] = {}
    hooks: dict[int, Hook] = {}
    projects: dict[int, Project] = {}
    items: dict[int, Item] = {}

    _history: History = PrivateAttr(default_factory=History)
    _changed: Changed = PrivateAttr(default_factory=lambda: _unheard)

    @classmethod
    def seeded(cls, org: str = "2i2c-org", *, bare: bool = False) -> "GitHubState":
        """The start: an organization with two repositories, a board, an App and people."""
        from sandbox.github.seed import seeded

        return seeded(org, bare=bare)

    # -- past and present ---------------------------------------------------------------------------------------

    def _tables(self) -> dict[str, dict[Any, Any]]:
        """What reads can be stale about: all but the credentials."""
        names = type(self).model_fields.keys() - {"organization", "app", "next_id", "tokens"}
        return {name: getattr(self, name) for name in names}

    def bind(self, changed: Changed) -> Self:
        """`changed` is told of every write, after it."""
        self._changed = changed
        return self

    @contextmanager
    def writing(self, by: User | None = None, base: str = "") -> Iterator[None]:
        """Around every write: all of it happens or nothing; what it replaced is remembered and told.

        `by` is who writes, `base` the address under which they reach this GitHub.
        """
        with self._history.write(self._tables(), datetime.now(UTC)) as replaced:
            yield
        self._changed(Change(by, base, replaced))

    def past(self, *, writes: int = 0, seconds: float = 0) -> "GitHubState":
        """As it was before the latest `writes` writes and before those of the last `seconds`; for reading only."""
        tables = self._history.past(self._tables(), datetime.now(UTC), writes=writes, seconds=seconds)
        return self.model_copy(update=dict(tables))

    def new_id(self) -> int:
        """A database id that nothing has yet."""
        self.next_id += 1
        return self.next_id - 1

    # -- look-ups -----------------------------------------------------------------------------------------------

    def user(self, login: str) -> User | None:
        """By login, in any case."""
        return _first(user for user in self.users.values() if user.login.lower() == login.lower())

    def repository(self, owner: str, name: str) -> Repository | None:
        """By owner and name, in any case."""
        if owner.lower() != self.organization.login.lower():
            return None
        return _first(repo for repo in self.repositories.values() if repo.name.lower() == name.lower())

    def moved_repository(self, owner: str, name: str) -> Repository | None:
        """The one that had this name; the latest, where several did."""
        if owner.lower() != self.organization.login.lower():
            return None
        return _first(
            repo
            for repo in sorted(self.repositories.values(), key=lambda repo: -repo.id)
            if name.lower() in map(str.lower, repo.former_names)
        )

    def trace(self, repository: Repository, number: int) -> Trace | None:
        """Of the issue that had this number in the repository and is no longer there."""
        return _first(
            trace
            for trace in self.traces.values()
            if (trace.repository_id, trace.number) == (repository.id, number)
        )

    def next_number(self, repository: Repository) -> int:
        """Of the next issue."""
        left = (trace.number for trace in self.traces.values() if trace.repository_id == repository.id)
        return 1 + max((*(issue.number for issue in self.issues_of(repository)), *left), default=0)

    def issue(self, repository: Repository, number: int) -> Issue | None:
        """By its number in the repository."""
        return _first(issue for issue in self.issues_of(repository) if issue.number == number)

    def issues_of(self, repository: Repository) -> Iterator[Issue]:
        """All of a repository, open and closed."""
        return (issue for issue in self.issues.values() if issue.repository_id == repository.id)

    def comments_of(self, issue: Issue) -> list[Comment]:
        """Oldest first."""
        return sorted((c for c in self.comments.values() if c.issue_id == issue.id), key=lambda c: c.id)

    def events_of(self, issue: Issue) -> list[Event]:
        """Oldest first."""
        return sorted((e for e in self.events.values() if e.issue_id == issue.id), key=lambda e: e.id)

    def events_in(self, repository: Repository) -> list[Event]:
        """Oldest first."""
        found = (e for e in self.events.values() if self.issues[e.issue_id].repository_id == repository.id)
        return sorted(found, key=lambda e: e.id)

    def edits_of(self, subject: Issue | Comment) -> list[Edit]:
        """What it said, from the start on; empty if it was never edited."""
        return sorted((x for x in self.edits.values() if x.subject == subject.node_id), key=lambda x: x.id)

    def reactions_to(self, subject: Issue | Comment) -> list[Reaction]:
        """Oldest first."""
        return sorted(
            (r for r in self.reactions.values() if r.subject == subject.node_id), key=lambda r: r.id
        )

    def commits_of(self, repository: Repository) -> list[Commit]:
        """Oldest first."""
        return sorted(
            (x for x in self.commits.values() if x.repository_id == repository.id), key=lambda x: x.id
        )

    def labels_of(self, repository: Repository) -> list[Label]:
        """In the order they were made."""
        return sorted(
            (x for x in self.labels.values() if x.repository_id == repository.id), key=lambda x: x.id
        )

    def label(self, repository: Repository, name: str) -> Label | None:
        """By name, in any case."""
        return _first(x for x in self.labels_of(repository) if x.name.lower() == name.lower())

    def team(self, slug: str) -> Team | None:
        """By its slug, in any case."""
        return _first(team for team in self.teams.values() if team.slug.lower() == slug.lower())

    def project(self, number: int) -> Project | None:
        """The organization's board with this number."""
        return _first(project for project in self.projects.values() if project.number == number)

    def items_of(self, project: Project) -> list[Item]:
        """Cards in the order of the board, archived ones too."""
        return sorted((x for x in self.items.values() if x.project_id == project.id), key=lambda x: x.id)

    def items_with(self, issue: Issue) -> list[Item]:
        """The cards of an issue on all boards, archived ones too."""
        return sorted((x for x in self.items.values() if x.issue_id == issue.id), key=lambda x: x.id)

    def item_node_id(self, item: Item) -> str:
        """Global id of a card."""
        return node_id("PVTI", self.projects[item.project_id].owner_id, item.project_id, item.id)

    def node(self, global_id: str) -> "Node | None":
        """What has this global id."""
        tables: tuple[tuple[str, dict[int, Any]], ...] = (
            ("U", self.users),
            ("BOT", self.users),
            ("R", self.repositories),
            ("LA", self.labels),
            ("I", self.issues),
            ("IC", self.comments),
            ("PVT", self.projects),
            ("PVTI", self.items),
            ("EV", self.events),
            ("T", self.teams),
            ("O", {self.organization.id: self.organization}),
        )
        for prefix, table in tables:
            if numbers := numbers_of(global_id, prefix):
                found: Node | None = table.get(numbers[-1])
                same = found is not None and global_id == (
                    self.item_node_id(found) if isinstance(found, Item) else found.node_id
                )
                return found if same else None
        return None

    # -- credentials --------------------------------------------------------------------------------------------

    def register_app_key(self) -> str:
        """Give the App a new key pair; returns the private key (PEM), which is kept nowhere."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.app = self.app.replaced(public_key=public.decode())
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()


Node = User | Organization | Team | Repository | Label | Issue | Comment | Event | Project | Item


T = TypeVar("T")


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
