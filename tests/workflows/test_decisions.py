"""Decisions reach the lead as signals and as updates. A wrong one is refused and recorded, and changes nothing."""

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from process.decisions.registry import DECISIONS
from process.views.lead_overview import Option
from tests.support.outside import Outside
from tests.support.workflow_lives import MAILS, Life

PRICE = {"amount": 12000, "currency": "USD", "per": "year"}


async def test_the_whole_path(life: Life) -> None:
    await life.to_hub()
    view = await life.settled()
    assert view.stage == "hub"
    assert view.refused == ()
    assert {"open_issue", "open_hub_issue"} <= {effect.key.rpartition("/")[2] for effect in view.effects}
    assert life.mails() == [*MAILS]


async def test_a_signal_does_what_its_update_does(life: Life) -> None:
    await life.signal("price_quoted", PRICE | {"by": "ann"})
    await life.signal("quote_accepted")
    view = await life.settled()
    assert view.stage == "quoted"
    assert [(line.kind, line.by) for line in view.timeline if line.source == "signal"][1:] == [
        ("price_quoted", "ann"),
        ("quote_accepted", "someone through Temporal"),
    ]


BAD_SIGNALS: list[tuple[str, tuple[Any, ...], str]] = [
    ("price_quoted", (1, 2, 3), "takes one argument, and 3 came"),
    ("price_quoted", ("12000",), "takes names with values, and a text came"),
    ("price_quoted", ({"amount": "much"},), "amount: write a number, such as 412.07"),
    ("price_quoted", ({"amount": -1, "currency": "USD", "per": "year"},), "more than zero"),
    ("price_quoted", ({"amount": 1, "currency": "XQX", "per": "year"},), "no currency in use"),
    ("price_quoted", ({"amount": "1.001", "currency": "USD", "per": "year"},), "has 2 decimals"),
    ("price_quoted", ({"ammount": 1},), "Did you mean amount?"),
    ("price_quotd", (PRICE,), "Did you mean price_quoted?"),
    ("nonsense", (), "There is no decision"),
    ("contract_signed", ({"evidence": "x"},), "No price has been quoted yet"),
    ("hub_requested", (None,), "No contract is signed"),
    ("lost", ([],), "takes names with values, and a list came"),
]


async def test_bad_signals_are_refused_recorded_and_change_nothing(life: Life) -> None:
    before = await life.settled()
    for kind, args, _ in BAD_SIGNALS:
        await life.signal(kind, *args)
    after = await life.settled()
    assert [refusal.kind for refusal in after.refused] == [kind for kind, _, _ in BAD_SIGNALS]
    for refusal, (_, _, reason) in zip(after.refused, BAD_SIGNALS, strict=True):
        assert reason in str(refusal.refused)
    assert after.timeline == before.timeline
    assert after.lead == before.lead


UNREADABLE = [
    Payload(metadata={"encoding": b"json/plain"}, data=data)
    for data in (
        b'{"by": "\\ud800"}',
        b'{"amount": 1' + b"0" * 5000 + b"}",
        b"[" * 900 + b"]" * 900,
        b"\xff\xfe",
    )
] + [
    Payload(metadata={"encoding": b"weird/one"}, data=b"{}"),
    Payload(metadata={"encoding": b"json/external-storage-reference"}, data=b"{}"),
    Payload(),
]


@pytest.mark.parametrize("payload", UNREADABLE)
async def test_an_unreadable_message_is_refused_and_recorded(life: Life, payload: Payload) -> None:
    await life.signal("price_quoted", RawValue(payload))
    (refusal,) = (await life.settled()).refused
    assert str(refusal.refused).startswith(
        "price_quoted takes names with values, and something unreadable came."
    )
    preview = await life.handle.query("preview", args=["price_quoted", RawValue(payload)])
    assert "something unreadable" in preview["answer"]["message"]
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await life.handle.execute_update("price_quoted", RawValue(payload))
    assert "something unreadable" in str(failed.value.cause)


@pytest.mark.parametrize("payload", UNREADABLE)
async def test_an_unreadable_input_starts_no_lead(
    env: WorkflowEnvironment, worker: Worker, lead_id: str, payload: Payload
) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await env.client.execute_workflow(
            "LeadWorkflow", RawValue(payload), id=lead_id, task_queue=worker.task_queue
        )
    assert "A lead starts with one object" in str(failed.value.cause)


@pytest.mark.parametrize("args", [(), (5,), (5, {}), ("lost", {}, 3), ("lost", 5)])
async def test_a_preview_of_nonsense_is_answered(life: Life, args: tuple[Any, ...]) -> None:
    preview = await life.handle.query("preview", args=list(args))
    assert not preview["answer"]["accepted"]


