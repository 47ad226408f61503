"""What people moved on GitHub and can't stand is undone, once, and what it proposed is on record."""

from typing import Any

import pytest

from process.core.aggregate import Record
from process.github.edits import Declined, Move, PutBack, What
from tests.support.lives import Life

TICKED = Move(what=What.TICKED, name="Price quoted", by="amara-sales", id="UCE_1")
PLACED = Move(what=What.PLACED, name="Hub", by="amara-sales", id="PVTISC_1")
AT_THE_HUB = Move(what=What.CLOSED, name="completed", hub=True, id="CE_1")
DECLINED = Declined(
    kind="price_quoted", by="@amara-sales", source="github issue UCE_1", reason="A price needs amount"
)


def asked(
    record: Record, *moves: Move, declined: tuple[Declined, ...] = ()
) -> tuple[Record, tuple[str, ...]]:
    body = PutBack(moves=moves, declined=declined).model_dump(mode="json")
    return record.put_back((body,), Life().now)


def waiting(record: Record) -> list[str]:
    return [item.effect.kind for item in record.outbox if "back" in item.effect.kind]


def test_each_place_is_put_back_by_its_own_lane() -> None:
    record, keys = asked(Life().perform().record, TICKED, PLACED, AT_THE_HUB)
    assert waiting(record) == ["put_card_back", "put_issue_back", "put_hub_issue_back"]
    assert len(set(keys)) == 3
    lanes = [item.effect.lane for item in record.outbox if item.effect.key in keys]
    assert lanes == ["card", "issue", "hub issue"]


def test_asked_again_it_waits_once_and_another_move_is_another_effect() -> None:
    record, first = asked(Life().perform().record, TICKED)
    record, again = asked(record, TICKED)
    assert first == again
    assert waiting(record) == ["put_issue_back"]
    record, _ = asked(record, TICKED.model_copy(update={"id": "UCE_2"}))
    assert waiting(record) == ["put_issue_back"] * 2


def test_what_failed_for_good_is_not_asked_for_anew() -> None:
    life = Life().perform()
    record, (key,) = asked(life.record, TICKED)
    (effect,) = [item.effect for item in record.outbox if item.effect.key == key]
    record, _ = asked(record.park(effect, "403", life.now), TICKED)
    assert [item.status for item in record.outbox if item.effect.key == key] == ["parked"]


def test_nothing_becomes_true_of_the_lead() -> None:
    life = Life().perform()
    record, _ = asked(life.record, TICKED, PLACED)
    assert record.history == life.record.history


def test_what_was_declined_is_on_record_once() -> None:
    record = Life().perform().record
    for _ in range(2):
        record, _ = asked(record, TICKED, declined=(DECLINED,))
    (refusal,) = record.refusals
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
        ({"moves": []},),
        ({"moves": [{"what": "danced"}]},),
        ({"moves": [{"what": "ticked", "name": 5}]},),
        ({"moves": [TICKED.model_dump()] * 101},),
        (object(),),
    ],
)
def test_what_asks_for_nothing_sound_is_refused_and_recorded(args: tuple[Any, ...]) -> None:
    record, keys = Life().record.put_back(args, Life().now)
    assert keys == ()
    assert [refusal.kind for refusal in record.refusals] == ["put_back"]
    assert waiting(record) == []
