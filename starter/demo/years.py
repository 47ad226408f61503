"""Years of a hub: the first contract, its renewals, a month after the other, mistakes, and an end. All of it is invented.

What happens is told to whoever lives it, a demo or a test: the days that pass, and the decisions that people take.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from dateutil.relativedelta import relativedelta

from process.lead.lead import Lead
from process.policy import Team
from process.types import Role
from starter.demo.story import CONTRACTS, ENGINEERING, HUB, SALES, Step

DAY = timedelta(days=1)
LONGEST = 3
"""Years that one contract runs, at most; the first one runs for one."""


@dataclass(frozen=True)
class Term:
    """A contract of these years and what it is quoted at."""

    start: date
    end: date
    offer: Mapping[str, Any]


OFFERS: tuple[Mapping[str, Any], ...] = (
    {"book": "2026-06", "plan": "General membership"},
    {"amount": "16499.99", "currency": "USD", "per": "year"},
    {"book": "2026-06", "plan": "Premier"},
    {"amount": "1499.95", "currency": "USD", "per": "month"},
)
"""What the terms are quoted at, one after the other."""


MOVED = Team(addresses={Role.CONTRACTS: ("deals@example.org",)})
"""Half way the contracts team has another address (process.md, failure 8)."""


def terms(years: int, start: date) -> tuple[Term, ...]:
    """Contracts for so many years from this day on, without a gap."""
    found: list[Term] = []
    while years:
        length = min(years, LONGEST if found else 1)
        end = start + relativedelta(years=length) - DAY
        found.append(Term(start, end, OFFERS[len(found) % len(OFFERS)]))
        years, start = years - length, end + DAY
    return tuple(found)


@dataclass(frozen=True)
class Month:
    """What a month of the hub came to."""

    start: date
    active_users: int
    cloud_cost: Decimal

    @property
    def body(self) -> dict[str, Any]:
        name = f"{self.start:%Y-%m}"
        return {"month": name, "active_users": self.active_users, "cloud_cost": str(self.cloud_cost)}


def months(years: int, start: date) -> tuple[Month, ...]:
    """Each month of so many years: its users come and go, and so does the cloud's bill."""
    return tuple(
        Month(start + relativedelta(months=n), 7 + n * 89 % 1300, Decimal(n * 7919 % 250_000) / 100)
        for n in range(12 * years)
    )


class Living(Protocol):
    """Whoever lives these years."""

    async def until(self, day: date) -> Lead:
        """Time passes until noon of that day; the lead as it is then, or at least what is new of it."""
        ...

    async def decide(self, *steps: Step) -> int:
        """Decisions that do not rest on each other are taken; the number of the last in the timeline."""
        ...

    async def hear(self, people: Team) -> None:
        """Others are behind the roles, as a worker with other settings says; the lead knows of it."""
        ...


@dataclass
class Years:
    """So many years of a hub, from the first day of its service on."""

    lead: Living
    years: int
    start: date

    async def live(self) -> None:
        """From a lead that has only just begun to one whose service has ended."""
        first, *renewals = terms(self.years, self.start)
        await self._wait_and_sign(first)
        await self._begin()
        coming = {term.start - relativedelta(months=4): term for term in renewals}
        half = self.start + relativedelta(months=6 * self.years)
        *earlier, last = months(self.years, self.start)
        for month in earlier:
            await self._month(month)
            if month.start in coming:
                await self._sign(coming[month.start])
            if month.start == half:
                await self._slip()
                await self.lead.hear(MOVED)
        await self._end(last)

    async def _wait_and_sign(self, term: Term) -> None:
        """They wait for their budget; a price is quoted by mistake, and corrected."""
        until = term.start - timedelta(days=20)
        await self.lead.decide(Step("put_on_hold", SALES, {"until": str(until), "note": "Their budget year"}))
        await self.lead.until(until + timedelta(days=2))
        slip = {"amount": "150000", "currency": "USD", "per": "year"}
        wrong = await self.lead.decide(Step("price_quoted", SALES, slip))
        await self.lead.decide(Step("corrected", SALES, {"seq": wrong, "reason": "A zero too many"}))
        await self._sign(term)
        await self.lead.decide(Step("vendor_setup_not_needed", CONTRACTS))

    async def _sign(self, term: Term) -> None:
        signed = {"start": str(term.start), "end": str(term.end), "evidence": "https://docs.example.org/c"}
        for step in (
            Step("price_quoted", SALES, term.offer),
            Step("quote_accepted", SALES),
            Step("contract_handed_over", SALES),
            Step("contract_acknowledged", CONTRACTS),
            Step("contract_signed", CONTRACTS, signed),
        ):
            await self.lead.decide(step)

    async def _begin(self) -> None:
        await self.lead.until(self.start)
        validated = {"representative": "Ada Example", "users": 12}
        for step in (
            Step("hub_information_given", SALES, HUB),
            Step("hub_requested", SALES),
            Step("hub_live", ENGINEERING),
            Step("hub_validated", ENGINEERING, validated),
        ):
            await self.lead.decide(step)

    async def _month(self, month: Month) -> None:
        """On the third day after it: its usage is known, its invoice goes out, the one before is paid."""
        lead = await self.lead.until(month.start + relativedelta(months=1) + timedelta(days=2))
        usage = Step("usage_reported", ENGINEERING, month.body)
        await self.lead.decide(usage, *_sent_and_paid(lead))

    async def _slip(self) -> None:
        """The newest invoice is taken for paid, which was another customer's payment."""
        lead = await self.lead.until(self.start + relativedelta(months=6 * self.years + 1, days=3))
        newest = max(invoice.number for invoice in lead.invoices if invoice.owed)
        wrong = await self.lead.decide(Step("invoice_paid", CONTRACTS, {"number": newest}))
        reason = "That payment was another customer's"
        await self.lead.decide(Step("corrected", CONTRACTS, {"seq": wrong, "reason": reason}))

    async def _end(self, last: Month) -> None:
        """With the last contract the hub goes; what its last month came to is billed, too."""
        over = last.start + relativedelta(months=1)
        reason = {"on": str(over), "reason": "The community moves on"}
        await self.lead.decide(Step("decommission_decided", SALES, reason))
        await self.lead.until(over)
        await self.lead.decide(Step("hub_decommissioned", ENGINEERING, {"data_confirmed_by": "Ada Example"}))
        await self._month(last)
        for _ in range(2):
            lead = await self.lead.until(over + timedelta(days=30))
            await self.lead.decide(*_sent_and_paid(lead))


def _sent_and_paid(lead: Lead) -> Iterator[Step]:
    """What was prepared is sent, what was sent before is paid."""
    for invoice in lead.invoices:
        if invoice.stands and invoice.sent_on is None:
            yield Step("invoice_sent", CONTRACTS, {"number": invoice.number})
        elif invoice.owed:
            yield Step("invoice_paid", CONTRACTS, {"number": invoice.number})
