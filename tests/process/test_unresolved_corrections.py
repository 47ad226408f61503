"""A correction says what it leaves wrong outside. That stays in sight until it is settled, and is put right at any time."""

from typing import Any

import pytest

from process.core.answers import Answer
from process.core.fold import fold
from process.core.preview import preview_decision
from process.corrections.remaining import remaining
from process.corrections.unresolved import UnresolvedCorrection
from process.effects import PostCorrection, SendCorrection, UpdateHubIssue
from process.views.attention import attention
from tests.support.lives import MONDAY, QUOTE, Life, brought_back, last_seq

COMMENT = {"source": "github comment", "by": "@amara-sales", "key": "github-comment-42/abc"}
WHY = {"reason": "A slip"}


def mailed() -> tuple[Life, int]:
    life = Life().quoted().perform()
    return life, 2


def answered() -> tuple[Life, int]:
    life = Life().quoted().perform()
    life.does("quote_accepted", **COMMENT)
    return life.perform(), last_seq(life, "quote_accepted")


def hub_asked_for() -> tuple[Life, int]:
    life = Life().requested().perform()
    return life, last_seq(life, "hub_requested")


def told_that_it_no_longer_counts() -> tuple[Life, int]:
    life, seq = mailed()
    life.does("corrected", seq=seq, **WHY, compensate="mail")
    return life.perform(), last_seq(life, "corrected")


def commented_correction() -> tuple[Life, int]:
    life = Life().quoted().perform()
    life.does("corrected", seq=2, **WHY, rest_is_fine=True, **COMMENT)
    return life.perform(), last_seq(life, "corrected")


LEFT: dict[str, tuple[Any, tuple[str, ...], str, str]] = {
    "a mail": (mailed, ("mail",), "contracts@example.org got “price quoted” on ", "were not told"),
    "an answer": (answered, ("answer",), "the answer to the comment that gave", "still confirms it"),
    "a hub's issue": (hub_asked_for, ("mail", "hub"), "the hub's issue is still open: http", "still open"),
    "a correction's mail": (
        told_that_it_no_longer_counts,
        ("mail",),
        "contracts@example.org got “correction” on ",
        "were not told",
    ),
    "a correction's answer": (commented_correction, ("answer",), "the answer to", "still confirms it"),
}
"""Trace that is left → a life and the number of a mistake in it, compensations, and words of the answer and of attention."""


def concerns(life: Life) -> str:
    return " | ".join(attention(life.lead, life.today))


def corrects(life: Life, seq: int, **more: Any) -> Answer:
    answer = life.does("corrected", **{"seq": seq} | WHY | more)
    life.perform()
    return answer


def texts(answer: Answer) -> str:
    return str(answer.follow_ups or "")


@pytest.mark.parametrize("left", LEFT)
def test_what_was_not_put_right_is_answered_and_stays_in_sight(left: str) -> None:
    made, kinds, says, concern = LEFT[left]
    life, seq = made()
    answer = life.does("corrected", seq=seq, **WHY)
    assert texts(answer).startswith("Not put right: ")
    assert says in texts(answer)
    assert [each.decision for each in answer.suggestions] == ["", "corrected", "corrected"]
    assert answer.suggestions[1].fields == {"seq": seq, **WHY, "compensate": list(kinds)}
    life.perform()
    assert life.lead.unresolved[-1].left == kinds
    assert f"{seq} no longer counts (corrected as {answer.seq}), but " in concerns(life)
    assert concern in concerns(life)
    assert "@" not in concerns(life)
    assert fold(tuple(life.aggregate.event_log.events), life.lead.id) == life.lead
    again = life.take("corrected", seq=seq, **WHY)  # a double click gets the same answer
    assert (again.repeat, texts(again)) == (True, texts(answer))


