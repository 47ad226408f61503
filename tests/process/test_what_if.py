"""Differences under other rules, for leads that a person can check by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from process.core.due import pass_deadlines
from process.core.events import Event
from process.core.evolve import evolve
from process.deadlines.billing import InvoiceDue
from process.decisions.contracting import ContractSigned
from process.decisions.serving import HubRequested
from process.money.pricing import BUILT_IN
from process.policy import Periods, Policy
from process.simulation.difference import Difference, difference
from process.simulation.scenario import Scenario
from process.simulation.simulate import as_given, simulate
from process.types import Role, Stage
from tests.support.changed_rule import NEXT_CHANGES, deploy
from tests.support.lives import BOOK_QUOTE, MONDAY, SIGNED, Life


def difference_of(life: Life, scenario: Scenario | None = None, **periods: object) -> Difference:
    """Return the differences in this lead until now, under a scenario or with these periods."""
    wanted = scenario or Scenario(periods=Periods.model_validate(periods))
    return difference(life.aggregate.event_log.events, life.lead.id, wanted, life.now)


def moved(found: Difference) -> list[tuple[str, str | None, str | None, int | None]]:
    """Return kind, both days, and the shift of each changed deadline."""
    return [
        (
            each.kind,
            f"{each.actual:%m-%d}" if each.actual else None,
            f"{each.simulated:%m-%d}" if each.simulated else None,
            each.days,
        )
        for each in found.deadlines
    ]


# ---- deadlines


def test_under_its_own_rules_nothing_would_have_been_different() -> None:
    life = Life().live().perform().wait(700).perform()
    for same in (
        Scenario(),
        Scenario(policy=Policy()),
        Scenario(periods=Periods(stale=30)),
        Scenario(books=BUILT_IN),
    ):
        found = difference_of(life, same)
        assert not found.differs
        assert (found.reproducible, found.overdue_since) == (True, None)
        assert [(each.actual, each.simulated) for each in found.sums] == [(Decimal("12000.00"),) * 2]


def test_a_quote_that_is_valid_longer_expires_later_and_is_reminded_of_later() -> None:
    found = difference_of(Life().quoted().wait(70), quote_validity=40)
    assert moved(found) == [
        ("quote_running_out", "06-25", "07-05", 10),
        ("quote_expired", "07-02", "07-12", 10),
    ]
    (decided,) = found.decisions
    assert (decided.seq, decided.kind, decided.refused) == (2, "price_quoted", "")
    assert "valid until 2026-07-01" in decided.actual
    assert decided.simulated
    assert "valid until 2026-07-11" in decided.simulated
    assert found.mails == ()
    assert difference_of(Life().quoted().wait(20), quote_validity=25).deadlines[0].actual is None


def test_a_given_validity_is_not_changed_by_the_rules() -> None:
    life = Life().quoted(amount="12000", currency="USD", per="year", valid_until="2026-06-20").wait(60)
    assert not difference_of(life, quote_validity=90).differs


def test_repeating_deadlines_are_compared_after_the_same_decision() -> None:
    life = Life().wait(70)  # stale after 30 and 60 days
    life.quoted(amount="9000", currency="USD", per="year", valid_until="2027-06-01").wait(35)
    assert moved(difference_of(life, stale=45)) == [
        ("gone_stale", "07-02", "07-17", 15),
        ("gone_stale", "08-01", None, None),
        ("gone_stale", "09-10", None, None),
    ]
    stale = next(each for each in difference_of(life, stale=45).mails if each.template == "stale")
    assert (stale.to, stale.actual, stale.simulated) == ((Role.SALES,), 3, 1)
    assert moved(difference_of(life, stale_in={"quoted": 10}))[:2] == [
        ("gone_stale", None, "08-21", None),
        ("gone_stale", None, "08-31", None),
    ]


def test_a_holiday_is_no_working_day() -> None:
    life = Life().handed_over().wait(10)
    assert moved(difference_of(life, Scenario(holidays=(date(2026, 6, 3),)))) == [
        ("handover_reminded", "06-05", "06-06", 1)
    ]


def test_the_days_of_a_concern_are_compared() -> None:
    (noticed,) = difference_of(Life().wait(40), stale=35).attention
    assert noticed.text == "Nothing has moved since 2026-06-01"
    assert noticed.actual == ((date(2026, 7, 2), date(2026, 7, 11)),)
    assert noticed.simulated == ((date(2026, 7, 7), date(2026, 7, 11)),)


# ---- decisions


def test_refused_decisions_are_listed_with_their_consequences() -> None:
    life = Life().quoted()
    life.wait(20).does("quote_accepted")
    life.does("contract_handed_over")
    life.does("contract_signed", **SIGNED)
    life.does("vendor_setup_not_needed")
    life.wait(40)
    found = difference_of(life, quote_validity=10)
    assert [(each.seq, each.kind, each.simulated) for each in found.decisions if each.refused] == [
        (3, "quote_accepted", None),
        (4, "contract_handed_over", None),
        (5, "contract_signed", None),
    ]
    assert found.decisions[1].refused.startswith("Version 1 expired on 2026-06-11.")
    assert (found.stage_actual, found.stage_simulated) == (Stage.CONTRACTED, Stage.QUOTED)
    assert [(each.actual and each.actual.amount, each.simulated) for each in found.invoices] == [
        (Decimal("1000.00"), None),
        (Decimal("1000.00"), None),
    ]
    assert [(each.currency, each.actual, each.simulated) for each in found.sums] == [
        ("USD", Decimal(2000), Decimal(0))
    ]
    assert [(each.stage, each.actual, each.simulated) for each in found.stages] == [
        ("quoted", 20, 60),
        ("contracted", 40, 0),
    ]


def test_a_correction_finds_the_event_under_its_simulated_number() -> None:
    life = Life().wait(15).quoted()
    life.does("corrected", seq=2, reason="A slip")
    found = difference_of(life, stale=7)
    assert [each.kind for each in found.deadlines] == ["gone_stale", "gone_stale"]
    assert found.decisions == ()
    assert found.stage_simulated is Stage.LEAD


def test_a_correction_of_an_event_that_would_not_exist_is_refused() -> None:
    life = Life().quoted().wait(40)
    expired = next(event for event in life.aggregate.event_log.events if event.kind == "quote_expired")
    life.does("corrected", seq=expired.seq, reason="They had prolonged it by mail")
    assert not difference_of(life, stale=40, quote_reminder=6).decisions  # it expires in the simulation, too
    refused = [each for each in difference_of(life, quote_validity=90).decisions if each.refused]
    assert [(each.kind, each.refused) for each in refused] == [
        ("corrected", "What it is about would not have been.")
    ]


def test_an_invoice_keeps_its_days_under_another_number() -> None:
    """Extend a lapsed service for longer, which adds invoices; the invoice that was sent is the same."""
    life = Life().live().until("2027-06-05")
    life.does("service_extended", reason="With their lawyers")
    life.until("2027-07-20").does("usage_reported", month="2027-06", active_users=3, cloud_cost="10")
    life.wait(1).does("invoice_sent", number=len(life.lead.invoices))
    found = difference_of(life, lapse_extension=45)
    assert not [each for each in found.decisions if each.refused]
    assert any(each.actual is None for each in found.invoices)
    simulation = simulate(
        life.aggregate.event_log.events, life.lead.id, Scenario(periods=Periods(lapse_extension=45)), life.now
    )
    sent = [invoice for invoice in simulation.simulated[-1].after.invoices if invoice.sent_on]
    assert [invoice.usage_months for invoice in sent] == [("2027-06",)]


def test_a_lead_that_would_have_been_archived_takes_no_decisions() -> None:
    life = Life().quoted().lost().wait(200)
    life.does("reopened", reason="Another grant")
    found = difference_of(life.wait(1), archive=90)
    (refused,) = (each for each in found.decisions if each.refused)
    assert (refused.kind, refused.refused) == ("reopened", "The lead would have been archived on 2026-08-31.")
    assert found.stage_simulated is Stage.LOST
    assert not difference_of(life, archive=300).differs


def test_an_archived_lead_may_be_archived_later() -> None:
    life = Life().lost().wait(800)
    assert moved(difference_of(life, archive=500)) == [("archived", "06-02", "10-15", 135)]


@pytest.mark.parametrize("given", [{}, {"end": "2027-08-31"}, {"start": "2026-08-01"}])
def test_values_filled_in_by_the_rules_are_told_from_given_ones(given: dict[str, str]) -> None:
    life = Life().signed(None, **given)
    simulation = simulate(life.aggregate.event_log.events, life.lead.id, Scenario(), life.now)
    signed = next(step for step in simulation.actual if step.event.kind == "contract_signed")
    assert isinstance(signed.event.fact, ContractSigned)
    decision = as_given(signed.event.fact, signed.past, signed.event.at)
    assert {name for name in ("start", "end") if getattr(decision, name)} == set(given)
    assert decision.resolved(signed.past, signed.event.at) == signed.event.fact


# ---- money


def test_other_prices_in_the_book_change_the_invoices_to_the_cent() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-07-05")
    life.does("usage_reported", month="2026-06", active_users=20, cloud_cost="10.01")
    life.until("2026-08-10")
    dearer = BUILT_IN[1].replaced(
        plans=tuple(p.replaced(price=p.price.times(2)) for p in BUILT_IN[1].plans), tiers=()
    )
    found = difference_of(life, Scenario(books=(dearer,)))
    totals = [
        (each.actual and str(each.actual), each.simulated and str(each.simulated)) for each in found.invoices
    ]
    assert totals[:2] == [("1,250.00 USD", "2,500.00 USD")] * 2
    assert totals[2] == ("1,410.01 USD", "2,510.01 USD")  # without its 150.00 for twenty users
    assert [(each.actual, each.simulated) for each in found.sums] == [
        (Decimal("3910.01"), Decimal("7510.01"))
    ]
    assert "30,000.00 USD" in str(found.decisions[0].simulated)


def test_a_plan_missing_from_the_book_could_not_have_been_quoted() -> None:
    life = Life().quoted(**BOOK_QUOTE)
    other = BUILT_IN[1].replaced(plans=BUILT_IN[1].plans[1:])
    (decided,) = difference_of(life, Scenario(books=(other,))).decisions
    assert decided.refused.startswith("There is no plan 'General membership' in book '2026-06'.")


# ---- events


def test_newer_rules_apply_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life()
    life.does("questionnaire_sent")
    deploy(monkeypatch)
    found = difference_of(life, Scenario(changes=NEXT_CHANGES))
    assert [(each.template, each.actual, each.simulated) for each in found.mails] == [
        ("questionnaire_unanswered", 0, 1)
    ]


def test_the_comparison_ends_where_the_events_end() -> None:
    life = Life().quoted()
    life.now += timedelta(days=90)  # no deadline passes
    found = difference_of(life, stale=100)
    assert not found.deadlines
    assert found.overdue_since == life.end_of("2026-06-24")
    assert found.until == found.overdue_since


def test_downtime_of_the_service_is_repeated() -> None:
    life = Life().quoted()
    life.now += timedelta(days=90)
    life.aggregate = pass_deadlines(life.aggregate, life.now)
    assert moved(difference_of(life, quote_validity=40)) == []
    late = difference_of(life, quote_validity=120)
    assert ("quote_expired", "08-30", None, None) in moved(late)


def test_events_of_older_code_are_compared_with_this_codes_simulation() -> None:
    life = Life().contracted().wait(40)

    def cheaper(event: Event) -> Event:
        if not isinstance(event.fact, InvoiceDue) or not event.fact.invoice:
            return event
        lines = tuple(
            line.replaced(amount=line.amount.times(Decimal("0.5"))) for line in event.fact.invoice.lines
        )
        invoice = event.fact.invoice.replaced(lines=lines)
        return event.replaced(fact=event.fact.replaced(invoice=invoice))

    events = [cheaper(event) for event in life.aggregate.event_log.events]
    found = difference(events, life.lead.id, Scenario(periods=Periods(stale=20)), life.now)
    assert not found.reproducible
    assert not found.invoices
    assert {each.kind for each in found.deadlines} == {"gone_stale"}


def test_decisions_that_older_code_allowed_are_not_reported_as_refused() -> None:
    life = Life().quoted().wait(10)
    allowed = evolve(life.aggregate.event_log, HubRequested(by="Ann", source="cli"), life.now)
    found = difference(allowed.events, life.lead.id, Scenario(periods=Periods(stale=5)), life.wait(10).now)
    assert not found.reproducible
    assert not found.decisions
    assert {each.kind for each in found.deadlines} == {"gone_stale"}


def test_events_without_an_opening_are_refused() -> None:
    with pytest.raises(ValueError, match="lead_opened"):
        difference((), "lead-example", Scenario(), MONDAY)
    with pytest.raises(ValueError, match="lead_opened"):
        difference(Life().quoted().aggregate.event_log.events[1:], "lead-example", Scenario(), MONDAY)


def test_the_hub_information_period_moves_its_deadlines() -> None:
    life = Life().requested().wait(3)
    life.does("hub_information_given", url="pending")
    found = difference_of(life.wait(20), hub_information=3)
    assert {each.kind for each in found.deadlines} == {"hub_information_missed"}
