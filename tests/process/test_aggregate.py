"""The aggregate of one lead: repeats, refusals, and the outbox."""

from collections.abc import Callable
from random import Random

import pytest

from process.core import intake
from process.core.aggregate import FINISHED, REFUSALS, LeadAggregate
from process.core.checkpoint import pack
from process.core.intake import MAX_EVENT_BYTES, RESERVE, RESERVE_OF_ENDS, SMALL
from process.core.preview import preview_decision
from process.core.receipts import RECEIPTS
from process.core.requests import request_for
from process.effects import Effect, PlaceCard, UpdateIssue
from process.effects.observations import IssueOpened
from process.effects.requests import Outcome
from process.views.attention import attention
from process.views.overview import overview
from process.views.recording import record_request
from tests.support.lives import BOOK_QUOTE, MONDAY, QUOTE, Life, link

# ---- repeats


def test_the_same_key_is_the_same_decision_and_gets_the_first_answer() -> None:
    life = Life()
    first = life.does("price_quoted", **QUOTE, key="k1")
    before = life.aggregate
    again = life.take("price_quoted", **QUOTE, key="k1")
    assert (again.message, again.seq, again.accepted, again.repeat) == (first.message, first.seq, True, True)
    assert life.aggregate.event_log is before.event_log
    assert life.aggregate.outbox == before.outbox
    assert [refusal.reason for refusal in life.aggregate.refusals] == [
        f"It came again and was already taken as {first.seq}"
    ]
    once = life.aggregate
    life.take("price_quoted", **QUOTE, key="k1")
    assert life.aggregate is once, "the same repeat is recorded once"


def test_a_repeat_is_known_after_other_decisions_and_after_storage() -> None:
    life = Life()
    first = life.does("price_quoted", **QUOTE, key="k1")
    life.does("quote_accepted", key="k2")
    life.aggregate = LeadAggregate.model_validate_json(life.aggregate.model_dump_json())
    assert life.wait(5).take("price_quoted", **QUOTE, key="k1").seq == first.seq


def test_a_refusal_with_a_key_is_answered_again_but_recorded_once() -> None:
    life = Life()
    summary = life.refused("quote_accepted", key="k1")
    life.quoted()
    again = life.take("quote_accepted", key="k1")
    assert (again.accepted, again.repeat, str(again)) == (False, True, summary)
    assert life.aggregate.refused_total == 1


def test_the_same_decision_again_within_minutes_is_a_double_click() -> None:
    life = Life()
    first = life.does("price_quoted", **QUOTE)
    life.wait(minutes=9)
    assert life.take("price_quoted", **QUOTE).repeat
    assert life.aggregate.event_log.events[-1].seq == first.seq


def test_the_same_decision_later_or_after_another_one_is_a_new_decision() -> None:
    life = Life()
    life.does("put_on_hold", event="x")
    life.does("resumed")
    assert not life.take("put_on_hold", event="x").repeat
    life.wait(minutes=11)
    assert "already on hold like that" in life.refused("put_on_hold", event="x")


def test_another_persons_same_decision_is_no_double_click() -> None:
    life = Life()
    life.does("questionnaire_sent", by="Ada")
    assert "already sent today" in life.refused("questionnaire_sent", by="Grace")


# ---- refusals


def test_a_refusal_is_recorded_with_person_decision_and_reason() -> None:
    life = Life()
    life.refused("quote_accepted", by="Ada", source="cli")
    (refusal,) = life.aggregate.refusals
    assert (refusal.kind, refusal.by, refusal.source, refusal.at) == (
        "quote_accepted",
        "Ada",
        "cli",
        MONDAY,
    )


