"""Hands the input of local activities over within the process.

A local activity always runs in the process of its workflow. So its input needs not become JSON and be read again, which
takes as long as all the rest of it, and the SDK keeps no copy of it as long as the run is in memory. What is handed over
makes the input when the activity asks for it: in a replay, where none does, nothing is made.
"""

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import EncodingPayloadConverter

ENCODING = "handed/over"

_numbers = count()
_handed: WeakValueDictionary[bytes, Callable[[], Any]] = WeakValueDictionary()
"""The arguments that are handed over, as long as the workflow that waits for the activity is in memory and holds it."""


def hand_over(make: Callable[[], Any]) -> RawValue:
    """Return an argument that stands for what `make` returns. The caller holds `make` until the activity has ended."""
    number = str(next(_numbers)).encode()
    _handed[number] = make
    return RawValue(Payload(metadata={"encoding": ENCODING.encode()}, data=number))


def handed_over(payload: Payload) -> Any:
    """Return what was handed over. Raises RuntimeError if nobody waits for the activity any more."""
    make = _handed.get(payload.data)
    if make is None:
        raise RuntimeError(
            "the workflow that asked for this has left the worker's memory, and will ask again"
        )
    return make()


class HandedOverConverter(EncodingPayloadConverter):
    """Reads what was handed over. What is to be handed over is given as such (`hand_over`)."""

    @property
    def encoding(self) -> str:
        return ENCODING

    def to_payload(self, value: Any) -> Payload | None:
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return handed_over(payload)
