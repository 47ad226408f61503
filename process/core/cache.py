"""What follows from a lead is asked for several times in a moment, so the last answers are remembered."""

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from process.lead.lead import Lead

T = TypeVar("T")

KEPT = 8
"""Leads whose answers are kept: those that a worker is busy with at the same time."""


def remembered(function: Callable[[Lead], T]) -> Callable[[Lead], T]:
    """As the function, which must be pure.

    A lead is known by its identity, which is safe for an immutable value and, unlike comparing, costs nothing.
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
