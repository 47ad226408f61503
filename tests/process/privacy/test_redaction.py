"""A person is taken out of a lead, and the lead stays the same but for its texts."""

from typing import Any

import pytest

from process.core.intake import take_from
from process.effects import SendMail
from process.personal import ERASED
from process.privacy.acquaintance import everybody_in, is_contact, known_as
from process.privacy.finding import mentions
from process.privacy.person import EVERYBODY, Person, Whom
from process.privacy.redaction import redact_events, redacted
from process.types import Role
from tests.support.lives import BOOK_QUOTE, DISCOUNTED, HUB, Life, known_person
from tests.support.redactions import ADA, ALL, GRACE, all_texts, check_redaction
from tests.support.states import STATES

BOB = Person(names=("Bob Colleague",), logins=("bob",))
WORDS = {"note": "Ada Example calls on Monday; Bob Colleague knows"}


def told(life: Life) -> list[str]:
    return [event.summary for event in life.aggregate.event_log.events]


@pytest.mark.parametrize("whom", ALL, ids=["ada", "grace", "everybody"])
@pytest.mark.parametrize("state", STATES)
def test_the_lead_stays_the_same_but_for_its_texts(state: str, whom: Whom) -> None:
    life = STATES[state]().perform()
    check_redaction(life.aggregate, whom, life.now)


def test_of_the_contact_all_free_text_goes() -> None:
    life = Life(email="ada@example.org").quoted(**DISCOUNTED)
    life.does("asset_attached", type="notes", name="Talk with Ada Example", note="A secret")
    after = redacted(life.aggregate, ADA, "one", life.now)
    assert after.lead.heading == f"[Example University / {ERASED}] - Hub for a course"
    assert after.lead.email is None
    assert after.lead.assets[0].name == f"Talk with {ERASED}"
    quote = after.lead.quotes[0]
    assert quote.discount
    assert (quote.discount.reason, quote.discount.by) == (ERASED, "Grace Example")
    texts = all_texts(after)
    assert "secret" not in texts
    assert "pilot" not in texts
    assert "ada@example" not in texts


def test_of_a_colleague_only_their_names_go() -> None:
    life = Life()
    life.does("put_on_hold", until="2026-09-01", by="Bob Colleague", actor=known_person("bob"), **WORDS)
    after = redacted(life.aggregate, BOB, "one", life.now)
    fact = after.event_log.events[1].fact
    assert fact.by == ERASED
    assert vars(fact)["note"] == f"Ada Example calls on Monday; {ERASED} knows"
    assert vars(fact)["actor"].identity == ERASED
    assert after.lead.person == "Ada Example"
    assert ERASED in after.event_log.events[1].summary


def test_a_person_is_known_by_all_their_names() -> None:
    aliases = {"bob": ("id:77", "bob@example.org", "Bob Colleague")}
    life = Life(email="ada@example.org", policy={"aliases": aliases})
    life.does("assigned", role="sales", person="Robert C.", login="bob", email="bob@example.org")
    events = life.aggregate.event_log.events
    known = known_as(Person(addresses=("bob@example.org",)), tuple(events))
    assert {"bob", "id:77", "Bob Colleague", "Robert C."} <= {*known.words}
    assert not is_contact(known, events)
    assert is_contact(known_as(Person(addresses=("ada@example.org",)), tuple(events)), events)
    after = redacted(life.aggregate, BOB, "one", life.now)
    assert "Robert" not in all_texts(after)
    assert after.lead.assigned[Role.SALES].login is None


def test_a_former_contact_is_one() -> None:
    life = Life(email="ada@example.org")
    life.does("details_changed", person="Grace Example", email="grace@example.org")
    after = check_redaction(life.aggregate, ADA, life.now)
    assert (after.lead.person, after.lead.email) == ("Grace Example", "grace@example.org")
    after = check_redaction(life.aggregate, GRACE, life.now)
    assert (after.lead.person, after.lead.email) == (ERASED, None)


def test_when_everybody_goes_the_service_and_teams_stay() -> None:
    life = Life(policy={"people": {"sales": ["team:sales", "carol"]}}).live().wait(40)
    life.perform()
    after = redacted(life.aggregate, EVERYBODY, "one", life.now)
    assert {event.fact.by for event in after.event_log.events if event.fact.by != ERASED} == {
        "the service",
        "the calendar",
        "someone through Temporal",
    }
    assert after.lead.policy.people == {Role.SALES: ("team:sales", ERASED)}
    assert after.lead.hub.information["administrators"] == ERASED
    assert after.lead.hub.information["cluster"] == HUB["cluster"]
    assert after.lead.hub.unknown() == life.lead.hub.unknown()


def test_community_events_stay_apart() -> None:
    life = Life().live()
    for person in ("Ada Example", "Grace Example"):
        life.does("event_announced", name=f"{person}", first="2026-09-05", users=120, by=person)
    after = check_redaction(life.aggregate, EVERYBODY, life.now)
    assert len({event.name for event in after.lead.hub.events}) == 2


def test_invoices_add_up() -> None:
    life = Life().live(BOOK_QUOTE).wait(200)
    life.perform()
    after = check_redaction(life.aggregate, EVERYBODY, life.now)
    assert [invoice.total for invoice in after.lead.invoices] == [i.total for i in life.lead.invoices]
    assert len(after.lead.invoices) > 3


