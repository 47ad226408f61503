"""What GitHub refuses, in its own words. REST renders status and message, GraphQL type and message."""

from typing import Any


class GitHubError(Exception):
    """A refusal.

    `status` is REST's, `kind` is GraphQL's `type`; `errors` are the parts of a failed validation.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "UNPROCESSABLE",
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.errors = errors


class NotFoundError(GitHubError):
    """It is not there, or not for this caller's eyes: GitHub does not say which."""

    def __init__(self, message: str = "Not Found") -> None:
        super().__init__(404, message, kind="NOT_FOUND")


class NodeNotFoundError(NotFoundError):
    """A global id that leads nowhere."""

    def __init__(self, global_id: str) -> None:
        super().__init__(f"Could not resolve to a node with the global id of '{global_id}'")


class UnauthorizedError(GitHubError):
    """Who are you?"""

    def __init__(self, message: str) -> None:
        super().__init__(401, message, kind="UNAUTHORIZED")


class ForbiddenError(GitHubError):
    """We know who you are, and no."""

    def __init__(self, message: str) -> None:
        super().__init__(403, message, kind="FORBIDDEN")


class MovedError(GitHubError):
    """It has another address now: `path`, under the root of the REST API."""

    def __init__(self, path: str) -> None:
        super().__init__(301, "Moved Permanently", kind="NOT_FOUND")
        self.path = path


class GoneError(GitHubError):
    """It was there, or is switched off."""

    def __init__(self, message: str) -> None:
        super().__init__(410, message, kind="GONE")


class InvalidError(GitHubError):
    """A field's value will not do."""

    def __init__(self, resource: str, field: str, code: str, **details: Any) -> None:
        error = {"resource": resource, "field": field, "code": code, **details}
        super().__init__(422, "Validation Failed", errors=[error])
