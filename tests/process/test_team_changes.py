"""Changes of the people who have a role: leads record them, and introduce the new people by mail."""

from datetime import timedelta
from typing import Any

import pytest

from process.core import inbox
from process.core.preview import preview_decision
from process.effects import PlaceCard
from process.effects.introductions import last_reached, mails_to_former
from process.effects.observations import MailUndeliverable
from process.effects.requests import Outcome
from process.envelope import EVERY_LEAD, THE_SERVICE, public_key, sign
from process.policy import COLUMNS, Policy, Team
from process.types import Role, Stage
from process.views.agenda import next_date
from process.views.overview import timeline
from tests.support.lives import BOOK_QUOTE, KEY, MONDAY, Life, known_person

OLD, NEW, NEWEST = "old@example.org", "new@example.org", "newest@example.org"


def under(*addresses: str) -> dict[str, Any]:
    return {"policy": {"addresses": {"contracts": addresses}}}


def introduced(life: Life) -> list[tuple[str, tuple[str, ...]]]:
    """Return template and recipients of each sent introduction."""
    return [
        (mail.template, mail.recipients) for mail in life.lead.mails if mail.template.startswith("address_")
    ]


def in_conversation() -> Life:
    return Life(**under(OLD)).handed_over().perform()


def test_the_thread_and_the_former_address_are_told_once() -> None:
    life = in_conversation().gets_team(contracts=(NEW,)).perform()
    assert introduced(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    for _ in range(3):  # a restarted worker, a reconciliation, another worker
        life.wait(1).gets_team(contracts=(NEW,)).perform()
    assert len(introduced(life)) == 2
    assert life.kinds().count("team_changed") == 1
    summaries = [line.summary for line in timeline(life.aggregate) if line.kind == "team_changed"]
    assert summaries == ["The team changed: contracts: new@example.org"]
    assert [mail.template for mail in mails_to_former(life.lead, Role.CONTRACTS)] == [
        "price_quoted",
        "handover",
    ]


def test_later_mail_goes_to_the_new_address() -> None:
    life = in_conversation().gets_team(contracts=(NEW,)).wait(7).perform()
    after = [mail for mail in life.lead.mails if mail.template == "handover_reminder"]
    assert [mail.recipients for mail in after] == [(NEW,)]
    assert last_reached(life.lead, Role.CONTRACTS) == (NEW,)


def test_a_role_outside_the_conversation_is_not_told() -> None:
    life = Life(**under(OLD)).perform().gets_team(contracts=(NEW,)).perform()
    assert introduced(life) == []
    life.handed_over().perform()
    assert {mail.recipients for mail in life.lead.mails} == {(NEW,)}
    assert introduced(life) == []


def test_only_new_and_gone_addresses_of_a_list_matter() -> None:
    life = Life(**under(OLD, NEW)).handed_over().perform()
    life.gets_team(contracts=(NEW, OLD)).perform()
    assert introduced(life) == [], "in another order they are the same"
    life.gets_team(contracts=(NEW,)).perform()
    assert introduced(life) == [("address_left", (OLD,))], "who stays knows all of it"
    life.gets_team(contracts=(NEW, NEWEST)).perform()
    assert introduced(life)[1:] == [("address_changed", (NEW, NEWEST))]


def test_a_change_taken_back_before_anybody_was_told_tells_nobody() -> None:
    life = in_conversation().gets_team(contracts=(NEW,)).wait(hours=1).gets_team(contracts=(OLD,)).perform()
    assert introduced(life) == []
    assert life.kinds().count("team_changed") == 2


def test_a_change_taken_back_afterwards_tells_both_again() -> None:
    life = in_conversation().gets_team(contracts=(NEW,)).perform()
    life.wait(1).gets_team(contracts=(OLD,)).perform()
    assert introduced(life)[2:] == [("address_changed", (OLD,)), ("address_left", (NEW,))]


def test_a_second_change_before_anybody_was_told_tells_only_the_third() -> None:
    life = in_conversation().gets_team(contracts=(NEW,)).wait(1).gets_team(contracts=(NEWEST,)).perform()
    assert introduced(life) == [("address_changed", (NEWEST,)), ("address_left", (OLD,))]


def test_a_mail_under_way_to_a_former_address_is_noticed() -> None:
    """Tell the recipients of a mail that was under way while the change was taken back, too."""
    life = in_conversation().gets_team(contracts=(NEW,))
    (leaving,) = life.mails("address_changed")
    life.wait(hours=1).gets_team(contracts=(OLD,))
    sent = {
        "kind": "mail_sent",
        "template": leaving.template,
        "recipients": (NEW,),
        "message_id": "<m@example.org>",
        "reached": {"contracts": (NEW,)},
        "cause": leaving.cause,
    }
    life._set(life.aggregate.done(leaving, Outcome.model_validate({"observation": sent}), life.now))
    life.perform()
    assert introduced(life)[1:] == [("address_changed", (OLD,)), ("address_left", (NEW,))]


def test_a_mail_that_was_under_way_does_not_introduce_them_twice() -> None:
    life = in_conversation()
    life.does("details_changed", title="Another title")
    life.does("contract_handed_over", note="Again, with all of it")
    leaving = life.mails("handover")[-1]
    life.gets_team(contracts=(NEW,))
    sent = {
        "kind": "mail_sent",
        "template": "handover",
        "recipients": (OLD,),
        "message_id": "<m@example.org>",
        "reached": {"contracts": (OLD,)},
        "cause": leaving.cause,
    }
    life._set(life.aggregate.done(leaving, Outcome.model_validate({"observation": sent}), life.now))
    life.perform()
    assert introduced(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]


def test_settings_of_an_earlier_worker_are_ignored() -> None:
    """Check that two workers with different settings do not switch the addresses back and forth."""
    life = in_conversation()
    life.gets_team(since=MONDAY - timedelta(hours=1), contracts=(NEW,)).perform()
    life.gets_team(since=MONDAY - timedelta(hours=2), contracts=(OLD,)).perform()
    assert life.lead.policy.addresses[Role.CONTRACTS] == (NEW,)
    assert len(introduced(life)) == 2


def test_receipts_tell_who_had_the_role_by_the_settings() -> None:
    life = Life().handed_over().perform().gets_team(contracts=(NEW,)).perform()
    assert introduced(life) == [("address_changed", (NEW,)), ("address_left", ("contracts@example.org",))]
    life = Life().handed_over().perform().gets_team(contracts=("contracts@example.org",)).perform()
    assert introduced(life) == [], "named now, and the same as before"


def test_each_role_has_its_own_introduction() -> None:
    life = (
        Life().requested().perform().gets_team(engineering=("ops@example.org",), sales=("sell@example.org",))
    )
    assert introduced(life.perform()) == [
        ("address_changed", ("ops@example.org",)),
        ("address_left", ("engineering@example.org",)),
    ], "sales got no mail so far"


def test_an_address_that_leaves_one_role_keeps_the_other() -> None:
    both: dict[str, Any] = {"policy": {"addresses": {"contracts": [OLD], "sales": [OLD]}}}
    life = Life(**both).live().wait(40).perform()
    assert last_reached(life.lead, Role.SALES) == (OLD,), "sales hears what is missing about the hub"
    life.gets_team(contracts=(NEW,), sales=(OLD,)).perform()
    assert introduced(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    life.gets_team(contracts=(NEW,), sales=(NEWEST,)).perform()
    assert introduced(life)[2:] == [("address_changed", (NEWEST,)), ("address_left", (OLD,))]


def test_introductions_are_sent_on_hold_and_after_a_reopening() -> None:
    held = in_conversation()
    held.does("put_on_hold", event="their budget")
    assert len(introduced(held.gets_team(contracts=(NEW,)).perform())) == 2
    lost = in_conversation().lost().perform().gets_team(contracts=(NEW,)).perform()
    assert introduced(lost) == []
    lost.wait(1).does("reopened", reason="A grant")
    lost.perform()
    assert introduced(lost) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    assert lost.lead.mails[-1].template == "reopened"


def test_introductions_are_sent_once_a_mistaken_loss_is_corrected() -> None:
    life = in_conversation().lost().perform()
    lost = next(event.seq for event in life.aggregate.event_log.events if event.kind == "lost")
    life.gets_team(contracts=(NEW,)).does("corrected", seq=lost, reason="Another lead's")
    assert introduced(life.perform()) == [("address_changed", (NEW,)), ("address_left", (OLD,))]


def test_an_ended_lead_with_open_invoices_introduces_the_contracts_team() -> None:
    life = Life(**under(OLD)).decommissioned(start="2026-06-01").wait(1).perform()
    assert [invoice for invoice in life.lead.invoices if not invoice.paid_on]
    assert len(introduced(life.gets_team(contracts=(NEW,)).perform())) == 2


def test_a_mail_that_failed_for_the_old_address_is_retried() -> None:
    life = Life(**under(OLD)).handed_over()
    mail = life.mails("price_quoted")[0]
    life._set(life.aggregate.park(mail, "There is no old@example.org", life.now))
    life.gets_team(contracts=(NEW,)).perform()
    assert life.aggregate.parked == ()
    assert {sent.recipients for sent in life.lead.mails} == {(NEW,)}


def test_a_dead_former_address_is_recorded_and_blocks_nothing() -> None:
    life = in_conversation().gets_team(contracts=(NEW,))
    (farewell,) = life.mails("address_left")
    observation = MailUndeliverable(template="address_left", recipients=(OLD,))
    life._set(life.aggregate.done(farewell, Outcome(observation=observation), life.now))
    assert introduced(life.perform()) == [("address_changed", (NEW,))]
    summaries = [line.summary for line in timeline(life.aggregate) if line.kind == "mail_undeliverable"]
    assert summaries == [
        "Mail “address left” could not reach old@example.org: no mail is taken there any more"
    ]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"addresses": {"contracts": ["deals"]}}, "address 1 of contracts is no mail address"),
        ({"addresses": {"community": ["a@example.org"]}}, "nobody can have the role community"),
        ({"addresses": {"legal": ["a@example.org"]}}, "addresses.legal"),
        ({"addresses": ["a@example.org"]}, "addresses: input should be a valid dictionary"),
        ({"read_at": "soon"}, "read_at: input should be a valid datetime"),
        ("deals@example.org", "input should be a valid dictionary"),
    ],
)
def test_an_invalid_team_is_refused_and_recorded(sent: Any, says: str) -> None:
    life = in_conversation()
    aggregate = inbox.set_team(life.aggregate, (sent,), life.now)
    assert aggregate.event_log is life.aggregate.event_log
    assert says in aggregate.refusals[-1].reason


