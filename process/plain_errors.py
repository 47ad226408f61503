"""Words for what is wrong with a value, as an instruction to the person who wrote it."""

from typing import Any

from pydantic_core import ErrorDetails

MAX_SHOWN = 200
"""Characters or entries of a value that is repeated at all; of these, 60 characters are shown."""

_DAY = "write a day that exists, such as 2026-03-31"
_NUMBER = "write a number, such as 412.07"
_WHOLE_NUMBER = "write a whole number, such as 12"
_PLAIN = {
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write at least {ge}",
    "less_than": "write less than {lt}",
    "less_than_equal": "write at most {le}",
    "enum": "write {expected}",
    "literal_error": "write {expected}",
}
"""Type of pydantic's error → words for it, with fields of its context."""


def plain(item: ErrorDetails) -> str:
    """Return the words for pydantic's error, to stand between the field's name with a colon and the value that was sent."""
    context: dict[str, Any] = item.get("ctx", {})
    if item["type"] == "string_too_short":
        return f"write at least {_characters(context['min_length'])}"
    if item["type"] == "string_too_long":
        return f"write at most {_characters(context['max_length'])}"
    if item["type"] in _PLAIN:
        return _PLAIN[item["type"]].format_map(context)
    return item["msg"][0].lower() + item["msg"][1:]


def _characters(number: int) -> str:
    return f"{number:,} character{'' if number == 1 else 's'}"


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
    return text if len(text) <= 60 else f"{text[:58]}…{text[-1]}"
