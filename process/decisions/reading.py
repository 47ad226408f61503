"""Read a decision of a known kind from JSON that comes from outside."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from process.core.refusal import Refused, Suggestion, example, refuse
from process.decisions.base import Decision
from process.money.amounts import CURRENCY_PATTERN
from process.plain_errors import MAX_SHOWN, plain, shown
from process.types import GIVEN

MAX_COMPLAINTS = 5
"""Complaints about one message that its refusal repeats."""
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


class Complaint(NamedTuple):
    """The reason why the value of one field was not read."""

    field: str
    """Name of the field; empty if it is not one field's."""
    path: str
    """Name of the field, with the place within its value: `item.0`."""
    clause: str
    """Rest of the sentence that begins with the field: ` is missing`."""

    def __str__(self) -> str:
        return self.path + self.clause


_NO_CHARACTER = "it holds text with a character that does not exist"


def complaints_about(decision: type[Decision], body: Mapping[str, Any]) -> tuple[Complaint, ...]:
    """Return the complaints of `parse_as` about the fields of `body`, each with its field; none if it can be read.

    Never raises.
    """
    try:
        decision.model_validate(body, context=GIVEN)
    except ValidationError as error:
        return _found(error)
    return ()


def complaints(error: ValidationError) -> str:
    """Return the first errors that pydantic found, as one sentence. Never raises."""
    return in_one_sentence(_found(error))


def in_one_sentence(found: Sequence[Complaint], write: Callable[[Complaint], str] = str) -> str:
    """Return the first complaints, each as `write` words it."""
    told = [write(each) for each in found[:MAX_COMPLAINTS]]
    more = len(found) - len(told)
    return "; ".join([*told, *([f"and {more} more"] if more else [])])


def _found(error: ValidationError) -> tuple[Complaint, ...]:
    """Return a complaint for each error that pydantic found, or the one that it could not tell them."""
    return tuple(map(complaint_of, _errors(error))) or (Complaint("", "", _NO_CHARACTER),)


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors that pydantic found; none if one quotes half of a surrogate pair."""
    try:
        return error.errors(include_url=False)
    except UnicodeEncodeError:
        return []


def complaint_of(item: ErrorDetails) -> Complaint:
    """Return the complaint about one error that pydantic found."""
    path = ".".join(str(part) for part in item["loc"])[:60]
    return Complaint(str(item["loc"][0]) if item["loc"] else "", path, _clause(item))


def _clause(item: ErrorDetails) -> str:
    if item["type"] == "missing":
        return " is missing"
    if item["type"] == "string_pattern_mismatch" and r"\x00" in item["ctx"]["pattern"]:
        return f" must have no line break or control character, unlike {shown(item['input'])}"
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == CURRENCY_PATTERN:
        return f": write a currency as its three letters, such as USD, not {shown(item['input'])}"
    if item["type"] == "written_number":
        return f": {item['msg'][:MAX_COMPLAINT]}"
    return f": {plain(item)[:MAX_COMPLAINT]}, not {shown(item['input'])}"


def example_of(decision: type[Decision]) -> Suggestion:
    """Return a decision of this kind as a suggestion."""
    return example(decision.kind, decision.example)


def did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    """Return a question for the known name that is most like this one, or nothing."""
    near = difflib.get_close_matches(name[:MAX_SHOWN], known, n=1)
    return f"Did you mean {near[0]}?" if near else ""