def test_news_of_the_future_cannot_redirect_the_mail_of_a_lead() -> None:
    life = in_conversation()
    life.gets_team(since=life.now + timedelta(days=365 * 900), contracts=("somebody@evil.example",))
    assert life.lead.policy.addresses[Role.CONTRACTS] == (OLD,)
    assert "in the future" in life.aggregate.refusals[-1].reason
    life.wait(1).gets_team(contracts=(NEW,)).perform()
    assert life.lead.policy.addresses[Role.CONTRACTS] == (NEW,)


def test_a_lead_that_knows_the_service_believes_only_its_own_news() -> None:
    life = in_conversation()
    life.aggregate = life.aggregate.replaced(keys=(public_key(KEY),))
    team = Team(addresses={Role.CONTRACTS: (NEW,)}, read_at=life.now).model_dump(mode="json")

    def signed(key: str = KEY, lead: str = EVERY_LEAD, kind: str = "set_team") -> dict[str, Any]:
        return sign(key, lead, kind, team, THE_SERVICE).model_dump(mode="json")

    elsewhere = {**team, "addresses": {"contracts": ["somebody@evil.example"]}}
    for forged in (
        (team,),
        (team, {}),
        (team, "signed"),
        (elsewhere, signed()),
        (team, signed(key="another key of at least 32 characters")),
        (team, signed(lead="lead-other")),
        (team, signed(kind="discount_approved")),
    ):
        life._set(inbox.set_team(life.aggregate, forged, life.now))
        assert life.lead.policy.addresses[Role.CONTRACTS] == (OLD,), forged
        assert "not signed" in life.aggregate.refusals[-1].reason
    life._set(inbox.set_team(life.aggregate, (team, signed()), life.now))
    assert life.lead.policy.addresses[Role.CONTRACTS] == (NEW,)


