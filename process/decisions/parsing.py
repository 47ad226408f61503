"""Reads what people send as decisions, or says what to send instead."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from process.core.events import Refused
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from process.types import SAID

RESERVED_SOURCES = ("clock", "service")
"""Only the calendar and the service itself speak through these."""


class Unreadable:
    """Stands for what came and could not be read: no JSON, or none that this program can hold."""


def parse(kind: str, args: tuple[Any, ...], *, source: str = "signal") -> Decision | Refused:
    """What came from outside as a decision, or a refusal that says what to send instead. Never raises."""
    decision = DECISIONS.get(kind)
    if decision is None:
        return Refused(
            reason=f"There is no decision {_shown(kind)}",
            instead=f"{_close(kind, DECISIONS)}The query `options` lists all {len(DECISIONS)}",
        )
    if len(args) > 1:
        return Refused(
            reason=f"{kind} takes one argument, and {len(args)} came", instead=f"Send {_sample(decision)}"
        )
    body = args[0] if args else {}
    if body is None:
        body = {}
    if not isinstance(body, Mapping):
        came = "something unreadable" if isinstance(body, Unreadable) else type(body).__name__
        return Refused(
            reason=f"{kind} takes an object, and {came} came",
            instead=f"Send {_sample(decision)}",
        )
    if body.get("source") in RESERVED_SOURCES:
        return Refused(
            reason=f"{body['source']!r} is no face through which people decide", instead="Leave source out"
        )
    return parse_as(decision, {"source": source} | dict(body))


D = TypeVar("D", bound=Decision)


def parse_as(decision: type[D], body: Mapping[str, Any]) -> D | Refused:
    """`body` as a decision of this class, or a refusal."""
    body = {name: value for name, value in body.items() if name != "kind"}
    unknown = [name for name in body if name not in decision.model_fields]
    if unknown:
        return Refused(
            reason=f"{decision.kind} has no {', '.join(_shown(name) for name in unknown[:5])}",
            instead=f"{_close(str(unknown[0]), decision.model_fields)}It takes {', '.join(decision.model_fields)}",
        )
    try:
        return decision.model_validate(body, context=SAID)
    except ValidationError as error:
        return Refused(reason=complaints(error), instead=f"Send {_sample(decision)}")


def complaints(error: ValidationError) -> str:
    """What pydantic found, in one sentence."""
    found = []
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "missing":
            found.append(f"{name} is missing")
        elif item["type"] == "string_pattern_mismatch" and r"\x00" in item["ctx"]["pattern"]:
            found.append(
                f"{name} must have no line break or control character, unlike {_shown(item['input'])}"
            )
        else:
            message = item["msg"][0].lower() + item["msg"][1:]
            found.append(f"{name}: {message}, not {_shown(item['input'])}")
    return "; ".join(found)


def _shown(value: Any) -> str:
    """What was sent, as short and harmless text."""
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except ValueError:  # an integer of thousands of digits
        text = "a number that is too long to show"
    return text if len(text) <= 60 else text[:57] + "…"


def _sample(decision: type[Decision]) -> str:
    return f"an object such as {json.dumps(decision.example)}" if decision.example else "{}"


def _close(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}? " if near else ""
