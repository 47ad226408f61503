"""What lists can be asked for."""

from datetime import UTC, datetime

from sandbox.github.errors import InvalidError


def since(value: str) -> datetime:
    """The time from which on; one without a zone is UTC.

    Raises: InvalidError.
    """
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidError("Search", "since", "invalid", value=value) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
