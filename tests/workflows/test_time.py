"""Deadlines on the real server with time skipping."""

from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.support.workflow_lives import Life


async def test_a_quote_expires_after_a_reminder(life: Life) -> None:
    await life.decide("price_quoted", amount=12000, currency="USD", per="year")
    view = await life.pass_days(26)
    assert life.outside.templates(life.id)[-1] == "quote_running_out"
    assert view.lead.quotes[-1].status == "open"
    view = await life.pass_days(6)
    assert view.lead.quotes[-1].status == "expired"
    assert "quote_expired" in life.outside.templates(life.id)
    assert "expired" in (await life.decide("quote_accepted")).message


async def test_an_accepted_quote_does_not_expire(life: Life) -> None:
    await life.decide_all(
        "price_quoted", "quote_accepted", price_quoted={"amount": 12000, "currency": "USD", "per": "year"}
    )
    assert (await life.pass_days(60)).lead.quotes[-1].status == "accepted"


async def test_a_silent_contracts_team_is_reminded_and_then_sales_is_told(life: Life) -> None:
    await life.decide_all(
        "price_quoted",
        "quote_accepted",
        "contract_handed_over",
        price_quoted={"amount": 12000, "currency": "USD", "per": "year"},
    )
    view = await life.pass_days(20)
    mails = life.outside.templates(life.id)
    assert mails.index("handover_reminder") < mails.index("handover_escalated")
    assert "The contracts team has been silent since the hand-over" in view.attention


async def test_a_held_lead_is_not_stale_and_resumes_by_itself(life: Life) -> None:
    view = await life.overview()
    until = view.timeline[0].at.date() + relativedelta(years=1)
    await life.decide("put_on_hold", until=str(until))
    view = await life.pass_days(300)
    assert view.lead.hold is not None
    assert "stale" not in life.outside.templates(life.id)
    view = await life.pass_days(70)
    assert view.lead.hold is None
    assert life.outside.templates(life.id) == ["resumed"]
    await life.pass_days(40)
    assert life.outside.templates(life.id)[-1] == "stale"


async def test_a_year_of_a_hub(life: Life) -> None:
    """Twelve invoices that sum to the price, the renewal windows, and an end that nobody can overlook."""
    await life.to_hub()
    view = await life.pass_days(366)
    invoices = view.lead.invoices
    assert [invoice.number for invoice in invoices] == list(range(1, 13))
    assert sum(invoice.total.amount for invoice in invoices) == Decimal(12000)
    assert all(invoice.file for invoice in invoices)
    mails = life.outside.templates(life.id)
    assert mails.count("invoice") == 12
    assert mails.count("renewal") == 3
    assert mails.count("contract_lapsed") == 1
    assert any("The hub runs although its contract ended" in line for line in view.attention)
    done = life.outside.of(life.id)
    assert len(done) == len(set(done)), "an effect was done twice"
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
