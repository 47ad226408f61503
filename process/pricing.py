"""Dated price books: what a plan costs, and what usage costs. An old quote keeps the price of its book.

The figures are those of process.md, Money.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from process.model import Line, Model
from process.money import CurrencyCode, Money, complaint

Per = Literal["year", "month", "once"]
PERIODS: dict[str, Per] = {"year": "year", "month": "month", "once": "once"}


class Plan(Model):
    """A named price of a book. With `floor`, the least that is asked for it."""

    name: Line
    price: Money
    per: Per = "year"
    floor: bool = False


class Tier(Model):
    """Up to `upto` monthly active users (None: all above) cost `each` per user and month."""

    upto: int | None
    each: Decimal


class PriceBook(Model):
    """A price list as of a date, as `2022-05`."""

    version: Line
    currency: CurrencyCode
    plans: tuple[Plan, ...]
    tiers: tuple[Tier, ...] = ()
    dedicated_cluster: Decimal = Decimal(0)
    """Surcharge for a dedicated cluster, as a share of the plan's price."""

    def plan(self, name: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.name.casefold() == name.casefold()), None)

    def price(self, plan: Plan, dedicated_cluster: bool) -> Money:
        return plan.price.times(1 + (self.dedicated_cluster if dedicated_cluster else 0)).rounded()


def usage_fee(tiers: tuple[Tier, ...], active_users: int) -> Decimal:
    """What a month with so many active users costs; each tier prices only the users inside it."""
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
    """A price list that can't be read; the text says which row and what to write there."""


def books_from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[PriceBook, ...]:
    """Price books from a table, as people keep it in a sheet or a file.

    Columns: `book` (2026-06), `plan`, `amount`, `currency`, `per` and, optionally, `notes`. `per` says what the row is:
    `year`, `month` or `once` is a plan (a note that starts with `from` makes the amount the least that is asked);
    `user-month` is a usage tier, with `plan` giving its users as `1-10`, `11-100` or `10001+`;
    `surcharge` is the share that a dedicated cluster adds, as 0.5.

    Raises PriceListError for a row that is none of these.
    """
    plans: dict[str, list[Plan]] = {}
    tiers: dict[str, list[Tier]] = {}
    surcharges: dict[str, Decimal] = {}
    currencies: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        book, name, per = (str(row.get(column) or "").strip() for column in ("book", "plan", "per"))
        if not (book or name or per):
            continue
        try:
            amount = Decimal(str(row.get("amount", "")).strip().replace("_", ""))
        except InvalidOperation:
            raise PriceListError(f"row {number}: the amount {row.get('amount')!r} is no number") from None
        currency = str(row.get("currency") or "").strip().upper() or currencies.get(book, "")
        if not book:
            raise PriceListError(f"row {number}: the column `book` is empty; write its date, as 2026-06")
        if per == "user-month":
            tiers.setdefault(book, []).append(Tier(upto=_upto(name, number), each=amount))
        elif per == "surcharge":
            surcharges[book] = amount
        elif per in PERIODS:
            if (wrong := complaint(amount, currency)) is not None:
                raise PriceListError(f"row {number}: {wrong}")
            if currencies.setdefault(book, currency) != currency:
                raise PriceListError(f"row {number}: book {book} mixes {currencies[book]} and {currency}")
            floor = str(row.get("notes") or "").casefold().startswith("from")
            price = Money(amount=amount, currency=currency)
            plans.setdefault(book, []).append(Plan(name=name, price=price, per=PERIODS[per], floor=floor))
        else:
            raise PriceListError(
                f"row {number}: `per` is {per!r}; write year, month, once, user-month or surcharge"
            )
    if not plans:
        raise PriceListError(
            "the price list has no plans; its columns are book, plan, amount, currency, per, notes"
        )
    return tuple(
        PriceBook(
            version=book,
            currency=currencies[book],
            plans=tuple(plans[book]),
            tiers=tuple(sorted(tiers.get(book, ()), key=lambda tier: (tier.upto is None, tier.upto))),
            dedicated_cluster=surcharges.get(book, Decimal(0)),
        )
        for book in sorted(plans)
    )


def _upto(users: str, row: int) -> int | None:
    """The last user of a tier written as `11-100`; None for `10001+`."""
    if users.endswith("+"):
        return None
    last = users.replace("–", "-").rpartition("-")[2].strip()
    if not last.isdigit():
        raise PriceListError(f"row {row}: the tier {users!r} must look like 11-100 or 10001+")
    return int(last)
