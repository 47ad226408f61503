"""A script for years of a hub: first contract, renewals, monthly usage, mistakes, and the end. All of it is invented.

A demo or a test plays it through the protocol `Player`.
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
MAX_TERM = 3
"""Longest term of a contract in years; the first one has one year."""


@dataclass(frozen=True)
class Term:
    """Term and quote of one contract."""

    start: date
    end: date
    offer: Mapping[str, Any]


OFFERS: tuple[Mapping[str, Any], ...] = (
    {"book": "2026-06", "plan": "General membership"},
    {"amount": "16499.99", "currency": "USD", "per": "year"},
    {"book": "2026-06", "plan": "Premier"},
    {"amount": "1499.95", "currency": "USD", "per": "month"},
)
"""Quotes of the contracts, in turn."""


MOVED = Team(addresses={Role.CONTRACTS: ("deals@example.org",)})
"""Half way, the contracts team gets another address."""


def terms(years: int, start: date) -> tuple[Term, ...]:
    """Return contracts for so many years from this day on, without a gap."""
    found: list[Term] = []
    while years:
        length = min(years, MAX_TERM if found else 1)
        end = start + relativedelta(years=length) - DAY
        found.append(Term(start, end, OFFERS[len(found) % len(OFFERS)]))
        years, start = years - length, end + DAY
    return tuple(found)


@dataclass(frozen=True)
class Month:
    """Usage and cloud cost (USD) of one month."""

    start: date
    active_users: int
    cloud_cost: Decimal

    @property
    def body(self) -> dict[str, Any]:
        name = f"{self.start:%Y-%m}"
        return {"month": name, "active_users": self.active_users, "cloud_cost": str(self.cloud_cost)}


def months(years: int, start: date) -> tuple[Month, ...]:
    """Return usage and cost of each month of so many years."""
    return tuple(
        Month(start + relativedelta(months=n), 7 + n * 89 % 1300, Decimal(n * 7919 % 250_000) / 100)
        for n in range(12 * years)
    )


class Player(Protocol):
    """Plays the script on a real or simulated lead."""

    async def until(self, day: date) -> Lead:
        """Let time pass until noon of that day and return the lead."""
        ...

    async def decide(self, *steps: Step) -> int:
        """Take independent decisions and return the number of the last event."""
        ...

    async def set_team(self, team: Team) -> None:
        """Tell the lead who has the roles."""
        ...


@dataclass
class Years:
    """The script for so many years, from the first day of service."""

    player: Player
    years: int
    start: date

    async def play(self) -> None:
        """Play from a new lead to the end of its service."""
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
                await self.player.set_team(MOVED)
        await self._end(last)

    async def _wait_and_sign(self, term: Term) -> None:
        """The lead waits for a budget; a wrong price is quoted and corrected."""
        until = term.start - timedelta(days=20)
        await self.player.decide(
            Step("put_on_hold", SALES, {"until": str(until), "note": "Their budget year"})
        )
        await self.player.until(until + timedelta(days=2))
        slip = {"amount": "150000", "currency": "USD", "per": "year"}
        wrong = await self.player.decide(Step("price_quoted", SALES, slip))
        await self.player.decide(Step("corrected", SALES, {"seq": wrong, "reason": "A zero too many"}))
        await self._sign(term)
        await self.player.decide(Step("vendor_setup_not_needed", CONTRACTS))

    async def _sign(self, term: Term) -> None:
        signed = {"start": str(term.start), "end": str(term.end), "evidence": "https://docs.example.org/c"}
        for step in (
            Step("price_quoted", SALES, term.offer),
            Step("quote_accepted", SALES),
            Step("contract_handed_over", SALES),
            Step("contract_acknowledged", CONTRACTS),
            Step("contract_signed", CONTRACTS, signed),
        ):
            await self.player.decide(step)

    async def _begin(self) -> None:
        await self.player.until(self.start)
        validated = {"representative": "Ada Example", "users": 12}
        for step in (
            Step("hub_information_given", SALES, HUB),
            Step("hub_requested", SALES),
            Step("hub_live", ENGINEERING),
            Step("hub_validated", ENGINEERING, validated),
        ):
            await self.player.decide(step)

    async def _month(self, month: Month) -> None:
        """Report usage on the third day after the month, send its invoice, and pay the previous one."""
        lead = await self.player.until(month.start + relativedelta(months=1) + timedelta(days=2))
        usage = Step("usage_reported", ENGINEERING, month.body)
        await self.player.decide(usage, *_sent_and_paid(lead))

    async def _slip(self) -> None:
        """Record the newest invoice as paid by mistake, and correct it."""
        lead = await self.player.until(self.start + relativedelta(months=6 * self.years + 1, days=3))
        newest = max(invoice.number for invoice in lead.invoices if invoice.owed)
        wrong = await self.player.decide(Step("invoice_paid", CONTRACTS, {"number": newest}))
        reason = "That payment was another customer's"
        await self.player.decide(Step("corrected", CONTRACTS, {"seq": wrong, "reason": reason}))

    async def _end(self, last: Month) -> None:
        """Decommission the hub with the last contract, and bill the last month."""
        over = last.start + relativedelta(months=1)
        reason = {"on": str(over), "reason": "The community moves on"}
        await self.player.decide(Step("decommission_decided", SALES, reason))
        await self.player.until(over)
        await self.player.decide(
            Step("hub_decommissioned", ENGINEERING, {"data_confirmed_by": "Ada Example"})
        )
        await self._month(last)
        for _ in range(2):
            lead = await self.player.until(over + timedelta(days=30))
            await self.player.decide(*_sent_and_paid(lead))


def _sent_and_paid(lead: Lead) -> Iterator[Step]:
    """Yield decisions that send prepared invoices and pay sent ones."""
    for invoice in lead.invoices:
        if invoice.is_valid and invoice.sent_on is None:
            yield Step("invoice_sent", CONTRACTS, {"number": invoice.number})
        elif invoice.owed:
            yield Step("invoice_paid", CONTRACTS, {"number": invoice.number})
