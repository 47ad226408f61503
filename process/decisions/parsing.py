"""Read decisions that come from outside as JSON."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from process.core.events import BY_DATE
from process.core.refusal import Refused, Suggestion, SuggestionKind, example, refuse
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from process.types import GIVEN, Unreadable

RESERVED_SOURCES = (BY_DATE, "service")
"""Sources of the service's own decisions. Nobody else may give them."""


def parse(kind: str, args: tuple[Any, ...], *, source: str = "signal") -> Decision | Refused:
    """Return the decision of this kind, or a refusal that shows what to send instead. Never raises."""
    decision = DECISIONS.get(kind)
    if decision is None:
        return refuse(
            f"There is no decision {_shown(kind)}",
            _did_you_mean(kind, DECISIONS),
            Suggestion(kind=SuggestionKind.OPTIONS, text=f"Choose one of the {len(DECISIONS)} decisions"),
        )
    if len(args) > 1:
        return refuse(f"{kind} takes one argument, and {len(args)} came", _example(decision))
    body = args[0] if args else {}
    if body is None:
        body = {}
    if not isinstance(body, Mapping):
        came = "something unreadable" if isinstance(body, Unreadable) else type(body).__name__
        return refuse(f"{kind} takes an object, and {came} came", _example(decision))
    if body.get("source") in RESERVED_SOURCES:
        return refuse(f"{body['source']!r} is no face through which people decide", "Leave source out")
    return parse_as(decision, {"source": source} | dict(body))


D = TypeVar("D", bound=Decision)


def parse_as(decision: type[D], body: Mapping[str, Any]) -> D | Refused:
    """Return `body` as a decision of this class, or a refusal."""
    body = {name: value for name, value in body.items() if name != "kind"}
    unknown = [name for name in body if name not in decision.model_fields]
    if unknown:
        return refuse(
            f"{decision.kind} has no {', '.join(_shown(name) for name in unknown[:5])}",
            _did_you_mean(str(unknown[0]), decision.model_fields),
            f"It takes {', '.join(decision.model_fields)}",
        )
    try:
        return decision.model_validate(body, context=GIVEN)
    except ValidationError as error:
        return refuse(complaints(error), _example(decision))


def complaints(error: ValidationError) -> str:
    """Return the errors that pydantic found, as one sentence."""
    found = []
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "missing":
            found.append(f"{name} is missing")
        elif item["type"] == "string_pattern_mismatch" and r"\x00" in item["ctx"]["pattern"]:
            found.append(
                f"{name} must have no line break or control character, unlike {_shown(item['input'])}"
            )
        elif item["type"] == "written_number":
            found.append(f"{name}: {item['msg']}")
        else:
            message = item["msg"][0].lower() + item["msg"][1:]
            found.append(f"{name}: {message}, not {_shown(item['input'])}")
    return "; ".join(found)


def _shown(value: Any) -> str:
    """Return a value that was sent as short and harmless text."""
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except ValueError:  # an integer of thousands of digits
        text = "a number that is too long to show"
    return text if len(text) <= 60 else text[:57] + "…"


def _example(decision: type[Decision]) -> Suggestion:
    return example(decision.kind, decision.example)


def _did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else ""
