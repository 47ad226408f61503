"""The systems that the sandbox stands in for."""

from typing import Literal

System = Literal["github", "drive", "forms", "sheets", "token", "mail", "webhook"]

_PREFIXES: tuple[tuple[str, System], ...] = (
    ("/api/v3", "github"),
    ("/api/graphql", "github"),
    ("/drive/v3/", "drive"),
    ("/upload/drive/v3/", "drive"),
    ("/v1/forms", "forms"),
    ("/v4/spreadsheets", "sheets"),
    ("/token", "token"),
)


def system_of(path: str) -> System | None:
    """Return the system that serves this HTTP path; None for the pages and the sandbox's own API."""
    return next((system for prefix, system in _PREFIXES if path.startswith(prefix)), None)
