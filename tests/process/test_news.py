"""A decision that was made without knowing what had happened since is refused, with that."""

from datetime import timedelta
from typing import Any

import pytest

from process.actor import Actor, Face
from process.core.answers import Answer
from process.core.intake import take
from process.core.news import is_overtaken, news_since
from process.core.refusal import SuggestionKind
from process.envelope import Envelope, envelope_in, is_signed, public_key, sign
from process.types import Role
from tests.support.lives import KEY, Life

ADA, BO = (
    Actor(face=Face.PAGE, identity=name, roles=(Role.SALES,), authenticated=True) for name in ("ada", "bo")
)


def sends(life: Life, seen: int | None, *, actor: Actor = ADA, face: str = "update", **body: Any) -> Answer:
    body = {"name": "A hub"} | body
    life.aggregate = life.aggregate.replaced(keys=(public_key(KEY),))
    envelope = sign(KEY, life.lead.id, "hub_information_given", body, actor, seen)
    args = (body, envelope.model_dump(mode="json"))
    life.aggregate, answer = take(life.aggregate, "hub_information_given", args, life.now, source=face)
    return answer


def test_it_is_taken_if_nobody_has_decided_since() -> None:
    life = Life()
    assert sends(life, life.lead.last_seq).accepted


def test_it_is_refused_with_what_has_happened() -> None:
    life = Life()
    seen = life.lead.last_seq
    life.quoted()
    late = sends(life, seen, key="one")
    assert (late.accepted, late.message) == (
        False,
        f"An event has come since it was decided on event {seen}: {life.lead.last_seq} price quoted",
    )
    assert [each.kind for each in late.suggestions] == [SuggestionKind.NEWS]
    assert late.refused
    assert is_overtaken(late.refused)
    assert not any(refusal.for_team for refusal in life.aggregate.refusals)  # who sent it was told
    assert sends(life, life.lead.last_seq, key="one").accepted, "the same key, by somebody who knows"


@pytest.mark.parametrize("beyond", [1, 1_000, 2**31])
def test_it_is_refused_on_an_event_that_the_lead_does_not_have(beyond: int) -> None:
    life = Life()
    answer = sends(life, life.lead.last_seq + beyond)
    assert answer.refused
    assert is_overtaken(answer.refused)
    assert f"this lead has {life.lead.last_seq}" in str(answer)


def test_without_the_number_it_is_taken_whatever_has_happened() -> None:
    life = Life().quoted()
    assert sends(life, None).accepted


def test_what_effects_bring_back_is_no_news() -> None:
    life = Life().quoted()
    seen = life.lead.last_seq
    life.perform()
    assert life.lead.last_seq > seen
    assert not news_since(life.aggregate.event_log, seen)
    assert sends(life, seen).accepted


def test_a_repeat_gets_the_first_answer_whatever_it_knew() -> None:
    life = Life()
    seen = life.lead.last_seq
    first = sends(life, seen, key="one")
    assert sends(life, seen, key="one") == first.replaced(repeat=True)


def test_what_one_person_handed_in_while_the_lead_was_silent_is_all_taken() -> None:
    life = Life()
    seen, said = life.lead.last_seq, life.now
    life.wait(hours=1)

    def handed_in(minute: int, actor: Actor = ADA) -> Answer:
        at = (said + timedelta(minutes=minute)).isoformat()
        return sends(life, seen, actor=actor, face="signal", name=f"Hub {minute}", said_at=at)

    assert handed_in(1).accepted
    assert handed_in(2).accepted
    late = handed_in(3, BO)
    assert not late.accepted
    assert any(refusal.for_team for refusal in life.aggregate.refusals), "nobody else tells who sent it"


@pytest.mark.parametrize("changed", [None, 7])
def test_nobody_takes_the_number_out_of_a_signed_envelope(changed: int | None) -> None:
    body = {"name": "A hub"}
    envelope = sign(KEY, "lead-x", "hub_information_given", body, ADA, 4)
    keys = [public_key(KEY)]
    assert is_signed(envelope, keys, "lead-x", "hub_information_given", body)
    other = envelope.model_copy(update={"seen": changed})
    assert not is_signed(other, keys, "lead-x", "hub_information_given", body)


def test_an_envelope_without_it_is_signed_as_ever() -> None:
    sent = Envelope(actor=ADA).model_dump(mode="json", exclude_none=True)
    assert "seen" not in sent
    assert envelope_in(({}, sent)) == Envelope(actor=ADA)
