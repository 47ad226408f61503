"""Ten years of one lead on the real server, its time skipped; then the books are checked to the cent."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from dateutil.relativedelta import relativedelta

from process.money.usage import missing_usage
from process.types import Role, Stage
from starter.demo.years import MOVED, Month, Term, Years, months, terms
from tests.support.workflow_lives import Life
from tests.support.years_player import YearsPlayer

YEARS = 10
TIERS = ((10, Decimal(10)), (100, Decimal(5)), (1_000, Decimal("2.50")), (10_000, Decimal("1.25")))
"""Price per active user and month (USD) up to a number of users (process.md, Money)."""


def usage_fee(users: int) -> Decimal:
    """Return the fee for a month's active users, counted independently of the product: tier by tier."""
    fee, at = Decimal(0), 0
    for upto, each in TIERS:
        fee += each * max(0, min(users, upto) - at)
        at = upto
    return fee


def yearly(term: Term) -> Decimal:
    """Return the price of a year of the term, before usage."""
    offer = dict(term.offer)
    price = {"General membership": Decimal(15_000), "Premier": Decimal(50_000)}.get(offer.get("plan", ""))
    if price is None:
        price = Decimal(offer["amount"]) * (12 if offer["per"] == "month" else 1)
    return price


def variable(month: Month, term: Term) -> Decimal:
    """Return the price of a month's usage by the book's tiers, and of its cloud cost without markup."""
    return (usage_fee(month.active_users) if "book" in term.offer else Decimal(0)) + month.cloud_cost


@pytest.mark.thorough
@pytest.mark.long
async def test_ten_years_of_one_lead(life: Life) -> None:
    now = await life.env.get_current_time(life.handle)
    start = date(now.year + 1, 2, 1) if now.month < 12 else date(now.year + 2, 2, 1)
    player = YearsPlayer(life)
    await Years(player, YEARS, start).play()
    view = await life.settled()
    lead = view.lead

    # what happened
    assert lead.stage is Stage.CLOSED
    assert len(lead.former) == 3, "three renewals"
    assert player.decided["corrected"] == 2
    assert player.decided["put_on_hold"] == 1
    assert sum(line.corrected for line in view.timeline) == 2

    # the books
    agreed = terms(YEARS, start)
    assert (
        sum((term.end - term.start).days + 1 for term in agreed)
        == (start + relativedelta(years=YEARS) - start).days
    )
    by_month = months(YEARS, start)
    fixed = sum(yearly(t) * relativedelta(t.end + timedelta(days=1), t.start).years for t in agreed)
    more = sum(variable(m, next(t for t in agreed if t.start <= m.start <= t.end)) for m in by_month)
    assert [invoice.number for invoice in lead.invoices] == list(range(1, len(by_month) + 3))
    assert sum(invoice.total.amount for invoice in lead.invoices) == fixed + more
    for year, bills in groupby(lead.invoices[:-2], key=lambda i: relativedelta(i.period_start, start).years):
        fee = sum(invoice.lines[0].amount.amount for invoice in bills)
        term = next(t for t in agreed if t.start <= start + relativedelta(years=year) <= t.end)
        assert fee == yearly(term), f"the year {year} costs what was agreed"
    assert [i.period_start for i in lead.invoices[:-2]] == [month.start for month in by_month]
    billed = [month for invoice in lead.invoices for month in invoice.usage_months]
    assert billed == [f"{month.start:%Y-%m}" for month in by_month], "each month once, in order"
    assert missing_usage(lead, lead.closed_on or start) == ()
    assert all(i.paid_on and i.sent_on and i.file for i in lead.invoices)

    # the contracts team moved half way
    (introduction,) = (mail for mail in lead.mails if mail.template == "address_changed")
    assert introduction.recipients == MOVED.addresses[Role.CONTRACTS]
    assert [mail.recipients for mail in lead.mails if mail.template == "address_left"] == [
        ("contracts@example.org",)
    ]
    to_contracts = [mail for mail in lead.mails if Role.CONTRACTS in mail.reached]
    for mail in to_contracts:
        moved = to_contracts.index(mail) >= to_contracts.index(introduction)
        assert mail.reached[Role.CONTRACTS] == (
            ("deals@example.org",) if moved else ("contracts@example.org",)
        ), mail
    assert len(to_contracts) > len(lead.invoices)

    # never twice, never lost
    done = life.outside.of(life.id)
    assert len(done) == len(set(done)), "an effect was done twice"
    mails = Counter(life.outside.templates(life.id))
    assert mails["invoice"] == len(lead.invoices)
    assert mails["renewal"] == 2 * len(lead.former) + 3, (
        "180 and 90 days before, until the renewal was signed"
    )
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert [line.seq for line in view.timeline] == list(range(1, len(view.timeline) + 1))
