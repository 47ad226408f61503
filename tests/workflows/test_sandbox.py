"""The sandbox answers for its payloads without being entered, because nothing asks for their context."""

from temporalio.converter import (
    DataConverter,
    StorageDriverStoreContext,
    WithSerializationContext,
)
from temporalio.worker.workflow_sandbox._runner import _Instance

from workflows.runtime.converter import LeadPayloadConverter
from workflows.runtime.plugin import leads_plugin
from workflows.runtime.sandbox import _ContextFreeInstance


def test_nothing_that_converts_payloads_uses_their_context() -> None:
    converter = leads_plugin().data_converter
    assert isinstance(converter, DataConverter)
    assert not isinstance(converter.failure_converter, WithSerializationContext)
    assert converter.payload_codec is None
    assert converter.external_storage is None
    assert converter.payload_converter_class is LeadPayloadConverter
    used = LeadPayloadConverter().converters.values()
    assert not [each for each in used if isinstance(each, WithSerializationContext)]


def test_the_methods_that_are_replaced_are_those_of_the_sdk() -> None:
    """An SDK that renames one would enter the sandbox for each payload again, and nobody would see it."""
    for name in ("get_serialization_context", "get_external_store_context"):
        assert name in vars(_Instance)
        assert name in vars(_ContextFreeInstance)
    instance = _ContextFreeInstance.__new__(_ContextFreeInstance)
    assert instance.get_serialization_context(None) is None
    assert instance.get_external_store_context(None) == StorageDriverStoreContext(target=None)
