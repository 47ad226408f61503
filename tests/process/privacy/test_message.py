"""The message that takes a person out of a running lead."""

from typing import Any

import pytest

from process.core.aggregate import LeadAggregate
from process.core.answers import NOT_SIGNED
from process.core.rebuild import SentMessage, receive
from process.core.refusal import Refused
from process.effects.observations import AnswersRead
from process.envelope import THE_SERVICE, public_key, sign
from process.identity import Digests
from process.personal import ERASED
from process.privacy.message import (
    NOT_FROM_SERVICE,
    NOT_READ,
    ErasePerson,
    ErasureUnderWay,
    erase_person,
    erased_again,
)
from tests.support.lives import KEY, Life
from tests.support.redactions import ADA, all_texts

REQUEST = ErasePerson(request_id="one", person=ADA).model_dump(mode="json")


def signed(body: Any, key: str = KEY) -> tuple[Any, ...]:
    return body, sign(key, "lead-example", "erase_person", body, THE_SERVICE).model_dump(mode="json")


def with_key() -> LeadAggregate:
    return Life(email="ada@example.org").aggregate.replaced(keys=(public_key(KEY),))


@pytest.mark.parametrize(
    ("args", "refused"),
    [
        ((REQUEST,), NOT_FROM_SERVICE),
        (signed(REQUEST, "another key"), NOT_FROM_SERVICE),
        ((), NOT_FROM_SERVICE),
        (signed({}), NOT_READ),
        (signed(REQUEST | {"everybody": True}), NOT_READ),
        (signed(REQUEST | {"request_id": "Ada Example"}), NOT_READ),
        (signed({"request_id": "one", "person": {"names": ["A"]}}), NOT_READ),
    ],
)
def test_what_is_not_from_the_service_or_cannot_be_read_changes_nothing(
    args: tuple[Any, ...], refused: Refused
) -> None:
    before = with_key()
    after, answer = erase_person(before, args, Life().now)
    assert answer == refused
    assert after.event_log is before.event_log
    assert after.refusals[-1].reason == refused.reason
    assert "Ada" not in after.refusals[-1].model_dump_json()


def test_a_lead_that_has_not_heard_from_its_workers_believes_nothing() -> None:
    before = with_key().replaced(keys=None)
    assert erase_person(before, signed(REQUEST), Life().now)[1] == NOT_SIGNED


def test_a_rebuilt_lead_takes_it_as_its_workflow_does() -> None:
    life = Life(email="ada@example.org")
    message = SentMessage("erase_person", signed(REQUEST), "update", life.now)
    after = receive(with_key(), message, life.now)
    assert after.lead.person == ERASED
    assert after == erase_person(with_key(), signed(REQUEST), life.now)[0]


def test_what_comes_back_later_goes_by_the_same_rule() -> None:
    """The lead has forgotten by then that the address was that of its contact."""
    life = Life(email="ada@example.org")
    life.does("questionnaire_sent")
    life.does("questionnaire_answered", response_id="one")
    aggregate = life.aggregate.replaced(digests=Digests(org="a", contact="b"))
    request = ErasePerson(request_id="one", person=ADA.replaced(names=())).model_dump(mode="json")
    after, begun = erase_person(aggregate, (request,), life.now)
    assert isinstance(begun, ErasureUnderWay)
    assert not any(item.effect.kind == "read_answers" for item in after.outbox)
    assert after.digests == Digests(org="a")
    answers = AnswersRead(response_id="one", answers=(("Who?", "Ada Example"), ("Why?", "A secret")))
    after = erased_again(after.record(answers, life.now), begun)
    assert not {"Ada", "secret"} & {*all_texts(after).replace('"', " ").split()}
    assert after.lead.questionnaire.answers == ((ERASED, ERASED), (ERASED, ERASED))
    assert erased_again(after, begun) == after
