"""Reminders about a hub: its missing information, its community's events, its renewal and its end."""

from process.core.due import next_wake_up
from process.effects import SendMail
from process.policy import Periods
from process.types import Role, Stage
from process.views.attention import attention
from tests.support.lives import HUB, QUOTE, RENEWAL, Life, moments

# ---- the hub's information


def test_missing_hub_information_is_asked_for_weekly_until_it_is_given() -> None:
    life = Life().contracted(end="2027-05-31").wait(15)
    assert moments(life, "hub_information_missed") == ["2026-06-09T00:00", "2026-06-16T00:00"]
    life.does("hub_information_given", **(HUB | {"url": "pending"}))
    life.wait(7)
    assert life.aggregate.event_log.events[-1].summary == "The hub's information still lacks URL"
    assert life.mails("hub_information_missing")[-1].to == ("sales",)
    life.does("hub_information_given", url="example.cluster.2i2c.cloud")
    assert len(moments(life.wait(60), "hub_information_missed")) == 3


def test_a_hub_requested_by_exception_asks_sales_and_engineering_for_missing_information() -> None:
    life = Life()
    life.does("hub_requested", exception_by="Ann Example", exception_reason="A course")
    life.wait(8)
    assert moments(life, "hub_information_missed") == ["2026-06-09T00:00"]
    assert life.mails("hub_information_missing")[-1].to == ("sales", "engineering")


def test_hub_information_is_not_asked_for_on_hold_or_once_the_hub_is_live() -> None:
    life = Life().contracted()
    life.does("put_on_hold", event="Their holidays")
    assert moments(life.wait(60), "hub_information_missed") == []
    life.does("resumed")
    assert len(moments(life.wait(1), "hub_information_missed")) == 1
    life.does("hub_requested")
    life.does("hub_live")
    assert len(moments(life.wait(60), "hub_information_missed")) == 1
    assert "The hub's information still lacks" in attention(life.lead, life.today)[-1]


def test_hub_information_is_first_asked_for_a_week_after_the_vendor_set_up_and_only_for_hubs() -> None:
    life = Life().signed().wait(40)
    assert moments(life, "hub_information_missed") == []
    life.does("vendor_setup_not_needed")
    assert moments(life.wait(8), "hub_information_missed") == ["2026-07-19T00:00"]
    assert moments(Life(service="other").contracted().wait(40), "hub_information_missed") == []


def test_asking_for_hub_information_changes_no_issue() -> None:
    life = Life()
    life.does("hub_requested", exception_by="Ann Example", exception_reason="A course")
    life.perform().wait(8)
    planned = [item.effect.kind for item in life.aggregate.outbox]
    assert planned == ["send_mail"]


# ---- events of the community


def test_engineering_gets_a_mail_when_an_event_is_announced_and_before_it() -> None:
    life = Life(zone="Europe/Berlin").live()
    life.does("event_announced", name="Summer school", first="2026-07-05", last="2026-07-09", users=120)
    life.until("2026-08-01")
    assert moments(life, "event_near") == ["2026-06-27T22:00", "2026-07-03T22:00"]
    mails = [
        (mail.template, mail.to, mail.fields["event"])
        for mail in life.planned
        if isinstance(mail, SendMail) and "event" in mail.template
    ]
    summary = "Summer school from 2026-07-05 to 2026-07-09, 120 users expected"
    assert mails == [
        (name, ("engineering",), summary) for name in ("event_announced", "event_near", "event_near")
    ]


def test_an_event_announced_late_has_no_reminder_on_the_same_day() -> None:
    life = Life().live()
    life.does("event_announced", name="Exam", first="2026-06-06", users=20)
    assert moments(life.wait(30), "event_near") == ["2026-06-05T00:00"]


def test_a_moved_event_replaces_its_days_but_next_years_event_is_another() -> None:
    life = Life().live()
    life.does("event_announced", name="Exam", first="2026-07-05", users=20)
    life.does("event_announced", name="Exam", first="2026-07-15", users=30)
    life.wait(1)
    assert [str(event) for event in life.lead.hub.events] == ["Exam on 2026-07-15, 30 users expected"]
    assert "already announced" in life.refused("event_announced", name="Exam", first="2026-07-15", users=30)
    life.until("2026-08-01").does("event_announced", name="Exam", first="2027-07-05", users=20)
    assert [str(event.first) for event in life.lead.hub.events] == ["2026-07-15", "2027-07-05"]


def test_a_corrected_event_is_gone_and_has_no_reminders() -> None:
    life = Life().live()
    life.does("event_announced", name="Exam", first="2026-07-05", users=20)
    life.does("corrected", seq=life.aggregate.event_log.events[-1].seq, reason="Another hub's")
    assert life.lead.hub.events == ()
    assert moments(life.wait(90), "event_near") == []