def test_a_lead_that_has_not_heard_from_its_worker_believes_no_news() -> None:
    life = in_conversation()
    life.aggregate = life.aggregate.replaced(keys=None)
    team = Team(addresses={Role.CONTRACTS: (NEW,)}, read_at=life.now).model_dump(mode="json")
    signed = sign(KEY, EVERY_LEAD, "set_team", team, THE_SERVICE).model_dump(mode="json")
    for args in ((team,), (team, signed)):
        life._set(inbox.set_team(life.aggregate, args, life.now))
        assert life.lead.policy.addresses[Role.CONTRACTS] == (OLD,)
    assert "again in a minute" in str(life.aggregate.refusals[-1].refused)


def test_what_is_sent_with_a_clock_ahead_does_not_outlast_later_news() -> None:
    life = in_conversation()
    life.gets_team(since=life.now + timedelta(minutes=4), contracts=("somebody@evil.example",))
    life.gets_team(contracts=(NEW,))
    assert life.lead.policy.addresses[Role.CONTRACTS] == (NEW,)


def test_a_change_of_logins_is_recorded_and_nobody_is_mailed() -> None:
    life = in_conversation()
    people = Team(people={Role.SALES: ("octocat",)}, addresses=life.lead.policy.addresses)
    life._set(inbox.set_team(life.aggregate, (people.model_dump(mode="json"),), life.now))
    assert life.lead.policy.people == {Role.SALES: ("octocat",)}
    assert life.aggregate.event_log.events[-1].summary.endswith("sales: octocat")
    assert introduced(life.perform()) == []


