"""The input and output of handlers, and their registry."""

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
    """A validated, authenticated request. Writes happen inside `writing()`."""

    state: GitHubState
    """The current state; for a stale read, a past one."""
    viewer: Viewer
    requested_path: str
    """The requested path, below the root of the REST API."""
    path: Mapping[str, Any]
    """Path parameters of the operation."""
    query: Mapping[str, str]
    body: Any
    render: Renderer
    rate_limits: RateLimits
    webhooks: WebhookSender
    writing: Callable[[], AbstractContextManager[None]]

    def repository(self, permission: str = "issues") -> Repository:
        """Return the repository of the path, if the caller has this read permission.

        Raises NotFoundError, ForbiddenError or MovedError.
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
        """Return the redirect from a former name to the repository's id, or 404."""
        if "repository_id" in self.path:
            return NotFoundError()
        owner, name = self.path["owner"], self.path["repo"]
        renamed = self.state.moved_repository(owner, name)
        if renamed is None or not self.viewer.sees(renamed):
            return NotFoundError()
        rest = self.requested_path.partition(f"/repos/{owner}/{name}")[2]
        return MovedError(f"/repositories/{renamed.id}{rest}")

    def issue(self) -> Issue:
        """Return the issue of the path. Raises NotFoundError, ForbiddenError, GoneError or MovedError."""
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
                rest = self.requested_path.partition(f"/issues/{number}")[2]
                raise MovedError(f"/repositories/{moved.repository_id}/issues/{moved.number}{rest}")
            tombstone = self.state.tombstones.get(tombstone.moved_to)
        raise GoneError("This issue was deleted")

    def comment(self) -> Comment:
        """Return the comment of the path. Raises NotFoundError or ForbiddenError."""
        repository = self.repository()
        comment = self.state.comments.get(self.path["comment_id"])
        if comment is None or comment.repository_id != repository.id:
            raise NotFoundError
        return comment

    def reaction(self, subject: Issue | Comment) -> Reaction:
        """Return the reaction of the path, one to the subject. Raises NotFoundError."""
        reaction = self.state.reactions.get(self.path["reaction_id"])
        if reaction is None or reaction.subject != subject.node_id:
            raise NotFoundError
        return reaction

    def label(self) -> Label:
        """Return the label of the path. Raises NotFoundError or ForbiddenError."""
        label = self.state.label(self.repository(), self.path["name"])
        if label is None:
            raise NotFoundError
        return label


@dataclass(frozen=True)
class ApiResponse:
    """A response with a JSON body, or without one if `body` is None."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """The items of a list; the application renders the requested page.

    With `cursor` pages are not numbered: the next one starts after the item that the cursor names.
    """

    items: Sequence[Any]
    render: Callable[[Any], Any]
    cursor: Callable[[Any], str] | None = None


Handler = Callable[[Call], ApiResponse | Listing]
"""Raises GitHubError if GitHub would refuse the call."""

HANDLERS: dict[str, Handler] = {}
"""Operation id -> handler. Importing the modules of this package fills it."""


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Register the handler of an operation, by its id in GitHub's OpenAPI."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register
