"""The text of `leads show`."""

import pytest

from process.lead.duplicate_links import DuplicateLink, Relation
from process.views.overview import overview
from starter.cli.output import Output
from starter.cli.show import show_lead
from tests.support.lives import Life


@pytest.fixture
def life() -> Life:
    return Life().live()


def shown(life: Life, capsys: pytest.CaptureFixture[str], section: str, **fields: object) -> list[str]:
    """Return the lines under this heading, for a lead with these fields replaced."""
    view = overview(life.aggregate, life.now)
    changed = view.lead.replaced(**fields)
    show_lead(view.replaced(lead=changed), None, Output())
    lines = capsys.readouterr().out.split("\n")
    under = lines[lines.index(section) + 1 :]
    until = next(n for n, line in enumerate(under) if not line.startswith(" "))
    return [line.strip() for line in under[:until]]


def test_invoices_are_shown_with_number_and_state(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    life.until("2026-07-10").does("invoice_sent", number=1, on="2026-06-03")
    life.does("invoice_paid", number=1, on="2026-06-20")
    assert shown(life, capsys, "Invoices") == [
        "1 1,000.00 USD for 2026-06-01 to 2026-06-30, paid on 2026-06-20",
        "2 1,000.00 USD for 2026-07-01 to 2026-07-31, not sent yet",
    ]


def test_an_old_invoice_is_shown_as_long_as_something_is_to_be_done_for_it(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    life.until("2026-08-03").does("invoice_sent", number=2)
    for number in (1, 3):
        life.does("invoice_voided", number=number, reason="wrong")
    first, second, *_ = shown(life.until("2027-05-10"), capsys, "Invoices")
    assert first.startswith("…")
    assert second.startswith("2 1,000.00 USD for 2026-07-01 to 2026-07-31, sent on 2026-08-03, overdue")


def test_it_names_its_policy(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    view = overview(life.aggregate, life.now)
    show_lead(view, None, Output())
    assert f"Policy: {life.lead.policy.version}\n" in capsys.readouterr().out
    assert {line.policy for line in view.timeline} == {life.lead.policy.version}


def test_links_that_no_longer_hold_are_not_shown(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    others = (DuplicateLink(lead_id="lead-a", relation=Relation.NONE), DuplicateLink(lead_id="lead-b"))
    assert shown(life, capsys, "Other leads", originals=others) == ["may be the same: lead-b"]


def test_the_contract_is_shown_with_who_signed_the_term_and_the_price(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = shown(life, capsys, "Contract")
    assert line == (
        "signed on 2026-06-01 (contract), 2026-06-01 to 2027-05-31, 12,000.00 USD a year, billed monthly"
    )


def test_the_reason_of_a_loss_stands_at_the_head(capsys: pytest.CaptureFixture[str]) -> None:
    lost = Life()
    lost.does("lost", reason="budget", note="No grant")
    show_lead(overview(lost.aggregate, lost.now), None, Output())
    head = capsys.readouterr().out.splitlines()[:4]
    assert "Lost on 2026-06-01, they said no (budget): No grant" in head


@pytest.mark.parametrize("why", ["", "verbose", "parked", "retried"])
def test_waiting_chores_are_counted_and_listed_on_request_or_if_one_fails(
    why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    life = Life().quoted()
    aggregate = life.aggregate
    first, *others = aggregate.outbox
    if why == "parked":
        aggregate = aggregate.park(first.effect, "No access", life.now)
    if why == "retried":
        aggregate = aggregate.postpone(first.effect, "A limit", life.now)
    show_lead(overview(aggregate, life.now), None, Output(), verbose=why == "verbose")
    lines = capsys.readouterr().out.split("Still to be done\n")[1].split("\n")
    summaries = [item.effect.summary() for item in others if item.effect.ready(life.lead)]
    if why:
        assert [each for each in summaries if f"  {each}" in lines] == summaries
    else:
        assert lines[0].strip().endswith("chores (-v lists them)")
        assert not lines[1].startswith(" ")
