"""Agenda of each role and person, with days worked out by hand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from process import deadlines
from process.core import intake
from process.core.due import pass_deadlines
from process.core.events import Deadline
from process.decisions.quote_outcomes import QuoteExpired
from process.decisions.waiting import Resumed
from process.types import Role
from process.views.agenda import FORTHCOMING, agenda
from process.views.agenda_items import Agenda, Section
from tests.support.lives import HUB, Life
from tests.support.states import STATES


def lines(life: Life, section: Section | None = None) -> list[tuple[str, ...]]:
    """Return role, text, since and until of the items of a section, or of all with their section."""
    return [
        (str(i.section), str(i.role), i.text, str(i.since or ""), str(i.until or ""))
        for i in agenda(life.aggregate, life.now)
        if section in (None, i.section)
    ]


def test_a_new_lead_needs_the_questionnaire_and_may_go_stale() -> None:
    life = Life()
    assert lines(life) == [("due", "sales", "Send the questionnaire", "2026-06-01", "2026-07-01")]
    life.wait(20)
    assert lines(life)[1:] == [
        ("upcoming", "sales", "The lead is stale if nothing moves until then", "", "2026-07-01")
    ]
    life.wait(11)
    assert lines(life) == [
        ("stuck", "sales", "Nothing has moved since 2026-06-01", "2026-06-01", ""),
        ("overdue", "sales", "Send the questionnaire", "2026-06-01", "2026-07-01"),
    ]
    stuck, overdue = agenda(life.aggregate, life.now)
    assert (stuck.open_since, str(overdue.open_since)) == (None, "2026-06-01"), "no day is shown twice"


def test_sales_waits_while_another_role_owns_the_next_step() -> None:
    life = Life().quoted()
    assert lines(life) == [
        (
            "waiting",
            "sales",
            "Waits for community: agree to the price by 2026-07-01",
            "2026-06-01",
            "2026-07-01",
        )
    ]
    life = Life().handed_over()
    assert lines(life)[:2] == [
        ("due", "contracts", "Acknowledge the hand-over", "2026-06-01", "2026-06-04"),
        ("waiting", "sales", "Waits for contracts: acknowledge the hand-over", "2026-06-01", "2026-06-04"),
    ]
    life.until("2026-06-05")
    assert ("overdue", "contracts", "Acknowledge the hand-over", "2026-06-01", "2026-06-04") in lines(life)
    life.until("2026-06-16")
    assert (
        "stuck",
        "contracts",
        "The contracts team has been silent since the hand-over",
        "2026-06-01",
        "",
    ) in (lines(life))


def test_a_held_lead_waits_until_its_day() -> None:
    life = Life()
    life.does("put_on_hold", until="2026-06-10")
    assert lines(life) == [
        ("waiting", "sales", "On hold until 2026-06-10", "2026-06-01", "2026-06-10"),
        ("upcoming", "sales", "The hold ends", "", "2026-06-10"),
    ]


def test_an_invoice_is_due_to_be_sent_and_then_awaits_payment() -> None:
    life = Life().live().at(Life().now)
    assert ("due", "contracts", "Send invoice 1 (1,000.00 USD)", "2026-06-01", "2026-06-15") in lines(life)
    life.does("invoice_sent", number=1)
    waits = "Waits for the payment of invoice 1 (1,000.00 USD)"
    assert ("waiting", "contracts", waits, "2026-06-01", "2026-07-31") in lines(life)
    life.until("2026-08-01")
    overdue = "Invoice 1 (1,000.00 USD) is overdue"
    assert ("overdue", "contracts", overdue, "2026-06-01", "") in lines(life)
    assert waits not in [line[2] for line in lines(life)]


def test_a_hub_without_a_contract_comes_first_and_its_events_are_shown() -> None:
    life = Life()
    life.does("hub_information_given", **HUB)
    life.does("hub_requested", exception_by="Ann Example", exception_reason="A course")
    life.does("hub_live")
    life.does("event_announced", name="Exam", first="2026-06-09", users=30)
    assert lines(life)[0] == (
        "attention",
        "sales",
        "The hub runs without a contract, allowed by Ann Example",
        "2026-06-01",
        "",
    )
    assert lines(life, Section.UPCOMING) == [
        ("upcoming", "engineering", "An event of the community is near", "", "2026-06-02"),
        ("upcoming", "engineering", "An event of the community is near", "", "2026-06-08"),
        ("upcoming", "engineering", "Exam on 2026-06-09, 30 users expected", "", "2026-06-09"),
    ]


def test_parked_effects_and_repeated_refusals_are_stuck() -> None:
    life = Life()
    (effect, *_) = life.aggregate.startable(frozenset())
    life.aggregate = life.aggregate.park(effect, "The token was revoked", life.now)
    for _ in range(5):
        life.take("hub_live")
    stuck = lines(life, Section.STUCK)
    assert stuck[0][1:3] == ("engineering", "Failed for good: Open the lead's issue: The token was revoked")
    assert stuck[1][2].startswith(
        "5 decisions by someone through Temporal were refused in 7 days, the newest: The hub was not requested"
    )
    assert len(lines(life.wait(8), Section.STUCK)) == 1


def test_a_refusal_that_its_sender_was_told_is_not_stuck() -> None:
    life = Life()
    for _ in range(9):  # an update is answered, a signal is not
        life._set(intake.take(life.aggregate, "hub_live", ({},), life.now, source="update")[0])
    assert len(life.aggregate.refusals) == 9
    assert lines(life, Section.STUCK) == []
    for _ in range(5):
        life._set(intake.take(life.aggregate, "hub_live", ({},), life.now, source="signal")[0])
    (stuck,) = lines(life, Section.STUCK)
    assert stuck[2].startswith("5 decisions by someone through Temporal were refused")
    assert lines(life.wait(8), Section.STUCK) == []


def test_an_assigned_person_gets_the_roles_items_under_any_of_their_names() -> None:
    life = Life()
    life.does("assigned", role="sales", person="Grace Example", login="grace", email="grace@example.org")
    other = Life(title="Another")
    found = Agenda.of(
        life.today,
        [*agenda(life.aggregate, life.now), *agenda(other.aggregate, other.now)],
        outdated=["b", "a"],
    )
    assert found.owners() == ("sales", "sales (Grace Example)")
    assert found.outdated == ("a", "b")
    for name in ("Grace Example", "grace", "GRACE@example.org"):
        assert found.for_(name).owners() == ("sales (Grace Example)",)
    assert len(found.for_("sales").items) == 2
    assert found.for_("Ann").items == ()
    assert [item.text for item in found.section("sales (Grace Example)", Section.DUE)] == [
        "Send the questionnaire"
    ]


def test_sections_are_ordered_and_their_items_sorted_by_urgency() -> None:
    lives = [state() for state in STATES.values()]
    found = Agenda.of(Life().today, [item for life in lives for item in agenda(life.aggregate, life.now)])
    order = [[*Section].index(item.section) for item in found.items]
    assert order == sorted(order)
    for section in Section:
        urgencies = [item.urgency for item in found.items if item.section is section]
        assert urgencies == sorted(urgencies)


def test_every_deadline_has_an_agenda_text() -> None:
    known = {
        kind.kind for kind in Deadline.__subclasses__() if kind.__module__.startswith(deadlines.__name__)
    }
    assert set(FORTHCOMING) == known | {QuoteExpired.kind, Resumed.kind}


@given(st.sampled_from(sorted(STATES)), st.integers(0, 1500))
def test_an_agenda_can_be_made_of_any_lead_at_any_time(state: str, days: int) -> None:
    life = STATES[state]()
    aggregate = pass_deadlines(life.aggregate, life.now + timedelta(days=days))
    for item in agenda(aggregate, life.now + timedelta(days=days)):
        assert item.text
        assert item.role in (Role.SALES, Role.CONTRACTS, Role.ENGINEERING)
    assert agenda(aggregate, datetime(2026, 1, 1, tzinfo=UTC)) is not None
