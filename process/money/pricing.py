"""Dated price books: the prices of plans and of usage. An old quote keeps the price of its book.

The figures are those of process.md, Money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from process.money.amounts import MAX_AMOUNT, CurrencyCode, Money, complaint
from process.money.reading import as_number, looks_like_thousands, meanings_of
from process.types import DISCREET, Coded, Given, Line

_LINE: TypeAdapter[str] = TypeAdapter(Line, config=DISCREET)

Per = Literal["year", "month", "once"]
PERIODS: dict[str, Per] = {"year": "year", "month": "month", "once": "once"}


class Plan(Given):
    """A named price of a book. With `floor`, it is a minimum price."""

    name: Coded
    price: Money
    per: Per = "year"
    floor: bool = False


class Tier(Given):
    """A usage tier: users up to `upto` (None: all others) cost `each` per active user and month."""

    upto: int | None
    each: Decimal


class PriceBook(Given):
    """A price list with the date from which it applies as its version, such as `2022-05`."""

    version: Coded
    currency: CurrencyCode
    plans: tuple[Plan, ...]
    tiers: tuple[Tier, ...] = ()
    dedicated_cluster: Decimal = Decimal(0)
    """Surcharge for a dedicated cluster, as a share of the plan's price."""

    def plan(self, name: str) -> Plan | None:
        """Return the plan with this name, in any letter case, or None."""
        return next((plan for plan in self.plans if plan.name.casefold() == name.casefold()), None)

    def price(self, plan: Plan, dedicated_cluster: bool) -> Money:
        """Return the rounded price of a plan, with the surcharge for a dedicated cluster if wanted."""
        return plan.price.times(1 + (self.dedicated_cluster if dedicated_cluster else 0)).rounded()


def usage_fee(tiers: tuple[Tier, ...], active_users: int) -> Decimal:
    """Return the fee of a month with this many active users; each tier prices only the users inside it."""
    fee, below = Decimal(0), 0
    for tier in tiers:
        upto = active_users if tier.upto is None else min(active_users, tier.upto)
        if upto > below:
            fee += tier.each * (upto - below)
            below = upto
    return fee


def _usd(name: str, amount: int, *, floor: bool = False) -> Plan:
    return Plan(name=name, price=Money(amount=Decimal(amount), currency="USD"), floor=floor)


BUILT_IN: tuple[PriceBook, ...] = (
    PriceBook(
        version="2022-05",
        currency="USD",
        plans=(_usd("Education", 12_000), _usd("Research", 18_000), _usd("Partnership", 50_000, floor=True)),
        dedicated_cluster=Decimal("0.5"),
    ),
    PriceBook(
        version="2026-06",
        currency="USD",
        plans=(_usd("General membership", 15_000), _usd("Premier", 50_000)),
        tiers=(
            Tier(upto=10, each=Decimal("10.00")),
            Tier(upto=100, each=Decimal("5.00")),
            Tier(upto=1_000, each=Decimal("2.50")),
            Tier(upto=10_000, each=Decimal("1.25")),
            Tier(upto=None, each=Decimal(0)),
        ),
    ),
)


class PriceListError(ValueError):
    """A price list cannot be read. The text names the row and says what to write there."""


@dataclass
class _Draft:
    """A price book of which some rows are read."""

    version: str
    currency: str = ""
    plans: list[Plan] = field(default_factory=list)
    tiers: list[Tier] = field(default_factory=list)
    dedicated_cluster: Decimal = Decimal(0)


def books_from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[PriceBook, ...]:
    """Return the price books of a table, as people keep it in a sheet or a file.

    Columns: `book` (2026-06), `plan`, `amount`, `currency`, `per` and, optionally, `notes`. The meaning
    of a row depends on `per`:

    - `year`, `month` or `once`: a plan. With a note that starts with `from`, the amount is a minimum.
    - `user-month`: a usage tier. Its users are in `plan`, as `1-10`, `11-100` or `10001+`.
    - `surcharge`: the share that a dedicated cluster adds, such as 0.5.

    Raises PriceListError for any other row.
    """
    drafts: dict[str, _Draft] = {}
    for number, row in enumerate(rows, start=2):
        book, name, per = (_cell(row, column) for column in ("book", "plan", "per"))
        if not (book or name or per):
            continue
        try:
            if not book:
                raise PriceListError("the column `book` is empty; write its date, such as 2026-06")
            _add(drafts.setdefault(book, _Draft(_line(book, "the book's name"))), name, per, row)
        except PriceListError as error:
            raise PriceListError(f"row {number}: {error}") from None
    books = tuple(
        PriceBook(
            version=draft.version,
            currency=draft.currency,
            plans=tuple(draft.plans),
            tiers=tuple(sorted(draft.tiers, key=lambda tier: (tier.upto is None, tier.upto))),
            dedicated_cluster=draft.dedicated_cluster,
        )
        for draft in sorted(drafts.values(), key=lambda draft: draft.version)
        if draft.plans
    )
    if not books:
        raise PriceListError(
            "the price list has no plans; its columns are book, plan, amount, currency, per, notes"
        )
    return books


def _add(draft: _Draft, name: str, per: str, row: Mapping[str, Any]) -> None:
    amount = _amount(row)
    if per in PERIODS:
        currency = _cell(row, "currency").upper() or draft.currency
        if (wrong := complaint(amount, currency)) is not None:
            raise PriceListError(wrong)
        draft.currency = draft.currency or currency
        if draft.currency != currency:
            raise PriceListError(f"book {draft.version} mixes {draft.currency} and {currency}")
        price = Money(amount=amount, currency=currency)
        floor = _cell(row, "notes").casefold().startswith("from")
        draft.plans.append(
            Plan(name=_line(name, "the plan's name"), price=price, per=PERIODS[per], floor=floor)
        )
    elif per not in ("user-month", "surcharge"):
        raise PriceListError(f"`per` is {per!r}; write year, month, once, user-month or surcharge")
    elif isinstance(row.get("amount"), str) and looks_like_thousands(amount):
        raise PriceListError(
            f"the amount {amount} can be read in two ways. Write {meanings_of(amount, decimals=4)}"
        )
    elif not 0 <= amount <= MAX_AMOUNT:
        raise PriceListError(f"the amount must be from 0 to {MAX_AMOUNT:,}, not {amount}")
    elif per == "surcharge":
        draft.dedicated_cluster = amount
    else:
        draft.tiers.append(Tier(upto=_upto(name), each=amount))


def _cell(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "").strip()


def _line(text: str, name: str) -> str:
    try:
        return _LINE.validate_python(text)
    except ValidationError:
        raise PriceListError(f"{name} must be one line of 1 to 200 characters") from None


def _amount(row: Mapping[str, Any]) -> Decimal:
    cell = row.get("amount", "")
    try:
        amount = as_number(str(cell))
    except ValueError as error:
        raise PriceListError(f"the amount {error}") from None
    if not isinstance(cell, str):
        return Decimal(f"{amount.normalize():f}")  # a number has one meaning, however many zeros were written
    return amount


def _upto(users: str) -> int | None:
    """Return the last user of a tier that is written as `11-100`; None for `10001+`."""
    if users.endswith("+"):
        return None
    try:
        return int(users.replace("–", "-").rpartition("-")[2])
    except ValueError:
        raise PriceListError(f"the tier {users!r} must look like 11-100 or 10001+") from None
