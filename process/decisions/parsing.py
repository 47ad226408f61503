"""Read decisions that come from outside as JSON, by the names of their kinds."""

from collections.abc import Mapping
from typing import Any

from process.actor import NOBODY, Actor
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision
from process.decisions.reading import did_you_mean, example_of, parse_as
from process.decisions.registry import DECISIONS
from process.plain_errors import shown
from process.types import Unreadable

SET_BY_ENVELOPE = ("source", "actor")
"""Fields that nobody writes into a decision: the face says them in the envelope (`process.envelope`)."""


_CAME = {str: "a text", int: "a number", float: "a number", bool: "true or false", list: "a list"}
"""JSON by the type as which it is read, in plain words."""


def parse(kind: str, args: tuple[Any, ...], actor: Actor = NOBODY) -> Decision | Refused:
    """Return the decision of this kind by this person, or a refusal that shows what to send. Never raises."""
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
        came = body.came if isinstance(body, Unreadable) else _CAME.get(type(body), "something else")
        advice = body.advice if isinstance(body, Unreadable) else ""
        return refuse(f"{kind} takes names with values, and {came} came", advice, example_of(decision))
    for name in SET_BY_ENVELOPE:
        if name in body:
            return refuse(f"{name} is said by the face through which a decision comes", f"Leave {name} out")
    return parse_as(decision, {**body, "source": actor.face, "actor": actor})
