"""Voided invoices: their days, usage and items are billed again, once, under a new number."""

from decimal import Decimal

from process.money.usage import missing_usage
from process.views.attention import attention
from tests.support.lives import BOOK_QUOTE, QUOTE, SIGNED, Life


def standing(life: Life) -> list[tuple[int, str, str]]:
    return [(i.number, str(i.period_start), str(i.total)) for i in life.lead.invoices if i.is_valid]


def void(life: Life, number: int) -> int:
    seq = life.does("invoice_voided", number=number, reason="Wrong").seq
    assert seq is not None
    return seq


def billed() -> Life:
    """Return a hub in its second month, with usage on its second invoice."""
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    life.does("usage_reported", month="2026-06", active_users=10)
    return life.until("2026-07-10")


def test_the_days_of_a_voided_invoice_are_billed_the_next_day_under_a_new_number() -> None:
    life = billed()
    void(life, 2)
    assert standing(life.until("2026-07-10", hour=23)) == [(1, "2026-06-01", "1,250.00 USD")]
    assert standing(life.until("2026-07-11", hour=0)) == [
        (1, "2026-06-01", "1,250.00 USD"),
        (3, "2026-07-01", "1,350.00 USD"),
    ]
    assert [invoice.number for invoice in life.lead.invoices] == [1, 2, 3]
    assert str(life.until("2026-08-02").lead.invoices[3].total) == "1,250.00 USD"


def test_usage_can_be_reported_again_before_it_is_billed_again() -> None:
    life = billed()
    assert "Void that invoice and report this" in life.refused(
        "usage_reported", month="2026-06", active_users=280
    )
    void(life, 2)
    life.does("usage_reported", month="2026-06", active_users=280)
    assert standing(life.until("2026-07-11"))[1:] == [(3, "2026-07-01", "2,250.00 USD")]


def test_corrected_usage_of_a_voided_invoice_is_asked_for_again() -> None:
    life = billed()
    report = next(event.seq for event in life.aggregate.event_log.events if event.kind == "usage_reported")
    life.does("corrected", seq=report, reason="Another hub's")
    void(life, 2)
    assert missing_usage(life.lead, life.today) == ("2026-06",)
    assert standing(life.until("2026-07-11"))[1:] == [(3, "2026-07-01", "1,250.00 USD")]


def test_a_paid_or_voided_invoice_cannot_be_voided() -> None:
    life = billed()
    life.does("invoice_sent", number=1)
    life.does("invoice_paid", number=1)
    assert "was paid on 2026-07-10. Settle the difference" in life.refused(
        "invoice_voided", number=1, reason="x"
    )
    void(life, 2)
    for kind in ("invoice_voided", "invoice_sent", "invoice_paid"):
        assert f"{2} was voided on 2026-07-10" in life.refused(
            kind, number=2, **({"reason": "y"} if kind == "invoice_voided" else {})
        )


