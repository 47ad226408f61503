"""Read a decision of a known kind from JSON that comes from outside."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from process.core.refusal import Refused, Suggestion, example, refuse
from process.decisions.base import Decision
from process.money.amounts import CURRENCY_PATTERN
from process.types import GIVEN

MAX_COMPLAINTS = 5
"""Complaints about one message that its refusal repeats."""
MAX_SHOWN = 200
"""Characters or entries of a value that is repeated at all; of these, 60 characters are shown."""
MAX_COMPLAINT = 300
"""Characters of one complaint."""


D = TypeVar("D", bound=Decision)


def parse_as(decision: type[D], body: Mapping[str, Any]) -> D | Refused:
    """Return `body` as a decision of this class, or a refusal."""
    body = {name: value for name, value in body.items() if name != "kind"}
    unknown = [name for name in body if name not in decision.model_fields]
    if unknown:
        return refuse(
            f"{decision.kind} has no {', '.join(shown(name) for name in unknown[:5])}",
            did_you_mean(str(unknown[0]), decision.model_fields),
            f"It takes {', '.join(decision.model_fields)}",
        )
    try:
        return decision.model_validate(body, context=GIVEN)
    except ValidationError as error:
        return refuse(complaints(error), example_of(decision))


def complaints(error: ValidationError) -> str:
    """Return the first errors that pydantic found, as one sentence. Never raises."""
    try:
        errors = error.errors(include_url=False)
    except UnicodeEncodeError:  # a message that quotes half of a surrogate pair
        return "it holds text with a character that does not exist"
    found = [complaint(item) for item in errors[:MAX_COMPLAINTS]]
    more = len(errors) - len(found)
    return "; ".join([*found, *([f"and {more} more"] if more else [])])


def complaint(item: ErrorDetails) -> str:
    """Return one error that pydantic found, as a clause that begins with the field's name. Never raises."""
    name = ".".join(str(part) for part in item["loc"])[:60]
    if item["type"] == "missing":
        return f"{name} is missing"
    if item["type"] == "string_pattern_mismatch" and r"\x00" in item["ctx"]["pattern"]:
        return f"{name} must have no line break or control character, unlike {shown(item['input'])}"
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == CURRENCY_PATTERN:
        return f"{name}: write a currency as its three letters, such as USD, not {shown(item['input'])}"
    if item["type"] == "written_number":
        return f"{name}: {item['msg'][:MAX_COMPLAINT]}"
    message = item["msg"][0].lower() + item["msg"][1:]
    return f"{name}: {message[:MAX_COMPLAINT]}, not {shown(item['input'])}"


def shown(value: Any) -> str:
    """Return a value that was sent as short and harmless text."""
    if isinstance(value, str | bytes):
        value = value[:MAX_SHOWN]
    elif isinstance(value, list | tuple | dict | set) and len(value) > MAX_SHOWN:
        return f"{type(value).__name__} of {len(value)} entries"
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except ValueError:  # an integer of thousands of digits
        text = "a number that is too long to show"
    return text if len(text) <= 60 else text[:57] + "…"


def example_of(decision: type[Decision]) -> Suggestion:
    """Return a decision of this kind as a suggestion."""
    return example(decision.kind, decision.example)


def did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    """Return a question for the known name that is most like this one, or nothing."""
    near = difflib.get_close_matches(name[:MAX_SHOWN], known, n=1)
    return f"Did you mean {near[0]}?" if near else ""
