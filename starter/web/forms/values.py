"""The values of a form: as they were typed, and as the decision reads them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from process.decisions.base import Decision
from starter.web.forms.fields import FormField, Widget, fields_of

Pairs = Iterable[tuple[str, str]]
"""Names and values of an address or of a form that was sent. A name may come several times."""

CHECKED = frozenset({"true", "on", "yes", "1"})


def typed_values(decision: type[Decision], pairs: Pairs) -> dict[str, str]:
    """Return the values of the form's fields that were given. Names of no field are left out."""
    known = {field.name: field for field in fields_of(decision)}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in known:
            values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return {name: _joined(known[name], given) for name, given in values.items()}


def default_values(decision: type[Decision]) -> dict[str, str]:
    """Return the values that stand in the form before anything is typed."""
    return {field.name: field.default for field in fields_of(decision) if field.default}


def body_of(decision: type[Decision], values: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields as the decision reads them. A field that was left empty is left out."""
    found = ((field.name, _read(field, values.get(field.name, ""))) for field in fields_of(decision))
    return {name: value for name, value in found if value is not None}


def typed(value: Any) -> str:
    """Return a value of a decision's JSON as somebody would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "\n".join(map(typed, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _joined(field: FormField, given: list[str]) -> str:
    return "\n".join(given) if field.widget is Widget.LINES else given[-1]


def _read(field: FormField, value: str) -> Any:
    if not value.strip():
        return None
    match field.widget:
        case Widget.CHECKBOX:
            return True if value.casefold() in CHECKED else None
        case Widget.LINES:
            return [_line(line) for line in value.split("\n") if line.strip()]
        case Widget.JSON:
            return _json(value)
    return value


def _line(text: str) -> Any:
    """Return one value of several: an object as JSON, anything else as it is written."""
    return _json(text) if text.lstrip().startswith("{") else text.strip()


def _json(text: str) -> Any:
    """Return the value; other text as it is, for the decision to refuse."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