@pytest.mark.parametrize(
    ("kind", "args", "says"),
    [
        (
            "price_qouted",
            ({},),
            "There is no decision 'price_qouted'. Did you mean price_quoted? Choose one of the",
        ),
        ("lead_opened", ({},), "There is no decision 'lead_opened'."),
        ("_on_quote", ({},), "There is no decision '_on_quote'."),
        ("", (), "There is no decision ''."),
        ("x" * 5000, (), "There is no decision 'xxxx"),
        ("\ud800", (), r"There is no decision '\ud800'."),
        ("lost", (1, 2), "lost takes one argument, and 2 came. Send an object such as {"),
        ("lost", ([],), "lost takes names with values, and a list came. Send an object such as {"),
        ("lost", ("budget",), "lost takes names with values, and a text came."),
        ("lost", (None,), "reason is missing. Send"),
        ("lost", (), "reason is missing. Send"),
        ("lost", ({"reason": "budget", "\ud800": 1},), r"lost has no '\ud800'. It takes by, source"),
        ("lost", ({"x" * 10**6: 1},), "lost has no 'xxxx"),
        ("lost", ({str(n): n for n in range(1000)},), "lost has no '0', '1', '2', '3', '4'. It takes"),
        ("lost", ({"reason": "y" * 10**6},), "not 'yyyy"),
        ("lost", ({"reason": "budget", "note": "\ud800"},), r"not '\ud800'. Send"),
        ("lost", ({"reason": "budget", "by": ""},), "by: write at least 1 character"),
        (
            "lost",
            ({"reason": "budget", "by": "a\nb"},),
            "by must have no line break or control character, unlike 'a\\nb'.",
        ),
        ("corrected", ({"seq": 10**5000, "reason": "x"},), "a number that is too long to show"),
        ("usage_reported", ({"month": "2026-06", "active_users": 10**5000},), "too long to show"),
        ("price_quoted", (QUOTE | {"amount": "1." + "1" * 5000},), "no more than 20 digits"),
        (
            "quote_accepted",
            ({"source": "deadline"},),
            "source is said by the face through which",
        ),
    ],
)
def test_an_implausible_decision_is_refused_in_a_sentence(
    kind: str, args: tuple[object, ...], says: str
) -> None:
    life = Life()
    aggregate, answer = intake.take(life.aggregate, kind, args, MONDAY)
    assert says in str(answer)
    assert len(str(answer)) < 1200
    assert not answer.accepted
    assert aggregate.event_log is life.aggregate.event_log
    assert (aggregate.refused_total, aggregate.refusals[-1].refused) == (1, answer.refused)
    assert LeadAggregate.model_validate_json(aggregate.model_dump_json()) == aggregate


def test_a_number_is_not_kept_with_thousands_of_zeros() -> None:
    life = Life()
    life.does("price_quoted", **(QUOTE | {"amount": "12000." + "0" * 5000}))
    assert str(life.lead.quotes[0].price) == "12,000.00 USD"
    assert len(life.aggregate.model_dump_json()) < 20_000


def test_a_decision_without_a_source_gets_the_way_it_came() -> None:
    aggregate, _ = intake.take(Life().aggregate, "put_on_hold", ({"event": "x"},), MONDAY, source="update")
    assert aggregate.event_log.events[-1].fact.source == "update"
    aggregate, _ = intake.take(Life().aggregate, "nothing", (), MONDAY, source="update")
    assert aggregate.refusals[-1].source == "update"


def test_refusals_receipts_and_finished_effects_are_bounded() -> None:
    life = Life()
    for number in range(REFUSALS + 20):
        life.take("quote_accepted", note=str(number))
    assert (len(life.aggregate.refusals), life.aggregate.refused_total) == (REFUSALS, REFUSALS + 20)
    for number in range(RECEIPTS + 100):
        life.take("quote_accepted", key=str(number))
    assert RECEIPTS <= len(life.aggregate.receipts) < RECEIPTS + 100
    effect = life.aggregate.outbox[0].effect
    for _ in range(FINISHED + 100):
        life.aggregate = life.aggregate.done(effect, Outcome(), MONDAY)
    assert FINISHED <= len(life.aggregate.finished) < FINISHED + 100


# ---- previews


def test_a_preview_shows_the_consequences_and_changes_nothing() -> None:
    life = Life().perform()
    before = life.aggregate
    preview = preview_decision(before, "price_quoted", (QUOTE,), MONDAY)
    assert preview.stage == "quoted"
    assert preview.answer.accepted
    assert preview.effects == (
        "Create the lead's Drive folder",
        "Mail to contracts: price quoted",
        "Bring the lead's issue up to date",
        "Put the lead's card into its column of the board",
    )
    assert life.aggregate == before


def test_a_preview_of_a_refusal_gives_the_reason() -> None:
    life = Life()
    preview = preview_decision(life.aggregate, "quote_accepted", ({},), MONDAY)
    assert (preview.answer.accepted, preview.stage, preview.effects) == (False, "lead", ())
    assert life.aggregate.refused_total == 0


# ---- effects


def kinds(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.kind for effect in effects]


def test_a_new_lead_starts_the_effects_that_need_nothing_else() -> None:
    started = kinds(Life().aggregate.startable(frozenset({"card"})))
    assert started == ["open_issue", "read_prices", "reserve_ids"]


def test_effects_of_free_queues_start_together_and_the_one_that_shows_their_results_comes_last() -> None:
    aggregate = Life().handed_over().aggregate
    started = kinds(aggregate.startable(frozenset()))
    assert [*dict.fromkeys(started)] == [
        "open_issue",
        "read_prices",
        "reserve_ids",
        "send_mail",
        "place_card",
        "update_issue",
    ]
    busy = frozenset({"issue", "mail", "card"})
    assert {*kinds(aggregate.startable(busy))} == {"read_prices", "reserve_ids"}


