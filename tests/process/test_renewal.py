"""Renewals: the next term of a lead begins where the running contract ends, and leaves that alone."""

from decimal import Decimal
from itertools import pairwise

import pytest

from process.lead.quote import QuoteStatus
from process.money.usage import missing_usage
from process.types import Role, Stage
from process.views.agenda import agenda
from process.views.agenda_items import Section
from process.views.attention import attention
from process.views.next_step import next_step
from tests.support.lives import BOOK_QUOTE, QUOTE, RENEWAL, SIGNED, Life


def periods(life: Life) -> list[tuple[int, str, str, str]]:
    return [(i.number, str(i.period_start), str(i.period_end), str(i.total)) for i in life.lead.invoices]


@pytest.mark.parametrize("kind", ["price_quoted", "quote_accepted", "contract_handed_over", "quote_declined"])
def test_a_pending_renewal_leaves_the_running_contract_alone(kind: str) -> None:
    life = Life().live().until("2027-03-01")
    before = life.lead
    life.quoted(**RENEWAL)
    if kind != "price_quoted":
        life.does("quote_accepted")
    if kind == "contract_handed_over":
        life.does(kind)
    if kind == "quote_declined":
        life.does(kind)
    after = life.lead
    assert (after.stage, after.contract, after.vendor) == (before.stage, before.contract, before.vendor)
    assert after.quotes[0] == before.quotes[0]
    life.until("2027-05-31")
    undisturbed = Life().live().until("2027-05-31")
    assert periods(life) == periods(undisturbed)


def test_a_signed_renewal_becomes_the_contract_and_the_former_one_is_kept() -> None:
    life = Life().renewed(signed_by="Ada")
    first, second = life.lead.signed
    assert (first, second) == (life.lead.former[0], life.lead.contract)
    assert (str(first.end), first.quote, str(second.start), str(second.end), second.quote) == (
        "2027-05-31",
        1,
        "2027-06-01",
        "2028-05-31",
        2,
    )
    assert (second.signed_by, str(second.signed_on), second.evidence) == (
        "Ada",
        "2027-03-01",
        SIGNED["evidence"],
    )
    assert [quote.status for quote in life.lead.quotes] == [QuoteStatus.ACCEPTED] * 2
    assert life.lead.quote is None


def test_invoices_go_on_with_the_new_price_and_no_number_left_out() -> None:
    life = Life().renewed().until("2028-05-31")
    found = periods(life)
    assert [number for number, *_ in found] == list(range(1, 25))
    assert found[11:13] == [
        (12, "2027-05-01", "2027-05-31", "1,000.00 USD"),
        (13, "2027-06-01", "2027-06-30", "1,250.00 USD"),
    ]
    assert sum(invoice.total.amount for invoice in life.lead.invoices) == Decimal(27000)


def test_a_renewed_term_has_windows_and_a_lapse_of_its_own() -> None:
    life = Life().renewed().until("2028-06-02")
    assert [mail.fields["days"] for mail in life.mails("renewal")] == ["180", "180", "90", "30"]
    assert len(life.mails("contract_lapsed")) == 1
    assert life.lead.contract.lapsed


def test_a_lapsed_lead_is_live_again_and_the_lapsed_days_are_billed() -> None:
    life = Life().live().until("2027-06-20")
    assert "The hub runs although its contract ended on 2027-05-31" in attention(life.lead, life.today)
    life.accepted(**RENEWAL).does("contract_signed", **SIGNED)
    assert (life.lead.contract.lapsed, life.lead.stage) == (False, Stage.HUB)
    assert not [line for line in attention(life.lead, life.today) if "ended" in line]
    assert periods(life.wait(0))[12:] == [(13, "2027-06-01", "2027-06-30", "1,250.00 USD")]


def test_a_renewal_does_not_bill_days_that_an_extension_has_billed() -> None:
    """The extension billed a whole month, so a renewal that begins within it bills the days after it."""
    life = Life().live().until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    life.until("2027-06-10").accepted(**RENEWAL).does("contract_signed", **SIGNED)
    assert str(life.lead.contract.start) == "2027-06-17"
    assert periods(life.until("2027-08-01"))[12:] == [
        (13, "2027-06-01", "2027-06-30", "1,000.00 USD"),
        (14, "2027-07-01", "2027-07-16", "666.67 USD"),  # 16 of the 30 days of a month that costs 1,250
        (15, "2027-07-17", "2027-08-16", "1,250.00 USD"),
    ]


def test_a_renewal_may_begin_at_the_end_of_an_extended_contract() -> None:
    life = Life().live().until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    life.until("2027-06-10").accepted(**RENEWAL).does("contract_signed", **SIGNED, start="2027-06-01")
    found = periods(life.until("2027-07-01"))[12:]
    assert [start for _, start, *_ in found] == ["2027-06-01", "2027-07-01"]


