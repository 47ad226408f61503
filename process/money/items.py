"""A line of a quote as people say it: `Training: 2000 once`, or an object."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from process.lead.quote import LineItem
from process.money.amounts import Amount, CurrencyCode, Money, complaint
from process.money.pricing import Per
from process.types import GIVEN, Line, Model

MAX_ITEMS = 20
"""Items of one quote."""

MAX_ITEM_LENGTH = 400
"""Characters of one that is written."""

_NUMBER = r"(?P<amount>[0-9][0-9.,_]*)"
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
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


class Item(Model):
    """Something beside the plan or the bespoke price: asked for with it each time, or once."""

    text: Line
    amount: Amount
    currency: CurrencyCode | None = None
    """That of the price, which is what it must be."""
    per: Per | None = None
    """What it is for, as the price's; None: as the price."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, said: Any, info: ValidationInfo) -> Any:
        if isinstance(said, str):
            return _read(said)
        if info.context is GIVEN and isinstance(said, dict) and (unknown := said.keys() - cls.model_fields):
            raise PydanticCustomError(
                "item",
                "an item has text, amount, currency and per, and no {unknown}",
                {"unknown": ", ".join(sorted(str(name)[:40] for name in unknown))},
            )
        return said

    def complaint(self, currency: str, per: Per) -> str | None:
        """Why it can't stand beside a price in this currency for this period, or None."""
        if self.currency not in (None, currency):
            return f"{self.text} is in {self.currency}, and the price in {currency}"
        if self.per not in (None, per, "once"):
            return f"{self.text} is for a {self.per}, and the price {_is_for(per)}"
        wrong = complaint(self.amount, currency)
        return f"{self.text}: {wrong}" if wrong else None

    def line(self, currency: str, per: Per) -> LineItem:
        """As it stands in a quote whose price is in this currency and for this period."""
        price = Money(amount=self.amount, currency=currency)
        return LineItem(text=self.text, price=price, per=self.per or per)


def _is_for(per: Per) -> str:
    return "is asked for once" if per == "once" else f"for a {per}"


def _read(said: str) -> dict[str, Any]:
    """What the text says. Raises PydanticCustomError."""
    found = _WRITTEN.fullmatch(said) if len(said) <= MAX_ITEM_LENGTH else None
    if found is None:
        raise PydanticCustomError(
            "item",
            "write an item as `Training: 2000 once`: what it is, a colon, an amount, and once or the period of the price",
        )
    per = found["per"]
    return {
        "text": found["text"],
        "amount": _number(found["amount"]),
        "currency": found["before"] or found["after"],
        "per": per and _PER[per.lower()],
    }


def _number(written: str) -> Decimal | str:
    """`2,000.00` as we print it ourselves; of what else has a comma nobody knows what it means."""
    return written.replace(",", "") if _THOUSANDS.fullmatch(written) else written


def _several(said: Any) -> Any:
    """One alone is a list of one."""
    return [said] if isinstance(said, str | dict | Item) else said


Items = Annotated[tuple[Item, ...], BeforeValidator(_several), Field(max_length=MAX_ITEMS)]
