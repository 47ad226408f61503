"""Counted differences of several leads."""

from decimal import Decimal

from process.policy import Periods
from process.simulation.difference import difference
from process.simulation.scenario import Scenario
from process.simulation.summary import Summary
from tests.support.lives import SIGNED, Life


def signed_after(days: int) -> Life:
    life = Life().quoted().wait(days)
    life.does("quote_accepted")
    life.does("contract_handed_over")
    life.does("contract_signed", **SIGNED)
    life.does("vendor_setup_not_needed")
    return life


LIVES = [Life().quoted().wait(60), Life().wait(10), signed_after(5), signed_after(20), signed_after(25)]


def summary(**periods: int) -> Summary:
    wanted = Scenario(periods=Periods.model_validate(periods))
    end = max(life.now for life in LIVES)
    found = []
    for life in LIVES:
        life.at(end)
        found.append(difference(life.aggregate.event_log.events, life.lead.id, wanted, life.now))
    return Summary.of(found)


def test_leads_and_deadlines_are_counted_with_the_median_days() -> None:
    found = summary(quote_validity=15)
    assert (found.leads, found.differ) == (5, 4)
    shifts = {each.kind: each for each in found.deadlines}
    assert (shifts["quote_expired"].earlier, shifts["quote_expired"].days_earlier) == (1, 15.0)
    assert (shifts["quote_expired"].more, shifts["quote_expired"].fewer) == (2, 0)
    assert shifts["invoice_due"].fewer == 4
    judged = {each.kind: (each.refused, each.changed) for each in found.decisions}
    assert judged["price_quoted"] == (0, 4)
    assert judged["quote_accepted"] == (2, 0)
    assert found.stage_changes == {"contracted → quoted": 2}


def test_money_is_summed_by_currency_over_all_leads() -> None:
    found = summary(quote_validity=15)
    assert [(each.currency, each.actual, each.simulated) for each in found.sums] == [
        ("USD", Decimal(6000), Decimal(2000))
    ]
    assert found.invoices == 4
    assert [(each.stage, each.actual > each.simulated) for each in found.stages] == [
        ("quoted", False),
        ("contracted", True),
    ]


def test_mails_and_days_with_concerns_are_counted() -> None:
    found = summary(stale=50)
    mail = next(each for each in found.mails if each.template == "stale")
    assert mail.actual > mail.simulated
    assert found.attention_actual > 0
    assert found.attention_simulated == 0


def test_without_differences_only_leads_and_totals_are_given() -> None:
    found = summary()
    assert found == Summary(leads=5, sums=found.sums)
    assert [(each.actual, each.simulated) for each in found.sums] == [(Decimal(6000), Decimal(6000))]
    assert Summary.of([]) == Summary()