def test_a_yearly_renewal_bills_its_unpaid_months_at_once() -> None:
    life = Life().live().until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    life.wait(1).accepted(**RENEWAL)
    life.does("contract_signed", **SIGNED, start="2027-06-01", billing="yearly")
    assert periods(life.until("2028-05-01"))[12:] == [
        (13, "2027-06-01", "2027-06-30", "1,000.00 USD"),
        (14, "2027-07-01", "2028-05-31", "13,750.00 USD"),
    ]


def test_a_gap_between_two_terms_is_shown_and_not_billed() -> None:
    life = Life().live().until("2027-06-10").accepted(**RENEWAL)
    life.does("contract_signed", **SIGNED, start="2027-08-01")
    assert "The hub runs although its contract ended on 2027-05-31" in attention(life.lead, life.today)
    life.until("2027-08-01")
    assert not [line for line in attention(life.lead, life.today) if "ended" in line]
    assert [start for _, start, *_ in periods(life)[12:]] == ["2027-08-01"]


def test_a_gap_between_two_terms_is_shown_until_it_is_explained() -> None:
    life = Life().live().until("2027-05-10").accepted(**RENEWAL)
    life.does("contract_signed", **SIGNED, start="2027-08-01")
    gap = "From 2027-06-01 to 2027-07-31 the hub is in no contract, and nobody is billed for it"
    for day in ("2027-05-20", "2027-08-01", "2028-03-01"):
        assert gap in attention(life.until(day).lead, life.today)
    life.does("gap_explained", reason="Their grant began later")
    assert gap not in attention(life.lead, life.today)
    assert life.lead.contract.gap_reason == "Their grant began later"
    life.does("corrected", seq=life.lead.last_seq, reason="It did not")
    assert gap in attention(life.lead, life.today)


def test_a_gap_without_a_running_hub_is_not_shown() -> None:
    life = Life().requested().until("2027-05-10").accepted(**RENEWAL)
    life.does("contract_signed", **SIGNED, start="2027-08-01")
    life.until("2027-08-10").does("hub_live")
    assert life.lead.gaps == ()


def test_a_late_vendor_set_up_bills_the_contract_and_its_renewal() -> None:
    life = Life().signed().until("2026-12-01")
    assert "at 12,000.00 USD a year. If that was a mistake" in life.refused("price_quoted", **RENEWAL)
    life.until("2027-03-01").accepted(**RENEWAL)
    life.does("contract_handed_over")
    life.does("contract_signed", **SIGNED)
    assert (life.lead.stage, len(life.lead.signed), life.lead.invoices) == (Stage.QUOTED, 2, ())
    life.does("vendor_setup_done")
    life.until("2028-05-31")
    assert sum(invoice.total.amount for invoice in life.lead.invoices) == Decimal(27000)


def test_usage_keeps_the_price_of_the_contract_that_ran_as_its_month_began() -> None:
    life = Life().live(BOOK_QUOTE).until("2027-05-31")
    life.accepted(**QUOTE).does("contract_signed", **SIGNED)
    missing = missing_usage(life.until("2027-07-15").lead, life.today)
    assert (missing[-1], len(missing)) == ("2027-05", 12)  # the new price asks for no usage
    life.does("usage_reported", month="2027-05", active_users=280)
    assert "1,000.00 USD" in [str(line.amount) for line in life.until("2027-08-01").lead.invoices[-1].lines]


def test_usage_in_another_currency_than_the_new_price_has_an_invoice_of_its_own() -> None:
    life = Life().live(BOOK_QUOTE).until("2027-05-31")
    life.accepted(amount="9000", currency="EUR", per="year").does("contract_signed", **SIGNED)
    life.does("usage_reported", month="2027-05", active_users=10, currency="USD")
    assert "The contract is in EUR, not USD" in life.until("2027-06-30").refused(
        "usage_reported", month="2027-06", active_users=10, currency="USD"
    )
    assert [str(invoice.total) for invoice in life.lead.invoices[12:]] == ["750.00 EUR", "100.00 USD"]


def test_only_one_renewal_is_quoted_at_a_time() -> None:
    life = Life().live().until("2027-03-01").quoted(**RENEWAL)
    life.quoted(**QUOTE)
    assert [quote.status for quote in life.lead.quotes] == [
        QuoteStatus.ACCEPTED,
        QuoteStatus.SUPERSEDED,
        QuoteStatus.OPEN,
    ]


