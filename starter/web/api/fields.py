"""The fields of a decision that a program may give, and the decision made of them."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from process.actor import Face
from process.decisions.base import SET_FOR_SIGNED_IN, Decision, given_fields
from process.decisions.reading import complaint_of, did_you_mean
from process.plain_errors import shown
from process.types import GIVEN
from starter.web.api.callers import Caller
from starter.web.api.problems import Complaint, invalid

MAX_ERRORS: Final = 20

D = TypeVar("D", bound=Decision)


def decision_of(decision: type[D], body: Mapping[str, Any], caller: Caller, key: str | None = None) -> D:
    """Return the decision by this person. Raises ApiProblem with a complaint for each wrong field."""
    given = given_fields(decision, but=SET_FOR_SIGNED_IN)
    unknown = [name for name in body if name not in given]
    known = {name: value for name, value in body.items() if name in given}
    ours = {"by": caller.name, "source": Face.API, "actor": caller.actor} | ({"key": key} if key else {})
    try:
        made = decision.model_validate(known | ours, context=GIVEN)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[:MAX_ERRORS]
        complaints = [*_unknown(decision.kind, unknown, given), *(_wrong(item, body) for item in wrong)]
        raise invalid(*complaints[:MAX_ERRORS]) from None
    if unknown:
        raise invalid(*_unknown(decision.kind, unknown, given))
    return made


def _unknown(kind: str, names: list[str], given: tuple[str, ...]) -> list[Complaint]:
    """Return complaints about the first names. Only the first has a suggestion: to look for one takes time."""
    found: list[Complaint] = []
    for name in names[:MAX_ERRORS]:
        meant = "" if found else did_you_mean(name, dict.fromkeys(given)) or f"It takes {', '.join(given)}."
        found.append(
            Complaint(pointer=_pointer((name[:200],)), detail=f"{kind} has no {shown(name)}. {meant}".strip())
        )
    return found


def _wrong(item: ErrorDetails, body: Mapping[str, Any]) -> Complaint:
    return Complaint(pointer=_pointer(_place(item["loc"], body)), detail=str(complaint_of(item)))


def _place(loc: tuple[int | str, ...], body: Any) -> tuple[int | str, ...]:
    """Return the part of an error's place that is in the body: pydantic adds names of types to it."""
    found: list[int | str] = []
    for part in loc:
        is_there = _has(body, part)
        if found and not is_there:
            break
        body = body[part] if is_there else None
        found.append(part)
    return tuple(found)


def _has(body: Any, part: int | str) -> bool:
    if isinstance(part, int):
        return isinstance(body, list) and part < len(body)
    return isinstance(body, Mapping) and part in body


def _pointer(place: tuple[int | str, ...]) -> str:
    """Return the place as a JSON pointer in a fragment (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(("#", *(f"/{part}" for part in parts)))