def test_an_effect_that_is_not_ready_starts_only_with_one_that_brings_its_object() -> None:
    aggregate = Life().quoted().aggregate
    assert "place_card" in kinds(aggregate.startable(frozenset()))
    assert "place_card" not in kinds(aggregate.startable(frozenset({"issue"})))


def test_the_hand_over_waits_for_the_folder_and_nothing_waits_for_it() -> None:
    life = Life().handed_over()
    (first,) = life.mails("price_quoted")
    life.aggregate = life.aggregate.done(first, Outcome(), MONDAY)
    assert "send_mail" not in kinds(life.aggregate.startable(frozenset({"issue"})))
    life.perform()
    assert [mail.template for mail in life.lead.mails] == ["handover"]
    assert life.aggregate.outbox == ()


def test_only_the_newest_coalescing_effect_is_kept() -> None:
    life = Life().handed_over()
    for kind in (UpdateIssue, PlaceCard):
        (item,) = [item for item in life.aggregate.outbox if isinstance(item.effect, kind)]
        assert item.effect.cause > 1


def test_the_folder_is_reserved_once_however_many_ask_for_it() -> None:
    life = Life().handed_over()
    assert [effect.kind for effect in life.planned].count("reserve_ids") == 1
    life.perform()
    assert [event.kind for event in life.aggregate.event_log.events].count("folder_created") == 1


def test_the_hubs_issue_is_opened_after_the_leads() -> None:
    life = Life().requested()
    assert "open_hub_issue" not in kinds(life.aggregate.startable(frozenset({"issue"})))
    issue = next(item.effect for item in life.aggregate.outbox if item.effect.kind == "open_issue")
    aggregate = life.aggregate.done(issue, Outcome(observation=IssueOpened(link=link("issue"))), MONDAY)
    assert "open_hub_issue" in kinds(aggregate.startable(frozenset()))


def test_an_effect_that_fails_for_good_is_parked_with_its_reason_and_blocks_nothing() -> None:
    life = Life().quoted()
    (mail,) = life.mails("price_quoted")
    life.aggregate = life.aggregate.park(mail, "550 no such user", MONDAY)
    (parked,) = life.aggregate.parked
    assert (parked.effect, parked.reason, parked.since) == (mail, "550 no such user", MONDAY)
    life.perform()
    assert life.aggregate.parked == (parked,)
    life.does("quote_accepted")
    life.does("contract_handed_over")
    assert [sent.template for sent in life.perform().lead.mails] == ["handover"]
    life.aggregate = life.aggregate.retry()
    assert [sent.template for sent in life.perform().lead.mails] == ["handover", "price_quoted"]
    assert life.aggregate.parked == ()


def test_retry_takes_one_by_its_key() -> None:
    life = Life().quoted()
    effects = life.aggregate.startable(frozenset())
    for effect in effects:
        life.aggregate = life.aggregate.park(effect, "401", MONDAY)
    aggregate = life.aggregate.retry(effects[0].key)
    assert {item.effect.key for item in aggregate.parked} == {effect.key for effect in effects[1:]}
    assert aggregate.retry("no such key") == aggregate


def test_a_done_effect_is_kept_and_its_observation_recorded() -> None:
    life = Life()
    effect = life.aggregate.startable(frozenset())[0]
    aggregate = life.aggregate.done(effect, Outcome(observation=IssueOpened(link=link("issue"))), MONDAY)
    assert aggregate.lead.issue == link("issue")
    assert (aggregate.finished[-1].key, aggregate.finished[-1].summary) == (
        effect.key,
        "Open the lead's issue",
    )
    assert effect not in [item.effect for item in aggregate.outbox]


def test_events_are_unrecorded_until_the_ledger_confirms_them() -> None:
    life = Life().quoted()
    assert [event.seq for event in record_request(life.aggregate, 0, MONDAY).events] == [1, 2]
    assert life.aggregate.recorded(1).unrecorded
    aggregate = life.aggregate.recorded(2)
    assert not aggregate.unrecorded
    assert aggregate.recorded(1).in_ledger == 2
    assert aggregate.recorded(1, after=1).in_ledger == 2, "an older answer"
    assert aggregate.recorded(1, after=2).in_ledger == 1, "the ledger has lost one"
    assert record_request(aggregate, 2, MONDAY).events == ()


