"""A worker that stops cancels who waits for a lead's answer, and does not wait for that answer itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError

from client.directory import LeadHandle
from client.leads import LeadsClient
from process.decisions.registry import DECISIONS
from process.github.edits import RevertEdits

SHORT = 5
"""Seconds in which a cancelled call must have ended. It would go on for as long as the lead does not answer."""

Call = Callable[[LeadsClient, LeadHandle], Awaitable[Any]]
CALLS: dict[str, Call] = {
    "decide": lambda leads, lead: leads.decide(
        lead, DECISIONS["questionnaire_sent"].model_validate({"by": "Ann"})
    ),
    "retry": lambda leads, lead: leads.retry(lead, None),
    "revert edits": lambda leads, lead: leads.revert_edits(lead, RevertEdits.model_construct(edits=())),
}


class Silent:
    """A lead that does not answer. As in the SDK, a cancelled update ends with an error of its own."""

    id = "lead-silent"

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def execute_update(self, *_: Any, **__: Any) -> None:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise WorkflowUpdateRPCTimeoutOrCancelledError from error

    async def signal(self, *_: Any) -> None:
        pytest.fail("it was cancelled, and sent the decision in another way")


@pytest.mark.parametrize("call", CALLS)
async def test_a_cancelled_call_ends(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: Any) -> None:
        await asyncio.Event().wait()  # asks why the lead is silent, without an end

    monkeypatch.setattr(LeadsClient, "_silent", silent)
    leads, lead = LeadsClient(cast(Client, None), "queue", "http://localhost"), Silent()
    waiting = asyncio.ensure_future(CALLS[call](leads, cast(LeadHandle, lead)))
    await lead.asked.wait()
    waiting.cancel()
    ended, _ = await asyncio.wait({waiting}, timeout=SHORT)
    waiting.cancel()
    assert waiting in ended
    assert waiting.cancelled()
