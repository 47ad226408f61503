"""GitHub's records in tables, with look-ups.

The state is a pydantic model that is stored as JSON. Records are replaced, never modified, so that no reader sees an
unfinished write.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandbox.github.identity import node_id, numbers_of
from sandbox.github.records import (
    App,
    Comment,
    Commit,
    Edit,
    Event,
    Hook,
    Issue,
    Item,
    Label,
    Node,
    Organization,
    Project,
    Reaction,
    Repository,
    Team,
    Token,
    Tombstone,
    User,
)
from sandbox.github.write_log import Replaced, WriteLog


@dataclass(frozen=True)
class Change:
    """A finished write: its author, the address that the author used, and the values that it replaced."""

    by: User | None
    base: str
    replaced: Replaced


Changed = Callable[[Change], None]


def _ignore(change: Change) -> None:
    """Ignore a write: the default listener."""


class GitHubState(BaseModel):
    """The data of GitHub. Writes happen inside `writing()`."""

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
    tombstones: dict[int, Tombstone] = {}
    teams: dict[int, Team] = {}
    hooks: dict[int, Hook] = {}
    projects: dict[int, Project] = {}
    items: dict[int, Item] = {}

    _write_log: WriteLog = PrivateAttr(default_factory=WriteLog)
    _changed: Changed = PrivateAttr(default_factory=lambda: _ignore)

    # -- past and present ---------------------------------------------------------------------------------------

    def _tables(self) -> dict[str, dict[Any, Any]]:
        """Return the tables that stale reads apply to: all but the credentials."""
        names = type(self).model_fields.keys() - {"organization", "app", "next_id", "tokens"}
        return {name: getattr(self, name) for name in names}

    def bind(self, changed: Changed) -> Self:
        """Set the function that is called after every write."""
        self._changed = changed
        return self

    @contextmanager
    def writing(self, by: User | None = None, base: str = "") -> Iterator[None]:
        """Wrap a write: it is applied completely or not at all, logged, and passed to the listener.

        `by` is the author, `base` the address at which the author reached the sandbox.
        """
        with self._write_log.write(self._tables(), datetime.now(UTC)) as replaced:
            yield
        self._changed(Change(by, base, replaced))

    def past(self, *, writes: int = 0, seconds: float = 0) -> "GitHubState":
        """Return a read-only state without the latest `writes` writes and without those of the last `seconds`."""
        tables = self._write_log.past(self._tables(), datetime.now(UTC), writes=writes, seconds=seconds)
        return self.model_copy(update=dict(tables))

    def new_id(self) -> int:
        """Return an unused database id."""
        self.next_id += 1
        return self.next_id - 1

    # -- look-ups -----------------------------------------------------------------------------------------------

    def user(self, login: str) -> User | None:
        """Return the user with this login, ignoring case, or None."""
        return _first(user for user in self.users.values() if user.login.lower() == login.lower())

    def repository(self, owner: str, name: str) -> Repository | None:
        """Return the repository with this owner and name, ignoring case, or None."""
        if owner.lower() != self.organization.login.lower():
            return None
        return _first(repo for repo in self.repositories.values() if repo.name.lower() == name.lower())

    def moved_repository(self, owner: str, name: str) -> Repository | None:
        """Return the repository that had this name; the latest, if there are several."""
        if owner.lower() != self.organization.login.lower():
            return None
        return _first(
            repo
            for repo in sorted(self.repositories.values(), key=lambda repo: -repo.id)
            if name.lower() in map(str.lower, repo.former_names)
        )

    def tombstone(self, repository: Repository, number: int) -> Tombstone | None:
        """Return the tombstone of the issue that had this number in the repository, or None."""
        return _first(
            tombstone
            for tombstone in self.tombstones.values()
            if (tombstone.repository_id, tombstone.number) == (repository.id, number)
        )

    def next_number(self, repository: Repository) -> int:
        """Return the number of the repository's next issue."""
        deleted = (
            tombstone.number
            for tombstone in self.tombstones.values()
            if tombstone.repository_id == repository.id
        )
        return 1 + max((*(issue.number for issue in self.issues_of(repository)), *deleted), default=0)

    def issue(self, repository: Repository, number: int) -> Issue | None:
        """Return the repository's issue with this number, or None."""
        return _first(issue for issue in self.issues_of(repository) if issue.number == number)

    def issues_of(self, repository: Repository) -> Iterator[Issue]:
        """Return all issues of a repository, open and closed."""
        return (issue for issue in self.issues.values() if issue.repository_id == repository.id)

    def comments_of(self, issue: Issue) -> list[Comment]:
        """Return the issue's comments, oldest first."""
        return sorted((c for c in self.comments.values() if c.issue_id == issue.id), key=lambda c: c.id)

    def events_of(self, issue: Issue) -> list[Event]:
        """Return the issue's events, oldest first."""
        return sorted((e for e in self.events.values() if e.issue_id == issue.id), key=lambda e: e.id)

    def events_in(self, repository: Repository) -> list[Event]:
        """Return the events of all issues of the repository, oldest first."""
        found = (e for e in self.events.values() if self.issues[e.issue_id].repository_id == repository.id)
        return sorted(found, key=lambda e: e.id)

    def edits_of(self, subject: Issue | Comment) -> list[Edit]:
        """Return the versions of a text, oldest first; empty if it was never edited."""
        return sorted((x for x in self.edits.values() if x.subject == subject.node_id), key=lambda x: x.id)

    def reactions_to(self, subject: Issue | Comment) -> list[Reaction]:
        """Return the reactions, oldest first."""
        return sorted(
            (r for r in self.reactions.values() if r.subject == subject.node_id), key=lambda r: r.id
        )

    def commits_of(self, repository: Repository) -> list[Commit]:
        """Return the repository's commits, oldest first."""
        return sorted(
            (x for x in self.commits.values() if x.repository_id == repository.id), key=lambda x: x.id
        )

    def labels_of(self, repository: Repository) -> list[Label]:
        """Return the repository's labels, oldest first."""
        return sorted(
            (x for x in self.labels.values() if x.repository_id == repository.id), key=lambda x: x.id
        )

    def label(self, repository: Repository, name: str) -> Label | None:
        """Return the repository's label with this name, ignoring case, or None."""
        return _first(x for x in self.labels_of(repository) if x.name.lower() == name.lower())

    def team(self, slug: str) -> Team | None:
        """Return the team with this slug, ignoring case, or None."""
        return _first(team for team in self.teams.values() if team.slug.lower() == slug.lower())

    def project(self, number: int) -> Project | None:
        """Return the organization's board with this number, or None."""
        return _first(project for project in self.projects.values() if project.number == number)

    def items_of(self, project: Project) -> list[Item]:
        """Return the board's cards in its order, archived ones too."""
        return sorted((x for x in self.items.values() if x.project_id == project.id), key=lambda x: x.id)

    def items_with(self, issue: Issue) -> list[Item]:
        """Return the issue's cards on all boards, archived ones too."""
        return sorted((x for x in self.items.values() if x.issue_id == issue.id), key=lambda x: x.id)

    def item_node_id(self, item: Item) -> str:
        """Return the node id of a card."""
        return node_id("PVTI", self.projects[item.project_id].owner_id, item.project_id, item.id)

    def node(self, global_id: str) -> "Node | None":
        """Return the record with this node id, or None."""
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
        """Give the App a new key pair and return the private key (PEM), which is not stored."""
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


T = TypeVar("T")


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
