"""A request that Temporal refuses is answered, and never repeated for a day."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import unanswered
from activities.issue_sync.lead_calls import ask_lead, failure_of
from client.errors import AccessDenied, LeadsError, NoWorker, RequestInvalid
from tests.support.deployment import COMMUNITY, CONTRACTS, Deployment

REFUSED = (
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.NOT_FOUND,
)


@pytest.mark.parametrize("into", ['"abc\\\\"', "\"x' OR 'a'='a\"", "nobody"])
async def test_a_preview_of_a_merge_into_any_text_is_answered(deployment: Deployment, into: str) -> None:
    lead = await deployment.open()
    number = await deployment.number(lead)
    odd = await deployment.comment_on("leads", number, f"/preview merged into={into}", login=COMMUNITY)
    good = await deployment.comment_on("leads", number, "/help", login=CONTRACTS)
    await deployment.sync(lead, odd, good)
    first, second = await deployment.answers(lead)
    assert "There is no lead" in first
    assert "/price-quoted" in second


async def calls(status: RPCStatusCode) -> None:
    raise RPCError("what Temporal says", status, b"")


@pytest.mark.parametrize("status", REFUSED)
async def test_a_refusal_of_temporal_is_an_answer(status: RPCStatusCode) -> None:
    with pytest.raises(LeadsError):
        await ask_lead(calls(status))
    assert unanswered(RPCError("", status, b"")).non_retryable


async def test_a_passing_fault_is_retried() -> None:
    with pytest.raises(ApplicationError, match="UNAVAILABLE") as failed:
        await ask_lead(calls(RPCStatusCode.UNAVAILABLE))
    assert not failed.value.non_retryable


def test_a_sync_ends_with_a_refusal_and_goes_on_after_a_fault() -> None:
    assert failure_of(RequestInvalid("no")).non_retryable
    assert failure_of(AccessDenied("no")).non_retryable
    assert not failure_of(NoWorker("leads")).non_retryable
