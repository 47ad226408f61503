"""Caches what is derived from a lead, because it is asked for several times in a row."""

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import ReferenceType, ref

from process.lead.lead import Lead

P = ParamSpec("P")
T = TypeVar("T")

KEPT = 8
"""Number of cached leads: those that a worker handles at the same time."""


def cached_per_lead(function: Callable[Concatenate[Lead, P], T]) -> Callable[Concatenate[Lead, P], T]:
    """Cache the results of a pure function for the newest leads and, if it takes any, other arguments.

    A lead is recognised by its identity, which is safe for an immutable value and costs less than comparing. The cache
    does not keep it in memory.
    """
    known: deque[tuple[ReferenceType[Lead], tuple[object, ...], dict[str, object], T]] = deque(maxlen=KEPT)

    @wraps(function)
    def answer(lead: Lead, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for other, others, named, found in tuple(known):
            if other() is lead and others == args and named == kwargs:
                return found
        found = function(lead, *args, **kwargs)
        known.appendleft((ref(lead), args, kwargs, found))
        return found

    return answer
