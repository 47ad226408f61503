"""Items of a quote as people write them: `Training: 2000 once`, or an object."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from process.lead.quote import LineItem
from process.money.amounts import Amount, CurrencyCode, Money, complaint
from process.money.pricing import Per
from process.types import GIVEN, Given, Title, one_line

MAX_ITEMS = 20
"""Maximum number of items of one quote."""

MAX_ITEM_LENGTH = 400
"""Maximum length of an item as text, in characters."""

_NUMBER = r"(?P<amount>[0-9](?:[0-9.,_'’]|\s(?=[0-9]))*)"
_AGAIN: tuple[Per, ...] = ("year", "month")
_PER: dict[str, Per] = {
    "once": "once",
    **{text: per for per in _AGAIN for text in (per, f"a {per}", f"per {per}", f"{per}ly", f"/{per}")},
}
_WRITTEN = re.compile(
    rf"\s*(?P<text>.*\S)\s*:\s*(?:(?P<before>[A-Za-z]{{3}})\s+)?{_NUMBER}"
    rf"(?:\s*(?P<after>[A-Za-z]{{3}}))??(?:\s*(?P<per>{'|'.join(_PER)}))?\s*",
    re.IGNORECASE,
)


class Item(Given):
    """An item in addition to the plan or bespoke price: it recurs with the price, or is billed once."""

    text: Title
    amount: Amount
    currency: CurrencyCode | None = None
    """Currency, which must be that of the price; None for the same."""
    per: Per | None = None
    """Period, which must be that of the price, or `once`; None for the same."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any, info: ValidationInfo) -> Any:
        if isinstance(given, str):
            return _read(given)
        if info.context is GIVEN and isinstance(given, dict) and (unknown := given.keys() - cls.model_fields):
            raise PydanticCustomError(
                "item",
                "an item has text, amount, currency and per, and no {unknown}",
                {"unknown": ", ".join(sorted(one_line(str(name)[:40]) or "such name" for name in unknown))},
            )
        return given

    def complaint(self, currency: str, per: Per) -> str | None:
        """Return the reason to refuse it for a price in this currency and for this period, or None."""
        if self.currency not in (None, currency):
            return f"{self.text} is in {self.currency}, and the price in {currency}"
        if self.per not in (None, per, "once"):
            return f"{self.text} is for a {self.per}, and the price {_is_for(per)}"
        wrong = complaint(self.amount, currency)
        return f"{self.text}: {wrong}" if wrong else None

    def line(self, currency: str, per: Per) -> LineItem:
        """Return it as a line of a quote with a price in this currency and for this period."""
        price = Money(amount=self.amount, currency=currency)
        return LineItem(text=self.text, price=price, per=self.per or per)


def _is_for(per: Per) -> str:
    return "is asked for once" if per == "once" else f"for a {per}"


def _read(text: str) -> dict[str, Any]:
    """Return the fields of an item written as text. Raises PydanticCustomError."""
    found = _WRITTEN.fullmatch(text) if len(text) <= MAX_ITEM_LENGTH else None
    if found is None:
        raise PydanticCustomError(
            "item",
            "write an item as `Training: 2000 once`: what it is, a colon, an amount, and once or the period of the price",
        )
    per = found["per"]
    return {
        "text": found["text"],
        "amount": found["amount"],
        "currency": found["before"] or found["after"],
        "per": per and _PER[per.lower()],
    }


def _as_list(given: Any) -> Any:
    """Return a single item as a list."""
    return [given] if isinstance(given, str | dict | Item) else given


Items = Annotated[tuple[Item, ...], BeforeValidator(_as_list), Field(max_length=MAX_ITEMS)]
