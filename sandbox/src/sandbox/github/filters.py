"""Filters of lists."""

from datetime import UTC, datetime

from sandbox.github.errors import InvalidError


def since(value: str) -> datetime:
    """Parse the parameter `since`; a time without a zone is UTC.

    Raises InvalidError.
    """
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidError("Search", "since", "invalid", value=value) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
