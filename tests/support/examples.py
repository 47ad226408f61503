"""The number of examples that a property test tries."""

from hypothesis import settings

SEARCHED = 25
"""Examples of a search (`make search`) for each one of the suite."""


def examples(suite: int) -> int:
    """Return this number for the suite, and many times it for a search."""
    return suite if settings().derandomize else SEARCHED * suite
