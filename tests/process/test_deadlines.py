"""Deadlines that pass if nobody acts, each with its period from process.md."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from process.core.aggregate import LeadAggregate
from process.core.due import next_due, next_wake_up, pass_deadlines
from process.deadlines.schedule import due
from process.lead.quote import QuoteStatus
from process.policy import Periods, Policy
from process.types import Stage
from process.views.agenda import agenda, wake_up_reason
from process.views.attention import attention
from tests.support.lives import BOOK_QUOTE, MONDAY, QUOTE, SIGNED, Life, moments, only

# ---- questionnaire, staleness, hold


def test_an_unanswered_questionnaire_is_nudged_after_a_week_and_then_weekly() -> None:
    life = Life()
    life.does("questionnaire_sent")
    life.wait(28)
    assert moments(life, "questionnaire_nudged") == [
        "2026-06-09T00:00",
        "2026-06-16T00:00",
        "2026-06-23T00:00",
    ]
    life.does("questionnaire_answered")
    nudges = len(life.mails("questionnaire_unanswered"))
    assert nudges == 3
    assert len(life.wait(60).mails("questionnaire_unanswered")) == nudges


def test_a_lead_nobody_moves_is_stale_after_thirty_days_and_a_decision_refreshes_it() -> None:
    life = Life().wait(20)
    life.does("details_changed", person="Grace Example")
    life.until("2026-07-21", hour=23)
    assert life.lead.stale_on is None
    life.until("2026-07-22", hour=0)
    assert (only(life, "gone_stale"), str(life.lead.stale_on)) == ("2026-07-22T00:00", "2026-07-22")
    life.does("details_changed", person="Ada Example")
    assert life.lead.stale_on is None


def test_a_stale_lead_is_reported_again_every_thirty_days() -> None:
    assert moments(Life().wait(95), "gone_stale") == [
        "2026-07-02T00:00",
        "2026-08-01T00:00",
        "2026-08-31T00:00",
    ]


def test_a_refused_decision_does_not_make_a_stale_lead_fresh() -> None:
    life = Life().wait(40)
    life.refused("quote_accepted")
    assert life.lead.stale_on is not None


def test_a_lead_on_hold_is_never_stale_and_sends_no_reminders() -> None:
    life = Life().handed_over()
    life.does("put_on_hold", event="Their budget")
    life.wait(400)
    assert life.lead.stale_on is None
    assert [life.mails(name) for name in ("stale", "handover_reminder", "handover_escalated")] == [[], [], []]


def test_a_hold_ends_with_its_last_day_and_staleness_counts_from_there() -> None:
    life = Life(zone="Europe/Berlin")
    life.does("put_on_hold", until="2026-09-30")
    assert life.until("2026-09-30", hour=23).lead.hold is not None
    assert life.until("2026-10-02").lead.hold is None
    assert only(life, "resumed") == "2026-09-30T22:00"
    assert len(life.mails("resumed")) == 1
    assert moments(life, "gone_stale") == []
    assert moments(life.wait(31), "gone_stale") == ["2026-10-31T23:00"]  # in winter time


def test_a_hold_for_an_event_has_no_deadline() -> None:
    life = Life()
    life.does("put_on_hold", event="Their budget")
    assert next_due(life.aggregate.lead) is None
    assert next_wake_up(life.aggregate.lead, life.now) is None


def test_a_lead_with_a_live_hub_is_never_stale() -> None:
    assert moments(Life().live().wait(120), "gone_stale") == []


# ---- quotes


def test_sales_is_reminded_a_week_before_a_quote_expires_at_the_end_of_its_last_day() -> None:
    life = Life(zone="America/Los_Angeles").quoted()
    life.wait(60)
    assert only(life, "quote_running_out") == "2026-06-25T07:00"
    assert only(life, "quote_expired") == "2026-07-02T07:00"
    assert (len(life.mails("quote_running_out")), len(life.mails("quote_expired"))) == (1, 1)
    assert life.lead.quotes[0].status is QuoteStatus.EXPIRED


def test_on_its_last_day_a_quote_can_still_be_accepted() -> None:
    life = Life(zone="America/Los_Angeles").quoted().until("2026-07-01", hour=23)
    life.does("quote_accepted")


@pytest.mark.parametrize("after", ["quote_accepted", "quote_declined", "lost", "price_quoted"])
def test_a_quote_with_a_decision_never_expires(after: str) -> None:
    life = Life().quoted()
    body: dict[str, Any] = {"lost": {"reason": "budget"}, "price_quoted": QUOTE | {"amount": "9"}}.get(
        after, {}
    )
    life.does(after, **body)
    status = life.lead.quotes[0].status
    life.wait(300)
    assert life.lead.quotes[0].status is status
    assert status is not QuoteStatus.EXPIRED


def test_a_lost_lead_that_is_reopened_finds_its_old_quote_expired() -> None:
    life = Life().quoted().lost().wait(90)
    life.does("reopened", reason="Another grant")
    assert moments(life, "quote_expired") == []
    life.wait(0)
    assert life.lead.quotes[0].status is QuoteStatus.EXPIRED


def test_a_quote_valid_for_less_than_a_week_has_no_reminder() -> None:
    life = Life()
    life.does("price_quoted", **QUOTE, valid_until="2026-06-05")
    assert moments(life.wait(30), "quote_running_out") == []


# ---- the contracts team


def test_a_silent_contracts_team_is_reminded_after_three_working_days_and_escalated_after_ten() -> None:
    life = Life(policy={"holidays": ["2026-06-04"]}).handed_over()
    life.wait(30)
    assert only(life, "handover_reminded") == "2026-06-06T00:00"  # Tuesday, Wednesday, Friday
    assert only(life, "handover_escalated") == "2026-06-17T00:00"
    assert [str(role) for role in life.mails("handover_escalated")[0].to] == ["contracts", "sales"]


NEWS: list[tuple[str, dict[str, Any]]] = [
    ("contract_acknowledged", {}),
    ("contract_progressed", {"state": "in negotiation"}),
]


@pytest.mark.parametrize(("kind", "body"), [*NEWS, ("contract_signed", SIGNED)])
def test_news_from_the_contracts_team_stops_the_reminders_of_the_hand_over(
    kind: str, body: dict[str, Any]
) -> None:
    life = Life().handed_over()
    life.does(kind, **body)
    life.wait(14)
    assert moments(life, "handover_reminded") + moments(life, "handover_escalated") == []


@pytest.mark.parametrize(("kind", "body"), NEWS)
def test_a_contracts_team_that_falls_silent_again_is_reminded_again(kind: str, body: dict[str, Any]) -> None:
    life = Life(zone="Europe/Berlin", policy={"holidays": ["2026-06-04"]}).handed_over()
    life.does(kind, **body)
    life.wait(60)
    assert only(life, "handover_reminded") == "2026-06-16T22:00"  # ten working days, one of them a holiday
    assert only(life, "handover_escalated") == "2026-06-30T22:00"
    assert "The contracts team has been silent since 2026-06-01" in attention(life.lead, life.today)
    life.does("contract_progressed", state="drafted")
    assert "silent" not in " ".join(attention(life.lead, life.today))
    life.wait(60)
    assert [len(moments(life, kind)) for kind in ("handover_reminded", "handover_escalated")] == [2, 2]


def test_the_hand_over_may_set_the_contracts_due_date() -> None:
    life = Life().handed_over()
    assert str(life.lead.contract.due) == "2026-06-29"  # twenty working days
    life.does("contract_handed_over", due="2026-06-10")
    life.wait(60)
    assert only(life, "contract_overdue") == "2026-06-11T00:00"
    assert [str(role) for role in life.mails("contract_overdue")[0].to] == ["contracts", "sales"]
    assert "The contract was to be signed by 2026-06-10" in attention(life.lead, life.today)
    life.does("contract_signed", **SIGNED)
    assert "to be signed" not in " ".join(attention(life.lead, life.today))


def test_a_new_hand_over_restarts_its_reminders() -> None:
    life = Life().handed_over().wait(30)
    life.does("contract_handed_over", note="New scope")
    assert len(moments(life.wait(30), "handover_reminded")) == 2


# ---- the contract's end


def test_renewal_windows_then_lapse_then_the_decision_on_the_lapse() -> None:
    life = Life().live().until("2027-08-01")
    assert moments(life, "renewal_window_opened") == [
        "2026-12-03T00:00",
        "2027-03-03T00:00",
        "2027-05-02T00:00",
    ]
    assert [mail.fields["days"] for mail in life.mails("renewal")] == ["180", "90", "30"]
    assert only(life, "contract_lapsed") == "2027-06-01T00:00"
    assert only(life, "lapse_decision_due") == "2027-07-13T00:00"
    assert life.lead.stage is Stage.HUB


def test_a_renewal_window_before_the_signature_does_not_open() -> None:
    life = Life().live(start="2026-01-01", end="2026-08-31").until("2026-09-01")
    assert [mail.fields["days"] for mail in life.mails("renewal")] == ["90", "30"]


def test_a_lapsed_service_is_extended_step_by_step_and_lapses_again() -> None:
    life = Life().live().until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    life.until("2027-06-17")
    assert str(life.lead.contract.term_ends) == "2027-06-16"
    assert moments(life, "contract_lapsed") == ["2027-06-01T00:00", "2027-06-17T00:00"]
    life.does("service_extended", reason="Their lawyers, still")
    assert str(life.lead.contract.term_ends) == "2027-07-01"


def test_the_end_of_the_service_ends_the_contracts_deadlines() -> None:
    life = Life().decommissioned()
    life.wait(300)
    assert moments(life, "contract_lapsed") + moments(life, "renewal_window_opened") == []


# ---- invoices, decommission, archive


def test_missing_usage_is_asked_for_five_days_after_the_month_and_then_weekly() -> None:
    life = Life(zone="Europe/Berlin").live(BOOK_QUOTE).until("2026-07-13")
    assert moments(life, "usage_missing") == ["2026-07-05T22:00", "2026-07-12T22:00"]
    assert [mail.fields for mail in life.mails("usage_missing")] == [{"months": "2026-06"}] * 2
    assert [str(role) for role in life.mails("usage_missing")[0].to] == ["engineering"]
    life.does("usage_reported", month="2026-06", active_users=280)
    life.until("2026-08-05")
    assert len(life.mails("usage_missing")) == 2
    assert life.until("2026-08-06").mails("usage_missing")[-1].fields == {"months": "2026-07"}


def test_usage_is_asked_for_after_the_end_but_only_for_months_with_a_running_hub() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-07-03")
    life.does("decommission_decided", on="2026-07-03", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    assert [mail.fields["months"] for mail in life.until("2026-08-12").mails("usage_missing")] == [
        *["2026-06"] * 5,
        "2026-06, 2026-07",
    ]
    for month in ("2026-06", "2026-07"):
        life.does("usage_reported", month=month, active_users=3)
    assert len(life.until("2026-12-01").mails("usage_missing")) == 6


def test_usage_that_is_not_billed_is_not_asked_for() -> None:
    life = Life().live().until("2026-12-01")
    assert life.mails("usage_missing") == []


def test_unsent_invoices_are_asked_for_together_every_two_weeks() -> None:
    life = Life().live().until("2026-07-20")
    assert moments(life, "invoices_unsent") == ["2026-06-15T00:00", "2026-06-29T00:00", "2026-07-13T00:00"]
    life.does("invoice_sent", number=1)
    life.until("2026-07-30")
    assert [mail.fields["numbers"] for mail in life.mails("invoices_unsent")] == ["1", "1", "1", "2"]
    life.does("invoice_sent", number=2)
    assert len(life.until("2026-08-01").mails("invoices_unsent")) == 4


def test_an_invoice_is_overdue_sixty_days_after_it_was_sent_unless_it_is_paid() -> None:
    life = Life().live().until("2026-06-10")
    life.does("invoice_sent", number=1)
    life.until("2026-08-09", hour=23)
    assert life.lead.invoices[0].overdue is False
    life.until("2026-08-10", hour=0)
    assert (life.lead.invoices[0].overdue, len(life.mails("invoice_overdue"))) == (True, 1)
    life.does("invoice_paid", number=1)
    assert life.lead.invoices[0].overdue is False
    assert len(life.wait(200).mails("invoice_overdue")) == 1


def test_a_decommission_is_announced_fourteen_and_two_days_before() -> None:
    life = Life(zone="Asia/Kathmandu").live()
    life.does("decommission_decided", on="2026-09-30", reason="The course is over")
    life.until("2026-09-30")
    assert moments(life, "decommission_notice_due") == ["2026-09-15T18:15", "2026-09-27T18:15"]
    assert [mail.fields["days"] for mail in life.mails("decommission_notice")] == ["14", "2"]


def test_a_cancelled_decommission_sends_no_notices() -> None:
    life = Life().live()
    life.does("decommission_decided", on="2026-09-30", reason="The course is over")
    life.does("decommission_cancelled", reason="New funds")
    life.until("2026-10-01")
    assert life.mails("decommission_notice") == []


def test_a_lead_that_ended_is_archived_after_a_year() -> None:
    lost, closed = Life().lost().wait(370), Life().decommissioned().wait(1)
    closed.does("invoice_sent", number=1)
    closed.does("invoice_paid", number=1)
    closed.wait(370)
    assert only(lost, "archived") == only(closed, "archived") == "2027-06-02T00:00"
    assert next_due(lost.aggregate.lead) is None


def test_a_reopened_lead_is_not_archived() -> None:
    life = Life().lost().wait(300)
    life.does("reopened", reason="Another grant")
    assert life.wait(400).lead.archived is False


@pytest.mark.parametrize("again", ["reopened", "corrected"])
def test_an_archived_lead_that_goes_on_is_no_longer_archived(again: str) -> None:
    """The workflow waits for failed effects, so a person can still decide; then the lead must not complete."""
    life = Life().lost()
    seq = {"seq": life.lead.last_seq} if again == "corrected" else {}
    assert life.wait(400).lead.archived
    life.does(again, reason="They came back", **seq)
    assert (life.lead.archived, life.lead.ended) == (False, False)


# ---- all deadlines


def test_each_lead_has_the_periods_of_its_own_policy() -> None:
    periods = {"stale": 5, "quote_validity": 10, "quote_reminder": 1}
    life = Life(policy={"version": "test", "periods": periods}).quoted()
    assert str(life.lead.quotes[0].valid_until) == "2026-06-11"
    assert only(life.wait(6), "gone_stale") == "2026-06-07T00:00"
    assert {event.policy for event in life.aggregate.event_log.events} == {"test"}


def test_the_default_periods_are_those_of_the_process() -> None:
    assert Periods().model_dump() == {
        "questionnaire_nudge": 7,
        "stale": 30,
        "stale_in": {},
        "quote_validity": 30,
        "quote_reminder": 7,
        "discount_approval": 3,
        "handover_reminder": 3,
        "handover_escalation": 10,
        "contract_due": 20,
        "news_reminder": 10,
        "news_escalation": 20,
        "usage_reminder": 5,
        "invoice_unsent": 14,
        "invoice_overdue": 60,
        "renewal_windows": (180, 90, 30),
        "renewal_start": 60,
        "hub_information": 7,
        "event_notice": (7, 1),
        "lapse_extension": 14,
        "lapse_decision": 42,
        "decommission_notice": (14, 2),
        "archive": 365,
    }


@pytest.mark.parametrize("period", Periods.model_fields)
def test_a_period_that_leads_beyond_the_calendar_is_invalid(period: str) -> None:
    for days in (10**9, -1):
        kinds: dict[type, Any] = {tuple: (days,), dict: {"quoted": days}}
        value = kinds.get(type(getattr(Periods(), period)), days)
        with pytest.raises(ValidationError):
            Policy.model_validate({"periods": {period: value}})


def test_a_new_time_zone_moves_the_deadlines() -> None:
    life = Life().quoted()
    life.does("details_changed", zone="Pacific/Kiritimati")
    assert only(life.wait(60), "quote_expired") == "2026-07-01T10:00"


def test_missed_deadlines_are_caught_up_in_order() -> None:
    """The worker was down for half a year."""
    life = Life().live()
    aggregate = pass_deadlines(life.aggregate, MONDAY + timedelta(days=182))
    new = aggregate.event_log.events[len(life.aggregate.event_log.events) :]
    assert [event.kind for event in new].count("invoice_due") == 6
    assert {event.at for event in new} == {MONDAY + timedelta(days=182)}
    assert all(item.when > MONDAY + timedelta(days=182) for item in due(aggregate.lead))


def test_the_wake_up_reason_names_the_next_deadline() -> None:
    life = Life().quoted()
    when = next_due(life.aggregate.lead)
    assert when == datetime(2026, 6, 25, tzinfo=UTC)
    assert wake_up_reason(life.aggregate.lead, when) == "Planned for 2026-06-25: the quote expires soon"


def test_nothing_passes_before_it_is_due() -> None:
    aggregate: LeadAggregate = Life().quoted().aggregate
    assert pass_deadlines(aggregate, MONDAY) is aggregate


@pytest.mark.parametrize("how", ["held", "lost"])
def test_days_on_hold_do_not_count_as_silence_of_the_contracts_team(how: str) -> None:
    life = Life().handed_over().until("2026-06-03")
    if how == "held":
        life.does("put_on_hold", until="2026-09-29")
        life.until("2026-09-30")
    else:
        life.does("lost", reason="budget")
        life.until("2026-09-30").does("reopened", reason="Another grant")
    assert moments(life, "handover_reminded") == []
    assert [item.until for item in agenda(life.aggregate, life.now) if "cknowledge" in item.text][:1] == [
        date(2026, 10, 5)
    ]
    life.until("2026-10-30")
    assert only(life, "handover_reminded") == "2026-10-06T00:00"  # three working days after a Wednesday
    assert only(life, "handover_escalated") == "2026-10-15T00:00"


def test_silence_that_goes_on_after_a_hold_is_reported_again() -> None:
    life = Life().handed_over().until("2026-06-20")
    assert "The contracts team has been silent since the hand-over" in attention(life.lead, life.today)
    life.does("put_on_hold", event="Their budget")
    life.wait(100).does("resumed")
    assert "silent" not in " ".join(attention(life.lead, life.today))
    life.wait(30)
    assert [len(moments(life, kind)) for kind in ("handover_reminded", "handover_escalated")] == [2, 2]


def test_a_lost_lead_does_not_wait_for_the_contracts_team() -> None:
    life = Life().handed_over().until("2026-06-20").lost()
    assert "silent" not in " ".join(attention(life.lead, life.today))


@pytest.mark.parametrize(
    ("on", "days"),
    [("2026-06-15", ["2"]), ("2026-06-16", ["2"]), ("2026-06-02", []), ("2026-06-17", ["14", "2"])],
)
def test_a_decommission_notice_is_skipped_if_its_day_has_passed(on: str, days: list[str]) -> None:
    """The mail about the decision itself is enough then."""
    life = Life().live()
    life.until("2026-06-02").does("decommission_decided", on=on, reason="The course is over")
    life.until("2026-06-20")
    assert [mail.fields["days"] for mail in life.mails("decommission_notice")] == days


def test_renewal_reminders_stop_with_a_decommission_and_start_again_if_it_is_cancelled() -> None:
    life = Life().live().until("2026-11-01")
    life.does("decommission_decided", on="2027-07-20", reason="Their grant ends")
    life.until("2027-04-10")
    assert life.mails("renewal") == []
    summaries = [
        event.summary for event in life.aggregate.event_log.events if event.kind == "renewal_window_opened"
    ]
    assert summaries[0] == "The contract ends in 180 days, on 2027-05-31; the hub is taken down on 2027-07-20"
    other = Life().live().until("2026-11-01")
    other.does("decommission_decided", on="2027-07-20", reason="Their grant ends")
    other.until("2027-04-10").does("decommission_cancelled", reason="Another grant")
    assert [mail.fields["days"] for mail in other.until("2027-05-10").mails("renewal")] == ["30"]
    assert len(life.until("2027-07-15").mails("contract_lapsed")) == 1
    assert life.mails("lapse_decision") == []
    assert len(other.until("2027-07-15").mails("lapse_decision")) == 1
