"""Others are behind a role: every lead in flight hears of it, and so does whoever follows its conversation."""

from datetime import timedelta
from typing import Any

import pytest

from process.core import inbox
from process.core.preview import preview_decision
from process.effects import PlaceCard
from process.effects.introductions import last_reached, mails_to_former
from process.effects.observations import MailUndeliverable
from process.effects.requests import Outcome
from process.policy import COLUMNS, People, Policy
from process.types import Role, Stage
from process.views.overview import timeline
from tests.support.lives import BOOK_QUOTE, MONDAY, Life

OLD, NEW, NEWEST = "old@example.org", "new@example.org", "newest@example.org"


def under(*addresses: str) -> dict[str, Any]:
    return {"policy": {"addresses": {"contracts": addresses}}}


def told(life: Life) -> list[tuple[str, tuple[str, ...]]]:
    """The mails about a change that left: which, to whom."""
    return [
        (mail.template, mail.recipients) for mail in life.lead.mails if mail.template.startswith("address_")
    ]


def in_conversation() -> Life:
    return Life(**under(OLD)).handed_over().perform()


def test_the_thread_is_told_once_and_so_is_who_had_it() -> None:
    life = in_conversation().hears(contracts=(NEW,)).perform()
    assert told(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    for _ in range(3):  # a worker that starts again, a round, another worker
        life.wait(1).hears(contracts=(NEW,)).perform()
    assert len(told(life)) == 2
    assert life.kinds().count("team_changed") == 1
    said = [line.summary for line in timeline(life.aggregate) if line.kind == "team_changed"]
    assert said == ["The team changed: contracts: new@example.org"]
    assert [mail.template for mail in mails_to_former(life.lead, Role.CONTRACTS)] == [
        "price_quoted",
        "handover",
    ]


def test_all_mail_from_then_on_goes_there() -> None:
    life = in_conversation().hears(contracts=(NEW,)).wait(7).perform()
    after = [mail for mail in life.lead.mails if mail.template == "handover_reminder"]
    assert [mail.recipients for mail in after] == [(NEW,)]
    assert last_reached(life.lead, Role.CONTRACTS) == (NEW,)


def test_whoever_is_not_in_the_conversation_yet_is_not_told() -> None:
    life = Life(**under(OLD)).perform().hears(contracts=(NEW,)).perform()
    assert told(life) == []
    life.handed_over().perform()
    assert {mail.recipients for mail in life.lead.mails} == {(NEW,)}
    assert told(life) == []


def test_of_a_list_only_who_is_new_or_gone_matters() -> None:
    life = Life(**under(OLD, NEW)).handed_over().perform()
    life.hears(contracts=(NEW, OLD)).perform()
    assert told(life) == [], "in another order they are the same"
    life.hears(contracts=(NEW,)).perform()
    assert told(life) == [("address_left", (OLD,))], "who stays knows all of it"
    life.hears(contracts=(NEW, NEWEST)).perform()
    assert told(life)[1:] == [("address_changed", (NEW, NEWEST))]


def test_back_before_anybody_was_told_it_is_as_if_nothing_had_been() -> None:
    life = in_conversation().hears(contracts=(NEW,)).wait(hours=1).hears(contracts=(OLD,)).perform()
    assert told(life) == []
    assert life.kinds().count("team_changed") == 2


def test_back_afterwards_both_hear_of_it_again() -> None:
    life = in_conversation().hears(contracts=(NEW,)).perform()
    life.wait(1).hears(contracts=(OLD,)).perform()
    assert told(life)[2:] == [("address_changed", (OLD,)), ("address_left", (NEW,))]


def test_on_to_a_third_before_anybody_was_told_only_the_third_hears_of_it() -> None:
    life = in_conversation().hears(contracts=(NEW,)).wait(1).hears(contracts=(NEWEST,)).perform()
    assert told(life) == [("address_changed", (NEWEST,)), ("address_left", (OLD,))]


def test_what_was_under_way_to_the_old_ones_when_they_changed_is_found_out() -> None:
    """A change that was taken back while its mail left: they had it for a moment, and are told that they do not."""
    life = in_conversation().hears(contracts=(NEW,))
    (leaving,) = life.mails("address_changed")
    life.wait(hours=1).hears(contracts=(OLD,))
    sent = {
        "kind": "mail_sent",
        "template": leaving.template,
        "recipients": (NEW,),
        "message_id": "<m@example.org>",
        "reached": {"contracts": (NEW,)},
        "cause": leaving.cause,
    }
    life._became(life.aggregate.done(leaving, Outcome.model_validate({"observation": sent}), life.now))
    life.perform()
    assert told(life)[1:] == [("address_changed", (OLD,)), ("address_left", (NEW,))]


def test_a_mail_that_was_under_way_does_not_introduce_them_twice() -> None:
    life = in_conversation()
    life.does("details_changed", title="Another title")
    life.does("contract_handed_over", note="Again, with all of it")
    leaving = life.mails("handover")[-1]
    life.hears(contracts=(NEW,))
    sent = {
        "kind": "mail_sent",
        "template": "handover",
        "recipients": (OLD,),
        "message_id": "<m@example.org>",
        "reached": {"contracts": (OLD,)},
        "cause": leaving.cause,
    }
    life._became(life.aggregate.done(leaving, Outcome.model_validate({"observation": sent}), life.now))
    life.perform()
    assert told(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]


def test_a_worker_that_started_before_is_not_heard_any_more() -> None:
    """Else two workers with other settings would have it go back and forth, and each time everybody hears of it."""
    life = in_conversation()
    life.hears(since=MONDAY + timedelta(hours=2), contracts=(NEW,)).perform()
    life.hears(since=MONDAY + timedelta(hours=1), contracts=(OLD,)).perform()
    assert life.lead.policy.addresses[Role.CONTRACTS] == (NEW,)
    assert len(told(life)) == 2


def test_who_was_behind_it_by_the_settings_is_known_by_the_receipts() -> None:
    life = Life().handed_over().perform().hears(contracts=(NEW,)).perform()
    assert told(life) == [("address_changed", (NEW,)), ("address_left", ("contracts@example.org",))]
    life = Life().handed_over().perform().hears(contracts=("contracts@example.org",)).perform()
    assert told(life) == [], "named now, and the same as before"


def test_each_role_has_its_own() -> None:
    life = Life().requested().perform().hears(engineering=("ops@example.org",), sales=("sell@example.org",))
    assert told(life.perform()) == [
        ("address_changed", ("ops@example.org",)),
        ("address_left", ("engineering@example.org",)),
    ], "sales got no mail so far"


def test_who_leaves_one_role_has_not_left_the_other() -> None:
    both: dict[str, Any] = {"policy": {"addresses": {"contracts": [OLD], "sales": [OLD]}}}
    life = Life(**both).live().wait(40).perform()
    assert last_reached(life.lead, Role.SALES) == (OLD,), "sales hears what is missing about the hub"
    life.hears(contracts=(NEW,), sales=(OLD,)).perform()
    assert told(life) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    life.hears(contracts=(NEW,), sales=(NEWEST,)).perform()
    assert told(life)[2:] == [("address_changed", (NEWEST,)), ("address_left", (OLD,))]


def test_on_hold_they_hear_of_it_and_lost_when_it_is_reopened() -> None:
    held = in_conversation()
    held.does("put_on_hold", event="their budget")
    assert len(told(held.hears(contracts=(NEW,)).perform())) == 2
    lost = in_conversation().lost().perform().hears(contracts=(NEW,)).perform()
    assert told(lost) == []
    lost.wait(1).does("reopened", reason="A grant")
    lost.perform()
    assert told(lost) == [("address_changed", (NEW,)), ("address_left", (OLD,))]
    assert lost.lead.mails[-1].template == "reopened"


def test_where_the_loss_was_a_mistake_they_hear_of_it_then() -> None:
    life = in_conversation().lost().perform()
    lost = next(event.seq for event in life.aggregate.event_log.events if event.kind == "lost")
    life.hears(contracts=(NEW,)).does("corrected", seq=lost, reason="Another lead's")
    assert told(life.perform()) == [("address_changed", (NEW,)), ("address_left", (OLD,))]


def test_a_lead_that_ended_with_money_to_come_tells_who_is_to_collect_it() -> None:
    life = Life(**under(OLD)).decommissioned(start="2026-06-01").wait(1).perform()
    assert [invoice for invoice in life.lead.invoices if not invoice.paid_on]
    assert len(told(life.hears(contracts=(NEW,)).perform())) == 2


def test_a_mail_that_failed_for_their_address_is_tried_again() -> None:
    life = Life(**under(OLD)).handed_over()
    mail = life.mails("price_quoted")[0]
    life._became(life.aggregate.park(mail, "There is no old@example.org", life.now))
    life.hears(contracts=(NEW,)).perform()
    assert life.aggregate.parked == ()
    assert {sent.recipients for sent in life.lead.mails} == {(NEW,)}


def test_an_old_address_that_is_dead_is_recorded_and_holds_nothing_up() -> None:
    life = in_conversation().hears(contracts=(NEW,))
    (farewell,) = life.mails("address_left")
    observation = MailUndeliverable(template="address_left", recipients=(OLD,))
    life._became(life.aggregate.done(farewell, Outcome(observation=observation), life.now))
    assert told(life.perform()) == [("address_changed", (NEW,))]
    said = [line.summary for line in timeline(life.aggregate) if line.kind == "mail_undeliverable"]
    assert said == ["Mail “address left” could not reach old@example.org: no mail is taken there any more"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"addresses": {"contracts": ["deals"]}}, "'deals' is no mail address"),
        ({"addresses": {"community": ["a@example.org"]}}, "there is nobody behind community"),
        ({"addresses": {"legal": ["a@example.org"]}}, "addresses.legal"),
        ({"addresses": ["a@example.org"]}, "addresses: input should be a valid dictionary"),
        ({"since": "soon"}, "since: input should be a valid datetime"),
        ("deals@example.org", "input should be a valid dictionary"),
    ],
)
def test_what_cant_be_meant_is_refused_and_recorded(sent: Any, says: str) -> None:
    life = in_conversation()
    aggregate = inbox.set_team(life.aggregate, (sent,), life.now)
    assert aggregate.event_log is life.aggregate.event_log
    assert says in aggregate.refusals[-1].reason


