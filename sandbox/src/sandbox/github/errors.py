"""GitHub's error responses, with GitHub's own messages. REST renders status and message, GraphQL type and message."""

from typing import Any


class GitHubError(Exception):
    """An error response.

    `status` is for REST, `kind` is GraphQL's `type`; `errors` are the details of a failed validation.
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
    """The object does not exist, or the caller may not see it."""

    def __init__(self, message: str = "Not Found") -> None:
        super().__init__(404, message, kind="NOT_FOUND")


class NodeNotFoundError(NotFoundError):
    """There is no node with this id."""

    def __init__(self, global_id: str) -> None:
        super().__init__(f"Could not resolve to a node with the global id of '{global_id}'")


class UnauthorizedError(GitHubError):
    """The caller is not authenticated."""

    def __init__(self, message: str) -> None:
        super().__init__(401, message, kind="UNAUTHORIZED")


class ForbiddenError(GitHubError):
    """The caller lacks the permission."""

    def __init__(self, message: str) -> None:
        super().__init__(403, message, kind="FORBIDDEN")


class MovedError(GitHubError):
    """The object has moved to `path`, below the root of the REST API."""

    def __init__(self, path: str) -> None:
        super().__init__(301, "Moved Permanently", kind="NOT_FOUND")
        self.path = path


class GoneError(GitHubError):
    """The object was deleted, or is switched off."""

    def __init__(self, message: str) -> None:
        super().__init__(410, message, kind="GONE")


class InvalidError(GitHubError):
    """A field has an invalid value."""

    def __init__(self, resource: str, field: str, code: str, **details: Any) -> None:
        error = {"resource": resource, "field": field, "code": code, **details}
        super().__init__(422, "Validation Failed", errors=[error])