def test_no_mail_goes_to_what_was_an_address() -> None:
    life = Life().quoted().perform()
    life.wait(1).gets_team(contracts=("bob@example.org",)).perform()
    life.wait(1).gets_team(contracts=("carol@example.org",))
    waiting = [item.effect for item in life.aggregate.outbox if isinstance(item.effect, SendMail)]
    assert any("bob@example.org" in mail.addresses for mail in waiting)
    after = redacted(life.aggregate, Person(addresses=("bob@example.org",)), "one", life.now)
    mails = [item.effect for item in after.outbox if isinstance(item.effect, SendMail)]
    assert mails
    assert not any(mail.addresses for mail in mails)
    assert "bob@" not in all_texts(after)


def test_refusals_and_receipts_tell_nothing() -> None:
    life = Life(email="ada@example.org")
    life.refused("quote_accepted", by="Ada Example", accepted_by="Ada Example")
    life.does("questionnaire_sent", by="Ada Example", key="mail from ada@example.org", note="Ada Example")
    after = check_redaction(life.aggregate, ADA, life.now)
    assert all(receipt.content == "" for receipt in after.receipts)
    assert after.refusals[0].by == ERASED


def test_a_repeat_is_still_known() -> None:
    life = Life()
    body = {"key": "k1", "by": "Bob Colleague", "note": "Bob Colleague"}
    first = life.does("questionnaire_sent", **body)
    after = redacted(life.aggregate, BOB, "one", life.now)
    same, answer = take_from(after, "questionnaire_sent", (body,), known_person("Bob Colleague"), life.now)
    assert (answer.repeat, answer.seq) == (True, first.seq)
    assert same.event_log is after.event_log


def test_corrections_rest_on_the_same_decisions() -> None:
    """An earlier decision can be corrected although a later one has erased fields."""
    life = Life(email="ada@example.org")
    life.does("questionnaire_sent")
    life.does("details_changed", email="grace@example.org")
    life.does("assigned", role="sales", person="Ada Example")
    life.does("assigned", role="sales", person="Grace Example")
    after = Life()
    after.now, after.aggregate = life.now, redacted(life.aggregate, EVERYBODY, "one", life.now)
    after.does("corrected", seq=2, reason="It was not sent")


def test_nobody_approves_the_discount_of_somebody_who_is_not_known_any_more() -> None:
    life = Life().quoted(**DISCOUNTED)
    after = Life()
    after.now, after.aggregate = life.now, redacted(life.aggregate, GRACE, "one", life.now)
    assert "Nobody knows who gave this discount" in after.refused("discount_approved", by="Grace Example")
    life.does("discount_approved", by="Ann Example")
    after.aggregate = redacted(life.aggregate, GRACE, "one", life.now)
    after.does("questionnaire_sent")
    after.does("corrected", seq=after.lead.last_seq, reason="It was not sent")


def test_a_login_that_is_a_first_name_stays_another_person() -> None:
    life = Life()
    life.does("questionnaire_sent", by="@ada", actor=known_person("ada"))
    after = redacted(life.aggregate, ADA, "one", life.now)
    assert after.event_log.events[1].fact.by == "@ada"


def test_others_who_are_linked_are_found() -> None:
    life = Life(originals=[{"lead_id": "lead-original", "heading": "[Elsewhere / Grace Example] - A hub"}])
    assert {place.path for place in mentions(life.lead, GRACE)} == {"originals.0.heading"}
    after = redacted(life.aggregate, GRACE, "one", life.now)
    assert after.lead.originals[0].heading == f"[Elsewhere / {ERASED}] - A hub"
    assert mentions(list(after.event_log.events), GRACE) == []


def test_places_say_where_and_not_what() -> None:
    life = Life(email="ada@example.org")
    life.does("questionnaire_sent", note="For Ada Example")
    places = mentions(list(life.aggregate.event_log.events), ADA)
    assert [(place.seq, place.path) for place in places] == [
        (1, "fact.person"),
        (1, "fact.email"),
        (2, "summary"),
        (2, "fact.note"),
    ]


def test_a_fact_of_an_unknown_kind_is_taken_for_personal() -> None:
    from process.core.stored_events import read_event

    life = Life()
    stored: dict[str, Any] = {
        "seq": 2,
        "at": life.now.isoformat(),
        "summary": "Ada Example came",
        "fact": {"kind": "met", "who": "Ada Example", "times": 3, "by": "Bob"},
    }
    events = (*life.aggregate.event_log.events, read_event(stored))
    after = redact_events(events, ADA, "lead-example")[1]
    assert after.model_dump(mode="json")["fact"] == {"kind": "met", "who": ERASED, "times": 3, "by": "Bob"}
    assert after.summary == ERASED


def test_what_was_decided_since_stays() -> None:
    life = Life()
    life.does("questionnaire_sent", note="Before")
    life.does("put_on_hold", until="2026-09-01", note="Since")
    *_, sent, held = redact_events(life.aggregate.event_log.events, ADA, "lead-example", until=2)
    assert vars(sent.fact)["note"] == ERASED
    assert vars(held.fact)["note"] == "Since"


def test_names_of_any_length_and_none_are_erased() -> None:
    life = Life().requested()
    life.does("hub_information_given", administrators="Many " * 300, representatives="--", by="@@")
    after = check_redaction(life.aggregate, EVERYBODY, life.now)
    assert after.lead.hub.information["administrators"] == ERASED
    assert after.lead.title == "Hub for a course"


def test_nobody_may_be_left_to_be_found() -> None:
    life = Life(person=ERASED)
    assert everybody_in(life.aggregate.event_log.events) is None
    check_redaction(life.aggregate, EVERYBODY, life.now)
