"""The values that a form offers beside free text: those that the lead knows already."""

from functools import cache
from zoneinfo import available_timezones

from babel.numbers import get_currency_name

from process.decisions.base import Decision
from process.lead.lead import Lead
from process.money.currencies import currencies
from starter.web.forms.fields import fields_of
from starter.web.forms.form import Option

LOCALE = "en"
_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
"""First part of the time zones that are named for a place."""


def offers_of(decision: type[Decision], lead: Lead | None) -> dict[str, tuple[Option, ...]]:
    """Return the values that the fields of this decision offer for the lead; `lead`: None before there is one."""
    found = {field.name: _zones() for field in fields_of(decision) if field.name == "zone"}
    if lead is None:
        return found
    for field in fields_of(decision):
        if field.currency:
            found[field.name] = _currencies(lead)
    if "plan" in decision.model_fields:
        found["book"] = tuple(Option(book.version) for book in reversed(lead.price_books))
        found["plan"] = tuple(
            Option(plan.name, f"{plan.price} in {book.version}")
            for book in reversed(lead.price_books)
            for plan in book.plans
        )
    for name in {"into", "other"} & decision.model_fields.keys():
        found[name] = tuple(Option(other.lead_id, other.heading) for other in lead.undecided)
    return found


def _currencies(lead: Lead) -> tuple[Option, ...]:
    """Return the currencies in use, those of the lead's quotes and price books first."""
    known = [quote.price.currency for quote in reversed(lead.quotes)]
    known += [book.currency for book in reversed(lead.price_books)]
    codes = dict.fromkeys([*known, *sorted(currencies())])
    return tuple(Option(code, _currency_name(code)) for code in codes)


@cache
def _currency_name(code: str) -> str:
    return get_currency_name(code, locale=LOCALE)


@cache
def _zones() -> tuple[Option, ...]:
    places = sorted(name for name in available_timezones() if name.partition("/")[0] in _AREAS)
    return tuple(Option(name) for name in ("UTC", *places))
