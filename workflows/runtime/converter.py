"""The payload converter of clients and workers: JSON by pydantic. An unreadable payload must not stop a lead."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import EncodingPayloadConverter

from process.types import Model, Unreadable
from workflows.runtime.sealed import CONVERTERS

PLAIN = (Model, str)
"""Values that are JSON anyway, so that not each part of the converter is asked in turn."""


@cache
def _json() -> EncodingPayloadConverter:
    """Return the part that converts JSON, which all share: it knows how to read each type."""
    return _converters()[b"json/plain"]


@cache
def _converters() -> Mapping[bytes, EncodingPayloadConverter]:
    return {**PydanticPayloadConverter().converters, **CONVERTERS}


class LeadPayloadConverter(PydanticPayloadConverter):
    """Converts payloads by pydantic. An argument without a type hint that cannot be decoded becomes `Unreadable`.

    Anyone may send anything: lone surrogates, endless numbers, an unknown encoding. The SDK drops a signal that it cannot
    decode, without a trace in the lead, and a workflow with such an input fails task after task. The lead's handlers
    have no type hints and refuse `Unreadable`. What is sealed and meets a process without keys raises KeysUnavailable.

    The SDK makes a new one for each task of a workflow and for each activity. All share their parts.
    """

    def __init__(self) -> None:
        self.converters = _converters()

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        if all(isinstance(value, PLAIN) for value in values):
            return [payload for value in values if (payload := _json().to_payload(value))]
        return super().to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        if type_hints is not None:
            return super().from_payloads(payloads, type_hints)
        return [self._read(payload) for payload in payloads]

    def _read(self, payload: Payload) -> Any:
        try:
            return super().from_payloads([payload])[0]
        except (ValueError, LookupError, RuntimeError, RecursionError, TypeError):
            return Unreadable()
