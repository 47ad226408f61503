"""Read decisions that come from outside as JSON, by the names of their kinds."""

from collections.abc import Mapping
from typing import Any

from process.core.events import BY_DATE
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision
from process.decisions.reading import did_you_mean, example_of, parse_as, shown
from process.decisions.registry import DECISIONS
from process.types import Unreadable

RESERVED_SOURCES = (BY_DATE, "service")
"""Sources of the service's own decisions. Nobody else may give them."""


def parse(kind: str, args: tuple[Any, ...], *, source: str = "signal") -> Decision | Refused:
    """Return the decision of this kind, or a refusal that shows what to send instead. Never raises."""
    decision = DECISIONS.get(kind)
    if decision is None:
        return refuse(
            f"There is no decision {shown(kind)}",
            did_you_mean(kind, DECISIONS),
            Suggestion(kind=SuggestionKind.OPTIONS, text=f"Choose one of the {len(DECISIONS)} decisions"),
        )
    if len(args) > 1:
        return refuse(f"{kind} takes one argument, and {len(args)} came", example_of(decision))
    body = args[0] if args else {}
    if body is None:
        body = {}
    if not isinstance(body, Mapping):
        came = body.came if isinstance(body, Unreadable) else type(body).__name__
        advice = body.advice if isinstance(body, Unreadable) else ""
        return refuse(f"{kind} takes an object, and {came} came", advice, example_of(decision))
    if body.get("source") in RESERVED_SOURCES:
        return refuse(f"{body['source']!r} is no face through which people decide", "Leave source out")
    return parse_as(decision, {"source": source} | dict(body))
