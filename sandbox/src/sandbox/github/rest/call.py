"""What a handler is given and gives back, and the table of handlers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sandbox.github.auth import Viewer
from sandbox.github.errors import GoneError, MovedError, NotFoundError
from sandbox.github.hooks.sender import WebhookSender
from sandbox.github.rate_limits import RateLimits
from sandbox.github.records import Comment, Issue, Label, Reaction, Repository
from sandbox.github.rendering import Renderer
from sandbox.github.state import GitHubState


@dataclass(frozen=True)
class Call:
    """One request, understood and authenticated."""

    state: GitHubState
    """The present; for a stale read, the past."""
    viewer: Viewer
    asked: str
    """The path as it was asked for, below the root of the REST API."""
    path: Mapping[str, Any]
    """What stands in it in the places that the operation names."""
    query: Mapping[str, str]
    body: Any
    render: Renderer
    rate_limits: RateLimits
    webhooks: WebhookSender
    writing: Callable[[], AbstractContextManager[None]]

    def repository(self, permission: str = "issues") -> Repository:
        """The repository of the path, if the caller may read its issues (or contents).

        Raises: NotFoundError or ForbiddenError.
        """
        if "repository_id" in self.path:
            repository = self.state.repositories.get(self.path["repository_id"])
        else:
            repository = self.state.repository(self.path["owner"], self.path["repo"])
        if repository is None:
            raise self._renamed()
        self.viewer.must_read(repository, permission)
        return repository

    def _renamed(self) -> NotFoundError | MovedError:
        """GitHub sends those who ask under a former name on to the number that never changes."""
        if "repository_id" in self.path:
            return NotFoundError()
        owner, name = self.path["owner"], self.path["repo"]
        renamed = self.state.moved_repository(owner, name)
        if renamed is None or not self.viewer.sees(renamed):
            return NotFoundError()
        rest = self.asked.partition(f"/repos/{owner}/{name}")[2]
        return MovedError(f"/repositories/{renamed.id}{rest}")

    def issue(self) -> Issue:
        """The issue of the path. Raises: NotFoundError, ForbiddenError, GoneError or MovedError."""
        repository, number = self.repository(), self.path["issue_number"]
        issue = self.state.issue(repository, number)
        if issue is not None:
            return issue
        tombstone = self.state.tombstone(repository, number)
        if tombstone is None:
            raise NotFoundError
        while tombstone is not None and tombstone.moved_to is not None:
            if moved := self.state.issues.get(tombstone.moved_to):
                self.viewer.must_read(self.state.repositories[moved.repository_id], "issues")
                rest = self.asked.partition(f"/issues/{number}")[2]
                raise MovedError(f"/repositories/{moved.repository_id}/issues/{moved.number}{rest}")
            tombstone = self.state.tombstones.get(tombstone.moved_to)
        raise GoneError("This issue was deleted")

    def comment(self) -> Comment:
        """The comment of the path. Raises: NotFoundError or ForbiddenError."""
        repository = self.repository()
        comment = self.state.comments.get(self.path["comment_id"])
        if comment is None or comment.repository_id != repository.id:
            raise NotFoundError
        return comment

    def reaction(self, subject: Issue | Comment) -> Reaction:
        """The reaction of the path, one to the subject. Raises: NotFoundError."""
        reaction = self.state.reactions.get(self.path["reaction_id"])
        if reaction is None or reaction.subject != subject.node_id:
            raise NotFoundError
        return reaction

    def label(self) -> Label:
        """The label of the path, one of the repository. Raises: NotFoundError or ForbiddenError."""
        label = self.state.label(self.repository(), self.path["name"])
        if label is None:
            raise NotFoundError
        return label


@dataclass(frozen=True)
class ApiResponse:
    """A status and the JSON to go with it; None for no body."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """All that there is; `app` shows the page that was asked for.

    With `cursor` pages are not counted: the next one begins after an item, which the cursor names.
    """

    items: Sequence[Any]
    render: Callable[[Any], Any]
    cursor: Callable[[Any], str] | None = None


Handler = Callable[[Call], ApiResponse | Listing]

HANDLERS: dict[str, Handler] = {}
"""Operation id -> handler. Filled by importing the modules beside this one."""


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Marks the handler of an operation, by its id in GitHub's OpenAPI."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register