@pytest.mark.parametrize("left", LEFT)
def test_what_was_left_is_put_right_at_any_time(left: str) -> None:
    made, kinds, _, _ = LEFT[left]
    life, seq = made()
    before = corrects(life, seq)
    lead = life.wait(40).perform().lead
    offer = before.suggestions[1]
    planned = len(life.planned)
    after = life.does(offer.decision, **offer.fields)
    assert after.message == f"{seq} was corrected as {before.seq}; put right now: {', '.join(kinds)}"
    assert texts(after) == ""
    assert "no longer counts" not in concerns(life)
    life.perform()
    assert remaining(life.aggregate.event_log, seq) == ()
    assert life.lead.unresolved == ()
    assert life.lead.quotes == lead.quotes
    effects = {type(effect) for effect in life.planned[planned:]}
    assert {SendCorrection} & effects == ({SendCorrection} if "mail" in kinds else set())
    assert {PostCorrection} & effects == ({PostCorrection} if set(kinds) & {"answer", "hub"} else set())
    assert (UpdateHubIssue in effects) is ("hub" in kinds)
    mails = len(life.lead.mails)
    refusal = life.refused("corrected", seq=seq, reason="again", compensate=list(kinds))
    assert str(seq) in refusal
    assert len(life.perform().lead.mails) == mails


@pytest.mark.parametrize("left", LEFT)
def test_what_was_left_may_be_said_to_be_fine(left: str) -> None:
    made, kinds, _, _ = LEFT[left]
    at_once, seq = made()
    assert texts(corrects(at_once, seq, rest_is_fine=True)) == ""
    assert at_once.lead.unresolved == ()
    life, seq = made()
    first = corrects(life, seq)
    planned = len(life.planned)
    later = corrects(life, seq, rest_is_fine=True)
    assert later.message == f"{seq} was corrected as {first.seq}; what is left may stay as it is"
    assert {effect.kind for effect in life.planned[planned:]} == {"update_issue"}
    assert "no longer counts" not in concerns(life)
    assert "nothing is left to put right" in life.refused(
        "corrected", seq=seq, reason="fine", rest_is_fine=True
    )
    assert texts(corrects(life, seq, compensate=list(kinds))) == ""  # and still it can be put right
    assert remaining(life.aggregate.event_log, seq) == ()


@pytest.mark.parametrize("left", LEFT)
def test_one_thing_after_the_other_is_put_right(left: str) -> None:
    made, kinds, _, _ = LEFT[left]
    life, seq = made()
    corrects(life, seq)
    rest = list(kinds)
    while rest:
        answer = corrects(life, seq, compensate=[rest.pop(0)])
        assert texts(answer).startswith("Not put right" if rest else "")
        assert [kind for each in life.lead.unresolved for kind in each.left] == rest


def test_a_correction_without_traces_leaves_nothing() -> None:
    life = Life().quoted().perform()
    life.does("quote_accepted")
    answer = corrects(life, last_seq(life, "quote_accepted"))
    assert (texts(answer), life.lead.unresolved) == ("", ())


def test_a_second_correction_without_a_wish_says_what_can_be_put_right() -> None:
    life, seq = mailed()
    first = corrects(life, seq)
    assert life.refused("corrected", seq=seq, reason="Not theirs") == (
        f"{seq} is already corrected. What it left outside can still be put right (corrected, seq {seq}, "
        "reason Not theirs, compensate ['mail', 'comment']). To make it count again, correct its correction "
        f"(corrected, seq {first.seq})."
    )


def test_all_is_refused_if_nothing_is_left() -> None:
    life, seq = mailed()
    corrects(life, seq, compensate="all")
    assert life.refused("corrected", seq=seq, reason="x", compensate="all").startswith(
        f"{seq} is already corrected, and nothing is left to put right. To make it count again"
    )


def test_the_correction_counts_once_however_often_it_was_completed() -> None:
    life, seq = mailed()
    first = corrects(life, seq)
    second = corrects(life, seq, compensate="mail")
    assert first.seq
    assert second.seq
    assert life.refused("corrected", seq=second.seq, reason="x") == (
        f"{second.seq} only put right outside what {first.seq} had left. To take back the correction itself, "
        f"correct that (corrected, seq {first.seq})."
    )
    again = corrects(life, first.seq)
    assert life.lead.stage == "quoted"
    assert "“correction” on" in texts(again)  # they were told that it does not count


def test_an_addition_that_waits_is_suspended_with_the_correction() -> None:
    life, seq = mailed()
    first = corrects(life, seq)
    life.does("corrected", seq=seq, **WHY, compensate="mail")
    assert any(isinstance(item.effect, SendCorrection) for item in life.aggregate.outbox)
    life.does("corrected", seq=first.seq, **WHY)
    assert not any(isinstance(item.effect, SendCorrection) for item in life.aggregate.outbox)


