"""The service replaces private parts of the SDK that are there, and no more of them than it means to.

The sandbox answers for its payloads without being entered, because nothing asks for their context.
"""

import inspect
from collections.abc import Sequence
from dataclasses import replace

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.bridge import worker as bridge
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.worker import Worker as BridgeWorker
from temporalio.converter import (
    DataConverter,
    PayloadCodec,
    StorageDriverStoreContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl
from temporalio.worker.workflow_sandbox._runner import _Instance

from keys.ring import KeyRing
from workflows.runtime.codec import COPIES, LeadDataConverter, SealingCodec
from workflows.runtime.plugin import leads_plugin
from workflows.runtime.sandbox import _ContextFreeInstance
from workflows.runtime.steps import _StepInstance
from workflows.runtime.worker_converter import WorkerPayloadConverter


def test_nothing_that_converts_payloads_uses_their_context() -> None:
    converter = leads_plugin().data_converter
    assert isinstance(converter, DataConverter)
    assert not isinstance(converter.failure_converter, WithSerializationContext)
    assert converter.payload_codec is None
    assert converter.external_storage is None
    assert converter.payload_converter_class is WorkerPayloadConverter
    used = WorkerPayloadConverter().converters.values()
    assert not [each for each in used if isinstance(each, WithSerializationContext)]


def test_for_another_context_only_the_codec_is_another() -> None:
    converter = leads_plugin(codec=SealingCodec(KeyRing.in_memory())).data_converter
    assert isinstance(converter, DataConverter)
    assert not isinstance(converter.failure_converter, WithSerializationContext)
    other = converter.with_context(WorkflowSerializationContext("default", "lead-example-ab2c"))
    assert vars(other).keys() == vars(converter).keys()
    assert converter.with_context(WorkflowSerializationContext("default", "lead-example-ab2c")) is other
    changed = {name for name, part in vars(other).items() if part is not vars(converter)[name]}
    assert (type(other), changed) == (type(converter), {"payload_codec"})


def test_copies_for_other_contexts_are_of_their_own_workflow_and_limited() -> None:
    converter = leads_plugin(codec=SealingCodec(KeyRing.in_memory())).data_converter
    assert isinstance(converter, LeadDataConverter)
    for place in (("default", f"lead-{number}") for number in range(2 * COPIES)):
        codec = converter.with_context(WorkflowSerializationContext(*place)).payload_codec
        assert isinstance(codec, SealingCodec)
        assert (codec._namespace, codec._workflow_id) == place
    assert len(vars(converter)["copies"]) <= COPIES
    other = converter.with_context(WorkflowSerializationContext("other", "lead-1")).payload_codec
    assert (
        other is not converter.with_context(WorkflowSerializationContext("default", "lead-1")).payload_codec
    )


def test_the_methods_that_are_replaced_are_those_of_the_sdk() -> None:
    """An SDK that renames one would enter the sandbox for each payload again, and nobody would see it."""
    for name in ("get_serialization_context", "get_external_store_context"):
        assert name in vars(_Instance)
        assert name in vars(_ContextFreeInstance)
    instance = _ContextFreeInstance.__new__(_ContextFreeInstance)
    assert instance.get_serialization_context(None) is None
    assert instance.get_external_store_context(None) == StorageDriverStoreContext(target=None)


def test_a_workflow_that_runs_in_steps_replaces_only_what_it_means_to() -> None:
    """An SDK that has a method of one of our own names would call ours; one that renames a method, none of ours."""
    ours = {"_activate", "_activate_in_steps", "_drop", "_mixes_tasks"}
    methods = {name for name, each in vars(_StepInstance).items() if inspect.isfunction(each)} - {"__init__"}
    theirs = vars(_WorkflowInstanceImpl).keys()
    assert ours <= methods
    assert not ours & theirs
    assert methods - ours <= theirs
    assert not {"_task", "_dropped"} & set(_WorkflowInstanceImpl.__init__.__code__.co_names)


def test_a_workflow_can_be_dropped_from_the_cache() -> None:
    """A worker asks for it only when a query came ahead of a task (tests/system/test_queries.py)."""
    assert list(inspect.signature(BridgeWorker.request_workflow_eviction).parameters) == ["self", "run_id"]


class Upper(PayloadCodec):
    """A codec that leaves a trace on each payload."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(metadata=each.metadata, data=each.data.upper()) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self.encode(payloads)


@pytest.mark.parametrize("name", ["decode_activation", "encode_completion"])
def test_the_walks_that_are_spared_are_those_of_the_sdk(name: str) -> None:
    leads_plugin()
    walk = getattr(bridge, name)
    assert walk.__wrapped__.__module__ == bridge.__name__
    assert list(inspect.signature(walk).parameters)[1] == "data_converter"


async def test_only_a_converter_without_a_codec_spares_the_walks() -> None:
    plain = leads_plugin().data_converter
    assert isinstance(plain, DataConverter)
    activation = WorkflowActivation()
    activation.jobs.add().signal_workflow.input.add().data = b"x"
    read = activation.jobs[0].signal_workflow.input
    for converter, then in ((plain, b"x"), (replace(plain, payload_codec=Upper()), b"X")):
        await bridge.decode_activation(
            activation, converter, decode_headers=False, storage_concurrency_limit=1
        )
        assert [payload.data for payload in read] == [then]