def test_an_effect_records_what_the_ledger_missed_once_however_often_it_was_away() -> None:
    life = Life().quoted()
    aggregate = life.aggregate.record_later().record_later()
    assert kinds(tuple(item.effect for item in aggregate.outbox)).count("record_events") == 1


def test_mails_record_their_recipients_and_keep_one_key() -> None:
    life = Life().quoted()
    (mail,) = life.mails("price_quoted")
    assert mail.key == "lead-example/2/price_quoted"
    life.perform()
    (sent,) = life.lead.mails
    assert (sent.recipients, sent.message_id) == (
        ("contracts@example.org",),
        "<lead-example/2/price_quoted@example.org>",
    )


def test_a_request_holds_only_what_the_activity_needs() -> None:
    life = Life().live(end="2036-01-01", billing="monthly").until("2030-01-01").perform()
    nothing = life.lead.brief()
    assert (nothing.invoices, nothing.mails, nothing.usage, nothing.price_books) == ((), (), (), ())
    number = life.lead.invoices[0].number
    assert [invoice.number for invoice in life.lead.brief((), number).invoices] == [number]
    brief = life.lead.brief(UpdateIssue.needs)
    assert (len(brief.invoices), len(brief.mails), brief.price_books) == (12, 12, ())
    assert brief.invoices[-1] == life.lead.invoices[-1]
    assert len(brief.model_dump_json()) < 32_000


def test_the_issues_concerns_come_from_the_whole_lead_on_its_own_day() -> None:
    life = Life().live(BOOK_QUOTE, end="2029-05-31")
    for month in ("2026-06", "2026-07"):
        life.until(f"{month[:5]}{int(month[5:]) + 1:02}-02").does(
            "usage_reported", month=month, active_users=3
        )
    life.until("2028-01-10")
    update = next(item.effect for item in life.aggregate.outbox if item.effect.kind == "update_issue")
    shown = request_for(life.aggregate, update, life.now).attention
    assert shown == attention(life.lead, life.today)
    assert shown
    assert not [line for line in shown if "is not billed" in line and "Usage" not in line]
    assert any("2026-08" in line and "2026-06" not in line for line in shown if line.startswith("Usage"))


MAX_STORED_BYTES = 2 * 1024 * 1024
"""Maximum number of bytes that Temporal passes to a new run; a larger lead would be stuck."""


def _alike(length: int) -> str:
    return "ü" * length


def _random(length: int) -> str:
    """Return a text that hardly gets smaller when it is compressed."""
    return "".join(chr(0x4E00 + number) for number in Random(length).choices(range(20_000), k=length))


@pytest.mark.parametrize("length", [9_900, 2_500])
@pytest.mark.parametrize("text", [_alike, _random])
def test_a_lead_with_long_texts_can_still_continue_as_new(text: Callable[[int], str], length: int) -> None:
    life = Life()
    offer = QUOTE | {"discount_percent": "5", "discount_reason": text(length)}
    answers = [life.does("price_quoted", **offer)]
    while answers[-1].accepted:
        answers.append(life.take("price_quoted", **(offer | {"amount": f"{12_000 + len(answers)}"})))
    assert "Write it shorter" in str(answers[-1])
    assert life.take("asset_attached", name="short").accepted, "there is always room for the next"
    assert life.take("price_quoted", **QUOTE).accepted
    assert len(pack(life.aggregate)) < MAX_STORED_BYTES
    request = record_request(life.aggregate, 0, life.now)
    assert len(request.model_dump_json().encode()) < MAX_STORED_BYTES
    assert len(overview(life.aggregate, life.now).model_dump_json().encode()) < MAX_STORED_BYTES


def test_a_full_lead_can_still_be_corrected_and_ended() -> None:
    life = Life()
    life.quoted()
    full = life.aggregate.replaced(event_bytes=MAX_EVENT_BYTES + 1)
    for kind, body in (("corrected", {"seq": 2, "reason": "Another lead's"}), ("lost", {"reason": "budget"})):
        life.aggregate = full
        assert life.take(kind, **body).accepted
    assert not life.take("reopened", note="x" * SMALL).accepted
    life.aggregate = full.replaced(event_bytes=MAX_EVENT_BYTES + RESERVE + RESERVE_OF_ENDS)
    assert "Start a new lead" in str(life.take("lost", reason="budget"))


def test_a_repeat_gets_the_summary_of_the_first_answer() -> None:
    life = Life()
    first = life.take("price_quoted", **QUOTE, key="k1")
    kept = LeadAggregate.model_validate_json(life.aggregate.model_dump_json())
    _, again = intake.take(kept, "price_quoted", (QUOTE | {"key": "k1"},), life.now)
    assert again == first.replaced(repeat=True)
    assert first.message
