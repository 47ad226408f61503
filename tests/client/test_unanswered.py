"""A decision during which Temporal fails is said to be taken, not taken, or unknown."""

from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.directory import LeadHandle
from client.errors import DecisionUnknown
from client.leads import LeadsClient
from process.decisions.registry import DECISIONS


class Handle:
    """A lead whose server answers every request with this status."""

    id = "lead-a"

    def __init__(self, status: RPCStatusCode, message: str) -> None:
        self.error = RPCError(message, status, b"")
        self.signals = 0

    async def execute_update(self, *_: Any, **__: Any) -> None:
        raise self.error

    async def signal(self, *_: Any, **__: Any) -> None:
        self.signals += 1


async def decided(handle: Handle, **fields: Any) -> Exception:
    leads = LeadsClient(cast("Client", None), "leads", "http://localhost", timedelta(seconds=5))
    decision = DECISIONS["questionnaire_sent"].model_validate({"by": "Ann", "source": "cli"} | fields)
    with pytest.raises((RPCError, DecisionUnknown)) as failed:
        await leads.decide(cast("LeadHandle", handle), decision)
    assert handle.signals == 0
    return failed.value


@pytest.mark.parametrize(
    ("status", "unknown"),
    [
        (RPCStatusCode.UNAVAILABLE, True),
        (RPCStatusCode.INTERNAL, True),
        (RPCStatusCode.UNKNOWN, True),
        (RPCStatusCode.RESOURCE_EXHAUSTED, True),
        (RPCStatusCode.INVALID_ARGUMENT, False),
        (RPCStatusCode.PERMISSION_DENIED, False),
        (RPCStatusCode.NOT_FOUND, False),
    ],
)
async def test_it_is_unknown_only_if_the_request_may_have_arrived(
    status: RPCStatusCode, *, unknown: bool
) -> None:
    failed = await decided(Handle(status, "database or disk is full"))
    assert isinstance(failed, DecisionUnknown) == unknown


@pytest.mark.parametrize("key", [None, "a-key"])
async def test_it_names_the_key_by_which_it_may_be_repeated(key: str | None) -> None:
    failed = await decided(Handle(RPCStatusCode.UNAVAILABLE, "connection refused"), key=key)
    assert isinstance(failed, DecisionUnknown)
    assert (failed.key, "onnection refused" in str(failed)) == (key, True)
