"""Declined edits on GitHub are reverted once, and recorded as refusals."""

from typing import Any

import pytest

from process.core import inbox
from process.core.aggregate import LeadAggregate
from process.github.edits import DeclinedEdit, Edit, EditKind, RevertEdits
from tests.support.lives import Life

TICKED = Edit(kind=EditKind.TICKED, name="Price quoted", by="amara-sales", id="UCE_1")
PLACED = Edit(kind=EditKind.PLACED, name="Hub", by="amara-sales", id="PVTISC_1")
AT_THE_HUB = Edit(kind=EditKind.CLOSED, name="completed", hub=True, id="CE_1")
DECLINED = DeclinedEdit(
    kind="price_quoted", by="@amara-sales", source="github issue UCE_1", reason="A price needs amount"
)


def asked(
    aggregate: LeadAggregate, *moves: Edit, declined: tuple[DeclinedEdit, ...] = ()
) -> tuple[LeadAggregate, tuple[str, ...]]:
    body = RevertEdits(edits=moves, declined=declined).model_dump(mode="json")
    return inbox.revert_edits(aggregate, (body,), Life().now)


def waiting(aggregate: LeadAggregate) -> list[str]:
    return [item.effect.kind for item in aggregate.outbox if "revert" in item.effect.kind]


def test_each_artifact_is_reverted_in_its_own_queue() -> None:
    aggregate, keys = asked(Life().perform().aggregate, TICKED, PLACED, AT_THE_HUB)
    assert waiting(aggregate) == ["revert_card", "revert_issue", "revert_hub_issue"]
    assert len(set(keys)) == 3
    queues = [item.effect.queue for item in aggregate.outbox if item.effect.key in keys]
    assert queues == ["card", "issue", "hub issue"]


def test_a_repeated_request_queues_one_effect_and_another_edit_another() -> None:
    aggregate, first = asked(Life().perform().aggregate, TICKED)
    aggregate, again = asked(aggregate, TICKED)
    assert first == again
    assert waiting(aggregate) == ["revert_issue"]
    aggregate, _ = asked(aggregate, TICKED.replaced(id="UCE_2"))
    assert waiting(aggregate) == ["revert_issue"] * 2


def test_a_parked_revert_is_not_queued_anew() -> None:
    life = Life().perform()
    aggregate, (key,) = asked(life.aggregate, TICKED)
    (effect,) = [item.effect for item in aggregate.outbox if item.effect.key == key]
    aggregate, _ = asked(aggregate.park(effect, "403", life.now), TICKED)
    assert [item.status for item in aggregate.outbox if item.effect.key == key] == ["parked"]


def test_a_revert_records_no_event() -> None:
    life = Life().perform()
    aggregate, _ = asked(life.aggregate, TICKED, PLACED)
    assert aggregate.event_log == life.aggregate.event_log


def test_a_declined_edit_is_recorded_once() -> None:
    aggregate = Life().perform().aggregate
    for _ in range(2):
        aggregate, _ = asked(aggregate, TICKED, declined=(DECLINED,))
    (refusal,) = aggregate.refusals
    assert (refusal.kind, refusal.by, refusal.reason) == (
        "price_quoted",
        "@amara-sales",
        "A price needs amount",
    )


@pytest.mark.parametrize(
    "args",
    [
        (),
        (None,),
        ("x",),
        ({},),
        ({"edits": []},),
        ({"edits": [{"kind": "danced"}]},),
        ({"edits": [{"kind": "ticked", "name": 5}]},),
        ({"edits": [TICKED.model_dump()] * 101},),
        (object(),),
    ],
)
def test_an_invalid_request_is_refused_and_recorded(args: tuple[Any, ...]) -> None:
    aggregate, keys = inbox.revert_edits(Life().aggregate, args, Life().now)
    assert keys == ()
    assert [refusal.kind for refusal in aggregate.refusals] == ["revert_edits"]
    assert waiting(aggregate) == []
