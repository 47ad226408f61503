"""Numbers as people write them. One that can be read in two ways is asked about, never guessed.

`12.000` and `12,000` are twelve to some readers and twelve thousand to others. A number that Python or JSON
hands over as a number has one meaning, and so has `0.500`, which nobody reads as thousands.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from process.types import GIVEN

_SEPARATORS = "'\u2019\u02bc\u00b7_ \u00a0\u2009\u202f"
"""Marks that some write between thousands, besides the comma and the point."""
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}")
"""Thousands and decimals, as in `2,000.00`: its point is the last mark, so it has one meaning."""
_PLAIN = re.compile(r"[+-]?([0-9]+(_[0-9]+)*)?\.?[0-9]*([eE][+-]?[0-9]+)?")
_MARKED = re.compile(rf"[+-]?[0-9]+([.,{_SEPARATORS}]+[0-9]+)+[.,]?")
_MARK = re.compile(rf"[.,{_SEPARATORS}]+")
MAX_WRITTEN = 60
"""Characters of a number. A longer text is none, and is not searched for marks."""
THOUSANDS = 3
"""Digits after a mark that may separate thousands."""


def number(given: Any, info: ValidationInfo) -> Any:
    """Return a number that a person wrote, without its thousands separators.

    Raises PydanticCustomError for text with other marks than one decimal point, with what to write instead.
    """
    if info.context is not GIVEN or not isinstance(given, str):
        return given
    return plain_number(given)


def plain_number(text: str) -> str:
    """Return the text as a number with at most a decimal point. Other text is left to fail as no number.

    Raises PydanticCustomError for a number whose marks can be read in two ways.
    """
    text = text.strip()
    if len(text) > MAX_WRITTEN:
        return text
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if _PLAIN.fullmatch(text) or not _MARKED.fullmatch(text):
        return text
    meant = _meanings(text)
    reason = "can be read in two ways" if len(meant) > 1 else "has other marks than one decimal point"
    raise PydanticCustomError(
        "written_number",
        "{text} {reason}. Write {meant}",
        {"text": text, "reason": reason, "meant": " or ".join(meant)},
    )


def looks_like_thousands(amount: Decimal) -> bool:
    """Return True if the amount was written as half the world writes thousands, such as `12.000`."""
    _sign, digits, exponent = amount.as_tuple()
    return exponent == -THOUSANDS and THOUSANDS < len(digits) <= 2 * THOUSANDS


def meanings_of(amount: Decimal, decimals: int) -> str:
    """Return how to write each of the two amounts that `12.000` can mean, in a currency with so many decimals."""
    whole = amount.scaleb(THOUSANDS).quantize(Decimal(1))
    return f"{whole:f} or {amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def count(given: Any, info: ValidationInfo) -> Any:
    """Return a whole number that a person wrote. Raises PydanticCustomError for text with any mark in it."""
    if info.context is not GIVEN or not isinstance(given, str):
        return given
    text = given.strip()
    if len(text) > MAX_WRITTEN or not _MARKED.fullmatch(text):
        return text
    whole = _MARK.sub("", text.rstrip(".,"))
    raise PydanticCustomError(
        "written_number", "a number of whole things has digits only. Write {meant}", {"meant": whole}
    )


def _meanings(text: str) -> list[str]:
    """Return the numbers that the text can mean: all marks separate thousands, or the last one decimals."""
    parts = _MARK.split(text.rstrip(".,"))
    whole = "".join(parts)
    decimal = f"{''.join(parts[:-1])}.{parts[-1].rstrip('0').ljust(2, '0')}"
    marks = _MARK.findall(text.rstrip(".,"))
    last, repeated = marks[-1], len(marks) > 1 and marks[-1] == marks[-2]
    if repeated or last not in ".,":
        return [whole]
    if len(parts[-1]) != THOUSANDS or len(set(marks)) > 1:
        return [decimal]
    return [whole, decimal]


def as_number(text: str) -> Decimal:
    """Return the number that a cell of a table holds. Raises ValueError with a sentence."""
    try:
        amount = Decimal(plain_number(text))
    except InvalidOperation:
        amount = Decimal("NaN")
    except PydanticCustomError as error:
        raise ValueError(error.message()) from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is no number")
    return amount
