"""Caches what is derived from a lead, because it is asked for several times in a row."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from process.lead.lead import Lead

P = ParamSpec("P")
T = TypeVar("T")

_MISSING = object()


def cached_per_lead(function: Callable[Concatenate[Lead, P], T]) -> Callable[Concatenate[Lead, P], T]:
    """Cache the results of a pure function with the lead that they are derived from.

    They stay until something changes that the function may read (`Lead.derived`). Other arguments are hashable.
    """

    @wraps(function)
    def answer(lead: Lead, /, *args: P.args, **kwargs: P.kwargs) -> T:
        known = lead.derived
        asked = (function, args, *kwargs.items()) if args or kwargs else function
        value: T = known.get(asked, _MISSING)
        if value is _MISSING:
            value = known[asked] = function(lead, *args, **kwargs)
        return value

    return answer