def test_a_digest_is_the_same_for_the_same_people_alone() -> None:
    some = Team(addresses={Role.SALES: (OLD,), Role.CONTRACTS: (NEW,)})
    same = Team(addresses={Role.CONTRACTS: (NEW,), Role.SALES: (OLD,)}, since=MONDAY)
    assert some.checksum() == same.checksum()
    assert some.checksum() != Team(addresses={Role.SALES: (OLD,)}).checksum()
    assert Team().checksum() == Team.of(Policy()).checksum()


# ---- the rules


def adopt(life: Life, **policy: Any) -> None:
    life.does("policy_adopted", policy={"version": "2026-10"} | policy)


def test_a_preview_names_the_days_that_the_agenda_names() -> None:
    life = Life()
    lost = preview_decision(life.aggregate, "lost", ({"reason": "budget"},), life.now, known_person("Ann"))
    named = next_date(life.lead)
    assert named is not None
    assert f"Gone stale: no longer due, was {named.day}" in lost.dates


def test_future_deadlines_follow_the_new_policy_and_past_decisions_stay() -> None:
    life = Life().handed_over().perform()
    due = life.lead.contract.due
    before = {item.effect.kind for item in life.aggregate.outbox}
    preview = preview_decision(
        life.aggregate,
        "policy_adopted",
        ({"policy": {"version": "2026-10", "periods": {"handover_reminder": 1, "contract_due": 5}}},),
        life.now,
        known_person("Ann"),
    )
    assert preview.dates == ("Handover reminded: 2026-06-03, was 2026-06-05",)
    adopt(life, periods={"handover_reminder": 1, "contract_due": 5})
    assert life.lead.contract.due == due
    assert life.lead.policy.version == "2026-10"
    assert {item.effect.kind for item in life.aggregate.outbox} - before == {"update_issue"}
    life.wait(2)
    assert len(life.mails("handover_reminder")) == 1
    assert [event.policy for event in life.aggregate.event_log.events][-2:] == ["2026-06", "2026-10"]


def test_adopting_a_policy_is_no_progress() -> None:
    life = Life().wait(31)
    assert life.lead.stale_on
    adopt(life, periods={"questionnaire_nudge": 3})
    assert life.lead.stale_on


def test_columns_and_labels_are_followed_on_github() -> None:
    life = Life().live().perform()
    adopt(life, columns={**COLUMNS, Stage.HUB: "Running"}, labels={"hub": "hub"})
    kinds = {item.effect.kind for item in life.aggregate.outbox}
    assert kinds == {"place_card", "update_issue", "update_hub_issue"}
    assert [e for e in life.planned if isinstance(e, PlaceCard)][-1].restore is False


def test_a_policy_does_not_change_the_team() -> None:
    life = Life(**under(OLD)).gets_team(contracts=(NEW,))
    adopt(life, addresses={"contracts": [OLD]})
    assert life.lead.policy.addresses == {Role.CONTRACTS: (NEW,)}


def test_a_corrected_policy_restores_the_one_before_and_keeps_the_team() -> None:
    life = Life(**under(OLD)).quoted(**BOOK_QUOTE)
    adopt(life, periods={"stale": 3})
    adopted = life.lead.last_seq
    life.gets_team(contracts=(NEW,))
    life.does("corrected", seq=adopted, reason="Not yet")
    assert (life.lead.policy.version, life.lead.policy.periods.stale) == ("2026-06", 30)
    assert life.lead.policy.addresses == {Role.CONTRACTS: (NEW,)}
