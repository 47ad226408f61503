"""What a handler is given and gives back, and the table of handlers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sandbox.github.auth import Viewer
from sandbox.github.errors import NotFoundError
from sandbox.github.rates import Rates
from sandbox.github.show import Show
from sandbox.github.state import Comment, GitHubState, Issue, Label, Repository


@dataclass(frozen=True)
class Call:
    """One request, understood and authenticated."""

    state: GitHubState
    """The present; for a stale read, the past."""
    viewer: Viewer
    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: Any
    show: Show
    rates: Rates
    writing: Callable[[], AbstractContextManager[None]]

    def repository(self, permission: str = "issues") -> Repository:
        """The repository of the path, if the caller may read its issues (or contents).

        Raises: NotFoundError or ForbiddenError.
        """
        repository = self.state.repository(self.path["owner"], self.path["repo"])
        if repository is None:
            raise NotFoundError
        self.viewer.must_read(repository, permission)
        return repository

    def issue(self) -> Issue:
        """The issue of the path. Raises: NotFoundError or ForbiddenError."""
        issue = self.state.issue(self.repository(), self.path["issue_number"])
        if issue is None:
            raise NotFoundError
        return issue

    def comment(self) -> Comment:
        """The comment of the path. Raises: NotFoundError or ForbiddenError."""
        repository = self.repository()
        comment = self.state.comments.get(self.path["comment_id"])
        if comment is None or comment.repository_id != repository.id:
            raise NotFoundError
        return comment

    def label(self) -> Label:
        """The label of the path, one of the repository. Raises: NotFoundError or ForbiddenError."""
        label = self.state.label(self.repository(), self.path["name"])
        if label is None:
            raise NotFoundError
        return label


@dataclass(frozen=True)
class Answer:
    """A status and the JSON to go with it; None for no body."""

    body: Any
    status: int = 200


@dataclass(frozen=True)
class Listing:
    """All that there is; `app` shows the page that was asked for."""

    items: Sequence[Any]
    show: Callable[[Any], Any]


Handler = Callable[[Call], Answer | Listing]

HANDLERS: dict[str, Handler] = {}
"""Operation id -> handler. Filled by importing the modules beside this one."""


def answers(operation_id: str) -> Callable[[Handler], Handler]:
    """Marks the handler of an operation, by its id in GitHub's OpenAPI."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register