def test_a_mail_that_was_on_its_way_comes_into_sight_when_it_arrives() -> None:
    life = Life().quoted().perform(but="mail")
    (effect,) = life.aggregate.startable(frozenset())
    answer = life.does("corrected", seq=2, **WHY)
    assert texts(answer) == ""
    assert "were not told" not in concerns(life)
    life._set(life.aggregate.done(effect, brought_back(effect, life), life.now))
    assert "were not told" in concerns(life)
    quoted = life.lead.unresolved[0].after_mail("price_quoted", answer.seq or 0, life.lead.unresolved[0].told)
    assert quoted is None  # so does a new quote settle it
    corrects(life, 2, compensate="mail")
    assert "were not told" not in concerns(life)


def test_a_hub_that_is_requested_again_leaves_no_issue_to_close() -> None:
    life, seq = hub_asked_for()
    corrects(life, seq, compensate="mail")
    assert "the hub's issue is still open" in concerns(life)
    life.does("hub_requested")
    assert "the hub's issue is still open" not in concerns(life)


def test_the_preview_of_an_addition_shows_what_it_puts_right() -> None:
    life, seq = mailed()
    corrects(life, seq)
    preview = preview_decision(
        life.aggregate, "corrected", ({"seq": seq, "compensate": "mail"} | WHY,), life.now
    )
    assert preview.correction_impact
    found = [(trace.fate, trace.compensate) for trace in preview.correction_impact.traces]
    assert found == [("asked", "mail"), ("if asked", "comment")]


def test_nobody_can_fill_in_what_the_lead_fills_in() -> None:
    life = Life().quoted().perform()
    life.does("corrected", seq=2, **WHY, adds_to=1, left=["hub"])
    assert life.lead.stage == "lead"
    assert [each.left for each in life.lead.unresolved] == [("mail",)]


REPEATED: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "a quote": (lambda: Life().quoted(), "price_quoted", QUOTE | {"amount": "9000"}),
    "a handover": (lambda: Life().accepted(), "contract_handed_over", {}),
    "a hub's request": (lambda: Life().requested(), "hub_requested", {}),
    "a loss": (lambda: Life().quoted(), "lost", {"reason": "other", "note": "No money"}),
}
"""Name → a life, and a decision that is made in it, corrected, and made again."""


@pytest.mark.parametrize("name", REPEATED)
def test_a_later_decision_of_the_same_kind_settles_the_mail(name: str) -> None:
    made, kind, fields = REPEATED[name]
    life = made().perform()
    if not any(event.kind == kind for event in life.aggregate.event_log.events):
        life.does(kind, **fields)
        life.perform()
    seq = last_seq(life, kind)
    corrects(life, seq)
    assert "were not told" in concerns(life)
    life.does(kind, **fields)
    assert "were not told" in concerns(life)  # until the mail is sent
    life.perform()
    assert "no longer counts" not in concerns(life)
    assert all("mail" not in each.left for each in life.lead.unresolved)
    assert "mail" not in [each.left for each in remaining(life.aggregate.event_log, seq)]
    assert fold(tuple(life.aggregate.event_log.events), life.lead.id) == life.lead
    if kind != "hub_requested":
        assert "was told" in life.refused("corrected", seq=seq, **WHY, compensate="mail")


def test_a_decision_about_another_thing_settles_nothing() -> None:
    life, seq = mailed()
    corrects(life, seq)
    life.does("lost", reason="other", note="No money")
    life.perform()
    assert "were not told" in concerns(life)


def test_a_later_mail_settles_nothing_for_those_whom_it_misses() -> None:
    correction = UnresolvedCorrection(
        seq=2,
        correction=5,
        on=MONDAY.date(),
        left=("mail", "answer"),
        told=("a@example.org", "b@example.org"),
        restated="price_quoted",
    )
    after = correction.after_mail("price_quoted", 7, ("a@example.org",))
    assert after
    assert (after.left, after.told) == (("mail", "answer"), ("b@example.org",))
    assert after.after_mail("quote_expired", 8, ("b@example.org",)) == after
    assert after.after_mail("price_quoted", 4, ("b@example.org",)) == after
    last = after.after_mail("price_quoted", 8, ("b@example.org",))
    assert last
    assert (last.left, last.told) == (("answer",), ())


def test_a_quote_after_the_correction_is_no_part_of_it() -> None:
    life, seq = mailed()
    corrects(life, seq)
    life.does("price_quoted", **QUOTE | {"amount": "9000"})
    assert life.lead.unresolved[0].seq == seq