def test_an_unanswered_renewal_quote_expires_and_the_contract_goes_on() -> None:
    life = Life().live().until("2027-03-01").quoted(**RENEWAL).until("2027-04-15")
    assert [mail.fields for mail in life.mails("quote_expired")] == [{"version": "2"}]
    assert (life.lead.stage, life.lead.quote) == (Stage.HUB, None)
    life.quoted(**RENEWAL)


def test_a_silent_contracts_team_is_reminded_of_a_renewal_too() -> None:
    life = Life().renewing().perform()
    life.does("contract_handed_over")
    life.wait(30)
    assert [len(life.mails(name)) for name in ("handover", "handover_reminder", "handover_escalated")] == [
        2,
        1,
        1,
    ]
    assert "The contracts team has been silent since the hand-over" in attention(life.lead, life.today)
    life.does("contract_signed", **SIGNED)
    assert "The contracts team has been silent since the hand-over" not in attention(life.lead, life.today)


def test_a_corrected_renewal_gives_way_to_the_contract_before() -> None:
    life = Life().renewing()
    before = life.lead.signed
    seq = life.does("contract_signed", **SIGNED).seq
    life.does("corrected", seq=seq, reason="Another's contract")
    assert (life.lead.signed, life.lead.quote is not None) == (before, True)
    life.until("2027-06-02")
    assert life.lead.contract.lapsed


def test_ten_years_of_renewals_are_billed_to_the_cent() -> None:
    life = Life().live()
    for year in range(2027, 2036):
        life.until(f"{year}-03-01").accepted(amount="12000.01", currency="USD", per="year")
        life.does("contract_signed", **SIGNED)
    life.until("2036-05-31")
    invoices = life.lead.invoices
    assert len(invoices) == 120
    assert sum(invoice.total.amount for invoice in invoices) == Decimal("120000.09")
    assert len(life.lead.signed) == 10
    for one, other in pairwise(invoices):
        assert (other.period_start - one.period_end).days == 1


def test_a_term_signed_again_after_a_correction_has_all_its_deadlines() -> None:
    """The wrong term had already lapsed."""
    life = Life().contracted(end="2026-07-30").until("2026-08-02")
    assert life.lead.contract.lapsed
    seq = next(event.seq for event in life.aggregate.event_log.events if event.kind == "contract_signed")
    life.does("corrected", seq=seq, reason="It runs for a year")
    life.does("contract_signed", **SIGNED, start="2026-06-01")
    contract = life.lead.contract
    assert (contract.windows, contract.lapsed, str(contract.end)) == ((), False, "2027-05-31")
    assert "The contract is live until 2027-05-31" in life.refused("service_extended", reason="x")
    life.until("2027-06-02")
    assert [mail.fields["days"] for mail in life.mails("renewal")][-3:] == ["180", "90", "30"]
    assert [event.kind for event in life.aggregate.event_log.events].count("contract_lapsed") == 2
    assert life.lead.contract.lapsed


def test_the_decision_on_the_lapse_is_shown_during_an_extension() -> None:
    life = Life().live().until("2027-06-02")
    for day in ("2027-06-17", "2027-07-02", "2027-07-17"):
        life.does("service_extended", reason=f"Their lawyers, {life.today}")
        step = next_step(life.lead)
        assert step == (
            Role.SALES,
            "renew, or decide how it ends: the contract ended on 2027-05-31, and the service goes on until "
            f"{life.lead.contract.extended_until}",
        )
        life.until(day)
    life.does("service_extended", reason="Once more")
    concern = "The contract ended on 2027-05-31, and whether it is renewed is not decided"
    assert concern in attention(life.lead, life.today)
    (line,) = (item for item in agenda(life.aggregate, life.now) if item.text.startswith("Renew, or decide"))
    assert (line.section, str(line.until)) == (Section.OVERDUE, "2027-07-12")
    life.does("decommission_decided", on="2027-07-30", reason="Over")
    assert concern not in attention(life.lead, life.today)


def test_a_signature_recorded_late_keeps_its_day_and_opens_no_past_windows() -> None:
    life = Life().handed_over().until("2027-03-20")
    answer = life.does("contract_signed", **SIGNED, on="2026-06-05", start="2026-06-01", signed_by="Ada")
    assert str(answer).startswith(
        "The contract was signed by Ada on 2026-06-05, for 2026-06-01 to 2027-05-31"
    )
    assert str(life.lead.contract.signed_on) == "2026-06-05"
    life.does("vendor_setup_not_needed")
    assert life.mails("renewal") + life.mails("renewal_not_begun") == []
    assert [mail.fields["days"] for mail in life.until("2027-05-10").mails("renewal")] == ["30"]
    assert len(life.mails("renewal_not_begun")) == 1
    assert len(life.lead.invoices) == 12