def test_the_hubs_issue_follows_an_announcement() -> None:
    life = Life().live().perform()
    life.does("event_announced", name="Exam", first="2026-07-05", users=20)
    kinds = [item.effect.kind for item in life.aggregate.outbox]
    assert kinds == ["send_mail", "update_issue", "update_hub_issue"]


# ---- the renewal begins


def test_a_renewal_without_a_price_sends_one_mail_sixty_days_before_the_end_and_stays_listed() -> None:
    life = Life().live(end="2027-05-31").until("2027-04-01")
    for invoice in life.lead.invoices:
        life.does("invoice_sent", number=invoice.number)
    assert attention(life.lead, life.today) == ()
    life.until("2027-04-02")
    assert moments(life, "renewal_not_begun") == ["2027-04-02T00:00"]
    line = "The contract ends on 2027-05-31, and its renewal has no price yet"
    assert attention(life.lead, life.today) == (line,)
    life.quoted(**RENEWAL)
    assert attention(life.lead, life.today) == ()
    life.wait(40)  # that quote has expired
    assert line in attention(life.lead, life.today)
    assert len(life.mails("renewal_not_begun")) == 1
    life.until("2027-06-01")
    assert attention(life.lead, life.today)[0] == "The hub runs although its contract ended on 2027-05-31"
    assert line not in attention(life.lead, life.today)


def test_a_quoted_or_unwanted_renewal_sends_no_mail() -> None:
    life = Life().live().until("2027-03-01").accepted(**RENEWAL)
    assert moments(life.wait(60), "renewal_not_begun") == []
    life = Life().live().until("2027-03-01")
    life.does("decommission_decided", on="2027-05-31", reason="The course is over")
    assert moments(life.wait(60), "renewal_not_begun") == []


def test_a_renewal_declined_within_the_sixty_days_sends_a_mail_at_once() -> None:
    life = Life().live().until("2027-03-20").quoted(**RENEWAL | {"valid_until": "2027-05-31"})
    life.until("2027-04-20").does("quote_declined")
    assert moments(life.wait(1), "renewal_not_begun") == ["2027-04-20T12:00"]


# ---- a contract without a hub


def test_a_contract_without_a_hub_is_listed_in_every_state_of_the_lead() -> None:
    life = Life().signed(end="2027-05-31")
    assert attention(life.lead, life.today) == (
        "A live contract without a hub",
        "Nothing is billed since 2026-06-01: the vendor set-up is not settled",
    )
    life.lost()
    assert attention(life.lead, life.today) == (
        "A live contract without a hub: it runs until 2027-05-31, and the lead is lost",
    )
    wake_up = next_wake_up(life.aggregate.lead, life.now)
    assert wake_up is not None
    assert f"{wake_up:%Y-%m-%d}" == "2027-06-01"
    assert attention(life.at(wake_up).lead, life.today) == ()
    closed = Life().decommissioned(end="2027-05-31")  # its end was decided
    assert attention(closed.lead, closed.today) == ()


# ---- stale by stage


def test_each_stage_has_its_own_period_until_stale() -> None:
    policy = {"periods": {"stale": 20, "stale_in": {"quoted": 45}}}
    assert moments(Life(policy=policy).wait(21), "gone_stale") == ["2026-06-22T00:00"]
    quoted = Life(policy=policy).quoted(**QUOTE, valid_until="2026-12-31")
    assert moments(quoted.wait(50), "gone_stale") == ["2026-07-17T00:00"]
    contracted = Life(policy=policy).contracted()
    assert moments(contracted.wait(21), "gone_stale") == ["2026-06-22T00:00"]
    assert moments(Life(policy=policy).live().wait(200), "gone_stale") == []


def test_a_single_number_is_the_period_until_stale_of_every_stage() -> None:
    periods = Periods.model_validate({"stale": 14})
    assert [periods.stale_after(stage) for stage in Stage] == [14] * len(Stage)


# ---- decommission


def test_decommission_notices_go_out_fourteen_days_before_and_two_days_before_about_the_data() -> None:
    life = Life().live()
    life.does("decommission_decided", on="2026-09-30", reason="The course is over")
    life.until("2026-09-30")
    assert moments(life, "decommission_notice_due") == ["2026-09-16T00:00", "2026-09-28T00:00"]
    assert [mail.fields["days"] for mail in life.mails("decommission_notice")] == ["14", "2"]


# ---- assigned roles


def test_a_role_stays_assigned_until_it_is_given_to_another_person_or_to_nobody() -> None:
    life = Life()
    assert life.lead.role_with_person(Role.SALES) == "sales"
    life.does("assigned", role="sales", person="Grace Example", login="grace")
    life.does("assigned", role="engineering", person="Ann Example")
    assert [life.lead.role_with_person(role) for role in life.lead.assigned] == [
        "sales (Grace Example)",
        "engineering (Ann Example)",
    ]
    assert "has the role sales already" in life.refused(
        "assigned", role="sales", person="Grace Example", login="grace"
    )
    life.does("assigned", role="sales")
    assert set(life.lead.assigned) == {"engineering"}
