"""Connects to Temporal, and translates Temporal's errors into errors of the client."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.api.errordetails.v1 import WorkflowNotReadyFailure
from temporalio.client import Client, Plugin
from temporalio.exceptions import ApplicationError
from temporalio.runtime import Runtime
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from client.errors import (
    AccessDenied,
    KeysFailed,
    LeadErased,
    LeadsError,
    NamespaceMissing,
    RequestInvalid,
    ServerNotPrepared,
    TemporalFailed,
    TemporalSilent,
    WorkflowHasEnded,
    WorkflowNotFound,
)
from client.plain_connection import connecting, quiet_runtime
from keys.errors import KeyErased, KeysError
from process.core.refusal import Refused
from workflows.runtime.codec import SealingCodec, data_converter
from workflows.runtime.converter import LeadPayloadConverter

NO_WORKER_ANSWERED = frozenset(
    {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION}
)
"""Status codes with which Temporal answers a query when no worker is there."""
_ACCESS_DENIED = frozenset({RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED})
_INVALID = frozenset(
    {RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE, RPCStatusCode.UNIMPLEMENTED}
)
_REFUSALS = _ACCESS_DENIED | _INVALID | {RPCStatusCode.NOT_FOUND}


SDK_SHUTDOWN = 0.1
"""Seconds that the SDK's own threads need to end."""


async def run_program(work: Coroutine[Any, Any, None]) -> None:
    """Run the work of a whole program, then let the SDK's threads end before the interpreter does (sdk-python#300)."""
    gc.freeze()  # what the program is made of stays, so that no collection looks at it again
    try:
        await work
    finally:
        await asyncio.sleep(SDK_SHUTDOWN)


async def connect(
    identity: str | None = None,
    runtime: Runtime | None = None,
    retry_for: timedelta | None = None,
    plugins: Sequence[Plugin] = (),
    *,
    codec: SealingCodec | None = None,
    lazy: bool = False,
) -> Client:
    """Connect by Temporal's own configuration (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, profiles …).

    `plugins`: of a process that runs workflows, which the others need not load (`workflows.runtime.plugin`).
    `codec`: seals what is sent and opens what comes (`client.sealing`).
    `retry_for`: time for the SDK's attempts at a request that fails, by default 10 seconds.
    `lazy`: connect with the first request, so that a program starts while Temporal is away.
    Raises TemporalMisconfigured, AddressMalformed or TemporalUnreachable.
    """
    with connecting() as config:
        return await Client.connect(
            **config,
            identity=identity,
            runtime=runtime or quiet_runtime(),
            data_converter=data_converter(LeadPayloadConverter, codec),
            plugins=plugins,
            lazy=lazy,
            retry_config=RetryConfig(max_elapsed_time_millis=int(retry_for.total_seconds() * 1000))
            if retry_for
            else None,
        )


def found_no_server(error: RuntimeError) -> bool:
    """Return True if the SDK's client, which connects at its first use, found no server then."""
    return "client connect" in str(error)


def is_not_ready(error: RPCError) -> bool:
    """Return True if the lead cannot be queried now: its run has just begun and has no task yet, or its task has failed."""
    return any(detail.Is(WorkflowNotReadyFailure.DESCRIPTOR) for detail in error.grpc_status.details)


def lacks_namespace(error: RPCError) -> bool:
    """Return True if the server has no such namespace. Temporal says so with the status of a missing workflow."""
    return error.status is RPCStatusCode.NOT_FOUND and "amespace" in error.message


def has_ended(error: RPCError) -> bool:
    """Return True if the workflow takes no more messages, since it has ended."""
    return "already completed" in error.message


def is_refusal(error: RPCError) -> bool:
    """Return True if the same request gets the same answer again: repeating it does not help."""
    return error.status in _REFUSALS and not _is_not_prepared(error)


def translate(error: RPCError) -> LeadsError:
    """Return the client's error for Temporal's answer to a request about a lead."""
    if lacks_namespace(error):
        return NamespaceMissing(error.message)
    if has_ended(error):
        return WorkflowHasEnded()
    if error.status is RPCStatusCode.NOT_FOUND:
        return WorkflowNotFound(error.message)
    if error.status in _ACCESS_DENIED:
        return AccessDenied(error.message)
    if _is_not_prepared(error):
        return ServerNotPrepared(reason=error.message)
    if error.status in _INVALID:
        return RequestInvalid(error.message)
    return TemporalFailed(error.message)


def leads_error_of(error: Exception) -> LeadsError | None:
    """Return the client's error for one of Temporal's client, or for an answer that did not come in time; else None."""
    match error:
        case LeadsError():
            return error
        case RPCError():
            return translate(error)
        case KeyErased():
            return LeadErased(error.name)
        case KeysError():
            return KeysFailed(str(error))
        case TimeoutError():
            return TemporalSilent()
        case RuntimeError() if found_no_server(error):
            return TemporalSilent()
    return None


def refused_by(cause: BaseException) -> Refused:
    """Return the refusal that made an update fail."""
    if isinstance(cause, ApplicationError) and cause.type == "Refused" and cause.details:
        return Refused.model_validate(cause.details[0])
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return Refused(reason=message.removesuffix("."))


@asynccontextmanager
async def as_leads_errors(limit: timedelta | None = None) -> AsyncIterator[None]:
    """Raise every way in which Temporal can fail as a LeadsError: TemporalSilent after `limit` at the latest."""
    try:
        async with asyncio.timeout(None if limit is None else limit.total_seconds()):
            yield
    except (RPCError, TimeoutError, RuntimeError, KeysError) as error:
        if (known := leads_error_of(error)) is None:
            raise
        raise known from error


def _is_not_prepared(error: RPCError) -> bool:
    return "search attribute" in error.message
