"""Caches what is derived from a lead, because it is asked for several times in a row."""

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from process.lead.lead import Lead

T = TypeVar("T")

KEPT = 8
"""Number of cached leads: those that a worker handles at the same time."""


def cached_per_lead(function: Callable[[Lead], T]) -> Callable[[Lead], T]:
    """Cache the results of a pure function for the newest leads.

    A lead is recognised by its identity, which is safe for an immutable value and costs less than comparing.
    """
    known: deque[tuple[Lead, T]] = deque(maxlen=KEPT)

    @wraps(function)
    def answer(lead: Lead) -> T:
        for other, found in tuple(known):
            if other is lead:
                return found
        found = function(lead)
        known.appendleft((lead, found))
        return found

    return answer