@pytest.mark.parametrize(("kind", "args", "reason"), BAD_SIGNALS)
async def test_bad_updates_are_answered_with_the_reason(
    life: Life, kind: str, args: tuple[Any, ...], reason: str
) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await life.handle.execute_update(kind, args=list(args))
    assert reason in str(failed.value.cause)
    assert [refusal.kind for refusal in (await life.settled()).refused] == [kind]


async def test_a_repeat_gets_the_first_answer_and_changes_nothing(life: Life) -> None:
    first = await life.decide("price_quoted", **PRICE, key="k1")
    other = await life.decide("quote_accepted", key="k2")
    again = await life.decide("price_quoted", **PRICE, key="k1")
    assert other.accepted
    assert again == first.replaced(repeat=True)
    view = await life.settled()
    assert sum(line.kind == "price_quoted" for line in view.timeline) == 1
    assert [str(refusal.refused) for refusal in view.refused] == [
        "It came again and was already taken as 2. Nothing was done twice."
    ]


async def test_cancelling_in_temporal_is_refused_like_a_decision(life: Life) -> None:
    await life.handle.cancel()
    assert (await life.decide("price_quoted", **PRICE)).accepted
    assert [refusal.kind for refusal in (await life.settled()).refused] == ["cancel"]


async def test_a_lead_without_a_title_does_not_start_and_says_why(
    env: WorkflowEnvironment, worker: Worker, lead_id: str
) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await env.client.execute_workflow(
            "LeadWorkflow", {"org": "Example University"}, id=lead_id, task_queue=worker.task_queue
        )
    assert "person is missing; title is missing" in str(failed.value.cause)


@pytest.mark.parametrize(
    "args", [(), (1,), ("lead",), ({}, {}), ({"org": "a", "zone": "Mars"},), ({"aggregate": 1},)]
)
async def test_nonsense_does_not_start_a_lead(
    env: WorkflowEnvironment, worker: Worker, lead_id: str, args: tuple[Any, ...]
) -> None:
    with pytest.raises(WorkflowFailureError):
        await env.client.execute_workflow(
            "LeadWorkflow", args=list(args), id=lead_id, task_queue=worker.task_queue
        )


async def test_a_lead_that_starts_in_an_unknown_zone_is_refused(
    env: WorkflowEnvironment, worker: Worker, lead_id: str
) -> None:
    opened = {"org": "Example University", "person": "Ada", "title": "A hub", "zone": "Mars/Base"}
    with pytest.raises(WorkflowFailureError) as failed:
        await env.client.execute_workflow("LeadWorkflow", opened, id=lead_id, task_queue=worker.task_queue)
    assert "no time zone 'Mars/Base'" in str(failed.value.cause)


async def test_options_and_preview_change_nothing(life: Life) -> None:
    before = await life.settled()
    options = await life.handle.query("options", result_type=list[Option])
    assert {option.kind for option in options} == set(DECISIONS)
    allowed = {option.kind: option for option in options if option.allowed}
    assert "price_quoted" in allowed
    assert "hub_live" not in allowed
    assert any("Mail to contracts" in line for line in allowed["price_quoted"].would)
    preview = await life.handle.query("preview", args=["price_quoted", PRICE])
    assert preview["answer"]["accepted"]
    assert preview["stage"] == "quoted"
    assert "Mail to contracts: price quoted" in preview["effects"]
    refused = await life.handle.query("preview", args=["hub_live", {}])
    assert not refused["answer"]["accepted"]
    assert await life.settled() == before


async def test_the_ui_is_offered_each_decision_with_its_description(life: Life) -> None:
    metadata = await life.handle.query("__temporal_workflow_metadata")
    signals = {item.name: item.description for item in metadata.definition.signal_definitions}
    updates = {item.name for item in metadata.definition.update_definitions}
    assert set(DECISIONS) | {"retry"} <= set(signals)
    assert set(DECISIONS) | {"retry"} <= updates
    assert all(signals[kind] for kind in DECISIONS)
    assert "lead became" not in metadata.current_details  # the details are of this lead
    assert "Example University" in metadata.current_details


async def test_after_its_end_a_lead_answers_and_then_is_archived(life: Life, outside: Outside) -> None:
    await life.decide("lost", reason="budget")
    refused = await life.decide("price_quoted", **PRICE)
    assert "Reopen it first" in str(refused)
    assert (await life.decide("reopened", reason="new grant")).accepted
    assert (await life.decide("lost", reason="timing")).accepted
    await life.settled()
    await life.env.fast_forward(life.handle)
    assert await life.handle.result() == "lost: The lead was archived"
    recorded = outside.recorded(life.id)
    assert recorded == [*range(1, len(recorded) + 1)]