def test_that_somebody_else_decides_on_github_is_recorded_and_nobody_is_mailed() -> None:
    life = in_conversation()
    people = People(people={Role.SALES: ("octocat",)}, addresses=life.lead.policy.addresses)
    life._became(inbox.set_team(life.aggregate, (people.model_dump(mode="json"),), life.now))
    assert life.lead.policy.people == {Role.SALES: ("octocat",)}
    assert life.aggregate.event_log.events[-1].summary.endswith("sales: octocat")
    assert told(life.perform()) == []


def test_a_digest_is_the_same_for_the_same_people_alone() -> None:
    some = People(addresses={Role.SALES: (OLD,), Role.CONTRACTS: (NEW,)})
    same = People(addresses={Role.CONTRACTS: (NEW,), Role.SALES: (OLD,)}, since=MONDAY)
    assert some.digest() == same.digest()
    assert some.digest() != People(addresses={Role.SALES: (OLD,)}).digest()
    assert People().digest() == People.of(Policy()).digest()


# ---- the rules


def adopt(life: Life, **policy: Any) -> None:
    life.does("policy_adopted", policy={"version": "2026-10"} | policy)


def test_what_is_to_come_follows_the_new_clocks_and_what_was_decided_stays() -> None:
    life = Life().handed_over().perform()
    due = life.lead.contract.due
    before = {item.effect.kind for item in life.aggregate.outbox}
    foreseen = preview_decision(
        life.aggregate,
        "policy_adopted",
        ({"policy": {"version": "2026-10", "clocks": {"handover_reminder": 1, "contract_due": 5}}},),
        life.now,
    )
    assert foreseen.dates == ("Handover reminded: 2026-06-03, was 2026-06-05",)
    adopt(life, clocks={"handover_reminder": 1, "contract_due": 5})
    assert life.lead.contract.due == due
    assert life.lead.policy.version == "2026-10"
    assert {item.effect.kind for item in life.aggregate.outbox} - before == {"update_issue", "record_events"}
    life.wait(2)
    assert len(life.mails("handover_reminder")) == 1
    assert [event.policy for event in life.aggregate.event_log.events][-2:] == ["2026-06", "2026-10"]


