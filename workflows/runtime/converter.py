"""What goes to and from Temporal as JSON, by pydantic; what can't be read must not stop a lead."""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter

from process.decisions.parsing import Unreadable


class LeadPayloadConverter(PydanticPayloadConverter):
    """Anyone may send anything: lone surrogates, numbers without end, an encoding of their own.

    The SDK drops a signal that it can't decode, without a trace in the lead, and a workflow that starts with such a thing
    fails task after task. Whoever names no type takes what comes, so it gets `Unreadable` in its place, and refuses that.
    """

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        if type_hints is not None:
            return super().from_payloads(payloads, type_hints)
        return [self._read(payload) for payload in payloads]

    def _read(self, payload: Payload) -> Any:
        try:
            return super().from_payloads([payload])[0]
        except (ValueError, LookupError, RuntimeError, RecursionError, TypeError):
            return Unreadable()
