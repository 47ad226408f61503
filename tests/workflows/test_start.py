"""The input of a lead's workflow: that of a new lead, and what one run hands to the next."""

import json
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload

from bench.what_if import hub
from process.core.refusal import Refused
from process.decisions.opening import LeadOpened
from process.types import Unreadable
from tests.support.lives import Life
from workflows.runtime.converter import LeadPayloadConverter
from workflows.start import read_start, run_state

WHOLE = {"org": "Example University", "person": "Ada Example", "title": "A hub"}


def payloads_of(life: Life) -> list[Payload]:
    """Return what Temporal stores of a run's input."""
    return LeadPayloadConverter().to_payloads(run_state(life.aggregate, life.now))


def read(payloads: list[Payload]) -> Any:
    """Read a new run's input, as a worker does."""
    return read_start(tuple(LeadPayloadConverter().from_payloads(payloads)), continued=True)


@pytest.mark.parametrize(("years", "limit"), [(1, 15_000), (10, 60_000)])
def test_a_new_run_gets_the_whole_lead_in_few_bytes(years: int, limit: int) -> None:
    life = hub(years)
    payloads = payloads_of(life)
    assert read(payloads) == life.aggregate
    assert sum(payload.ByteSize() for payload in payloads) <= limit


def test_people_see_in_the_temporal_ui_which_lead_goes_on() -> None:
    summary, packed = payloads_of(Life().quoted())
    assert json.loads(summary.data) == {
        "lead": "[Example University / Ada Example] - Hub for a course",
        "stage": "quoted",
        "events": 2,
        "day": "2026-06-01",
    }
    assert packed.metadata["encoding"] == b"binary/plain"


@pytest.mark.parametrize("damaged", [[], [0], [1, 1]], ids=["nothing", "only the summary", "cut off"])
def test_a_lead_whose_state_cannot_be_read_waits(damaged: list[int]) -> None:
    """It raises, so that the workflow task fails and is tried again, and the lead goes on under code that can read it."""
    payloads = [payloads_of(Life().quoted())[number] for number in damaged]
    if len(payloads) == 2:
        payloads[1].data = payloads[1].data[:-9]
    with pytest.raises(ValueError, match=r"missing|damaged"):
        read(payloads)


def test_a_new_lead_opens_or_is_refused() -> None:
    assert read_start((WHOLE,), continued=False) == LeadOpened.model_validate(WHOLE)
    for args in ((), (WHOLE, WHOLE), ("x",), (Unreadable(),), ({"org": "x"},)):
        assert isinstance(read_start(args, continued=False), Refused)