def test_it_is_no_progress_of_the_lead() -> None:
    life = Life().wait(31)
    assert life.lead.stale_on
    adopt(life, clocks={"questionnaire_nudge": 3})
    assert life.lead.stale_on


def test_columns_and_labels_are_followed_on_github() -> None:
    life = Life().live().perform()
    adopt(life, columns={**COLUMNS, Stage.HUB: "Running"}, labels={"hub": "hub"})
    kinds = {item.effect.kind for item in life.aggregate.outbox}
    assert kinds == {"place_card", "update_issue", "update_hub_issue", "record_events"}
    assert [e for e in life.planned if isinstance(e, PlaceCard)][-1].restore is False


def test_who_is_behind_the_roles_is_no_part_of_it() -> None:
    life = Life(**under(OLD)).hears(contracts=(NEW,))
    adopt(life, addresses={"contracts": [OLD]})
    assert life.lead.policy.addresses == {Role.CONTRACTS: (NEW,)}


def test_corrected_the_lead_is_under_the_one_before_and_still_knows_its_people() -> None:
    life = Life(**under(OLD)).quoted(**BOOK_QUOTE)
    adopt(life, clocks={"stale": 3})
    adopted = life.lead.last_seq
    life.hears(contracts=(NEW,))
    life.does("corrected", seq=adopted, reason="Not yet")
    assert (life.lead.policy.version, life.lead.policy.clocks.stale) == ("2026-06", 30)
    assert life.lead.policy.addresses == {Role.CONTRACTS: (NEW,)}