def test_a_voided_invoice_is_never_overdue_and_does_not_block_the_archive() -> None:
    life = Life().live().until("2026-06-10")
    life.does("invoice_sent", number=1)
    life.does("decommission_decided", on="2026-06-10", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    void(life, 1)
    life.until("2026-06-11").does("invoice_sent", number=2)
    life.does("invoice_paid", number=2)
    assert not attention(life.until("2026-09-30").lead, life.today)
    assert life.mails("invoice_overdue") == []
    assert life.until("2027-06-12").lead.archived


def test_the_contracts_team_gets_a_mail_about_a_voided_invoice_and_no_more_reminders() -> None:
    life = billed()
    life.perform().until("2026-08-01").perform(but="mail")
    assert life.mails("invoice")[-1].fields == {"number": "3"}
    void(life, 3)
    waiting = [item.effect.summary() for item in life.aggregate.outbox if item.effect.queue == "mail"]
    assert "Mail to contracts: invoice voided" in waiting
    assert "Mail to contracts: invoice" not in waiting


def test_voiding_can_be_corrected_only_while_no_other_invoice_bills_the_same() -> None:
    life = billed()
    seq = void(life, 2)
    life.does("corrected", seq=seq, reason="It was right")
    assert standing(life.until("2026-07-12"))[1:] == [(2, "2026-07-01", "1,350.00 USD")]
    seq = void(life, 2)
    life.until("2026-07-14")
    assert life.refused("corrected", seq=seq, reason="It was right") == (
        "Invoice 3 has billed the same since. Void that one first (invoice_voided, number 3)."
    )
    void(life, 3)
    life.does("corrected", seq=seq, reason="It was right")
    assert standing(life.until("2026-07-31"))[1:] == [(2, "2026-07-01", "1,350.00 USD")]


def test_a_contract_signed_again_is_billed_for_unbilled_months_only() -> None:
    """Months billed under the wrong contract stay billed. Only the rest of a partly billed one is billed."""
    life = Life().contracted().until("2026-08-15")
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    life.does("corrected", seq=seqs["contract_signed"], reason="It began later")
    life.does("contract_signed", **SIGNED, start="2026-06-15")
    assert standing(life.until("2026-10-01"))[3:] == [
        (4, "2026-09-01", "451.61 USD"),  # 14 of the 31 days from 15 August
        (5, "2026-09-15", "1,000.00 USD"),
    ]


def test_voided_months_are_billed_by_the_corrected_contract() -> None:
    life = Life().contracted().until("2026-08-15")
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    life.does("corrected", seq=seqs["contract_signed"], reason="It began later, and the whole year is paid")
    life.does("contract_signed", **SIGNED, start="2026-06-15", billing="yearly")
    for number in (1, 2, 3):
        void(life, number)
    assert standing(life.until("2027-06-01")) == [(4, "2026-06-15", "12,000.00 USD")]


def test_a_yearly_invoice_of_a_short_contract_bills_its_months() -> None:
    life = Life().contracted(QUOTE, end="2026-11-15", billing="yearly").until("2026-12-31")
    assert standing(life) == [(1, "2026-06-01", "6,000.00 USD")]
    assert sum(i.total.amount for i in life.lead.invoices) == Decimal(6000)


# ---- one-time items

WITH_TRAINING = QUOTE | {"item": "Training: 2000 once"}


def trainings(life: Life) -> list[int]:
    """Return the numbers of the valid invoices that bill the training."""
    return [i.number for i in life.lead.invoices if i.is_valid and any(x.text == "Training" for x in i.lines)]


def test_an_item_is_billed_again_only_if_its_invoice_was_voided() -> None:
    life = Life().contracted(WITH_TRAINING).until("2026-08-10")
    assert trainings(life) == [1]
    void(life, 2)
    assert trainings(life.until("2026-08-12")) == [1]
    void(life, 1)
    assert trainings(life) == []
    assert trainings(life.until("2026-08-13")) == [5]
    assert str(life.lead.invoices[4].total) == "3,000.00 USD"  # including the month that it had billed
    assert trainings(life.until("2027-06-15")) == [5]


def test_an_item_is_billed_once_even_if_its_contract_was_corrected() -> None:
    life = Life().contracted(WITH_TRAINING).until("2026-07-10")
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    life.does("corrected", seq=seqs["contract_signed"], reason="The price was another")
    life.accepted(amount="24000", currency="USD", per="year", item=["Training: 2500 once", "Visit: 800 once"])
    life.does("contract_signed", **SIGNED)
    assert trainings(life.until("2027-07-01")) == [1]  # void it first to have it billed at the other price
    visits = [(i.number, len(i.lines)) for i in life.lead.invoices if any(x.text == "Visit" for x in i.lines)]
    assert visits == [(3, 1)]  # no invoice of the beginning is left to have it
    assert str(life.lead.invoices[2].total) == "800.00 USD"


def test_an_item_alone_can_be_voided_too() -> None:
    life = Life().contracted().until("2026-07-10")
    seqs = {event.kind: event.seq for event in life.aggregate.event_log.events}
    life.does("corrected", seq=seqs["contract_signed"], reason="The training was left out")
    life.accepted(**WITH_TRAINING).does("contract_signed", **SIGNED)
    assert trainings(life.wait(0)) == [3]
    seq = void(life, 3)
    assert trainings(life.until("2026-07-10", hour=23)) == []
    assert trainings(life.until("2026-07-11")) == [4]
    assert "Invoice 4 has billed the same since" in life.refused("corrected", seq=seq, reason="It was right")
    assert trainings(life.until("2027-08-01")) == [4]


def test_voiding_an_item_can_be_corrected_only_while_no_other_invoice_bills_it() -> None:
    life = Life().contracted(WITH_TRAINING, billing="yearly").until("2026-06-10")
    seq = void(life, 1)
    life.until("2026-06-12")
    assert "Invoice 2 has billed the same since" in life.refused("corrected", seq=seq, reason="It was right")
