"""A late signal counts from when it was said, on a worker as in the rules."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from process.calendar import end_of
from tests.support.workflow_lives import Life

PRICE = {"amount": "12000", "currency": "USD", "per": "year"}


@pytest.mark.parametrize(("heard", "status"), [(1, "accepted"), (13, "accepted"), (15, "expired")])
async def test_a_signal_counts_that_was_said_before_midnight(
    life: Life, env: WorkflowEnvironment, heard: int, status: str
) -> None:
    """It is heard some days after the quote has expired by date; after two weeks it no longer counts."""
    await life.decide("price_quoted", **PRICE)
    quoted = (await life.settled()).lead
    end = end_of(quoted.quotes[-1].valid_until, quoted.zone)
    left = end - await env.get_current_time(life.handle)
    before = await life.pass_days(left / timedelta(days=1) + heard)
    assert before.lead.quotes[-1].status == "expired"
    await life.signal("quote_accepted", {"said_at": (end - timedelta(minutes=1)).isoformat()})
    after = await life.settled()
    assert after.lead.quotes[-1].status == status
    assert [refusal.kind for refusal in after.refused] == (["quote_accepted"] if status == "expired" else [])
