"""Seals and opens the payloads of a workflow's messages, in one walk, and spares all walks where nothing would be done.

The SDK walks three times through each activation and three times through each completion, payload by payload: for a codec
and for a storage outside of Temporal. It does so without either, too, which takes 5 % of a worker's CPU. And it fails the
task if a payload claims to lie in such a storage: anyone could stop a lead by a signal. Without the walk, such a payload
reaches the converter, and is refused like any other that cannot be read.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.bridge import worker as bridge
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import DataConverter
from temporalio.converter._extstore import StorageOperationMetrics

from keys.errors import KeyErased, KeysUnavailable, SealBroken
from workflows.runtime.codec import SealingCodec
from workflows.runtime.sealed import BROKEN, ENCODING, ERASED, KEY, NO_KEYS, SEALED
from workflows.runtime.walking import payloads_in

Walk = Callable[..., Awaitable[StorageOperationMetrics]]


def spare_walks() -> None:
    """Let the workers of this process walk only for converters that have a codec or a storage, and once for ours."""
    for name, ours in (("decode_activation", open_activation), ("encode_completion", seal_completion)):
        walk = getattr(bridge, name)
        if not hasattr(walk, "__wrapped__"):
            setattr(bridge, name, _spared(walk, ours))


def _spared(walk: Walk, ours: Callable[[Any, SealingCodec | None], Awaitable[None]]) -> Walk:
    @wraps(walk)
    async def walk_if_needed(
        message: Any, data_converter: DataConverter, **options: Any
    ) -> StorageOperationMetrics:
        codec = data_converter.payload_codec
        if data_converter.external_storage or not isinstance(codec, SealingCodec | None):
            return await walk(message, data_converter, **options)
        await ours(message, codec)
        return StorageOperationMetrics()

    return walk_if_needed


async def open_activation(activation: WorkflowActivation, codec: SealingCodec | None) -> None:
    """Open what an activation brings.

    Without keys, a sealed message raises KeysUnavailable, so that the task fails and is tried again: the SDK would drop the
    message. A run whose own input cannot be opened does not begin: KeyErased or SealBroken.
    """
    if codec is None:
        if any(payload.metadata.get(ENCODING) == SEALED for payload in _messages(activation)):
            raise KeysUnavailable(NO_KEYS)
        return
    await codec.open_in_place(payloads_in(activation))
    for job in activation.jobs:
        if job.HasField("initialize_workflow"):
            begun = job.initialize_workflow
            for payload in begun.arguments:
                _demand_opened(payload.metadata.get(ENCODING), payload.metadata.get(KEY, b"").decode())
            if any(each.metadata.get(ENCODING) == ERASED for each in begun.last_completion_result.payloads):
                begun.ClearField("last_completion_result")  # begins as the first one did


def _messages(activation: WorkflowActivation) -> Iterator[Payload]:
    for job in activation.jobs:
        match job.WhichOneof("variant"):
            case "signal_workflow":
                yield from job.signal_workflow.input
            case "do_update":
                yield from job.do_update.input
            case "initialize_workflow":
                yield from job.initialize_workflow.arguments


def _demand_opened(encoding: bytes | None, name: str) -> None:
    if encoding == ERASED:
        raise KeyErased(name)
    if encoding == BROKEN:
        raise SealBroken(name)


async def seal_completion(completion: WorkflowActivationCompletion, codec: SealingCodec | None) -> None:
    """Seal what a workflow sends: for another workflow under that one's key.

    The input of a local activity stays as it is: it does not leave the process.
    """
    if codec is None or not codec.seals:
        return
    if completion.HasField("failed"):
        await codec.seal_in_place(payloads_in(completion.failed))
    own: list[Any] = []
    for command in completion.successful.commands:
        match command.WhichOneof("variant"):
            case "schedule_local_activity":
                own += payloads_in(command.user_metadata)
            case "signal_external_workflow_execution":
                target = command.signal_external_workflow_execution.workflow_execution.workflow_id
                await codec.for_workflow(target).seal_in_place(payloads_in(command))
            case "start_child_workflow_execution":
                target = command.start_child_workflow_execution.workflow_id
                await codec.for_workflow(target).seal_in_place(payloads_in(command))
            case _:
                own += payloads_in(command)
    await codec.seal_in_place(own)
