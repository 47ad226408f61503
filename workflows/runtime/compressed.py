"""Arguments of local activities, compressed: the SDK keeps them as long as the run is in memory, long after they were used.

They never leave the worker and stand in no history, so nobody reads them, and the dictionary may differ between releases.
"""

import zlib
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import EncodingPayloadConverter

from process.core.aggregate import LeadAggregate
from process.decisions.opening import LeadOpened
from process.types import Model
from process.views.recording import record_request

M = TypeVar("M", bound=Model)

ENCODING = "json/zlib"


def compressed(argument: Model) -> RawValue:
    """Return the argument as it is given to a local activity."""
    compressor = zlib.compressobj(zdict=_dictionary())
    data = compressor.compress(argument.__pydantic_serializer__.to_json(argument)) + compressor.flush()
    return RawValue(Payload(metadata={"encoding": ENCODING.encode()}, data=data))


def read_compressed(argument: RawValue, of: type[M]) -> M:
    """Return an argument as it was before it was compressed."""
    return of.model_validate_json(_decompressed(argument.payload))


class CompressedPayloadConverter(EncodingPayloadConverter):
    """Reads compressed arguments. What is to be compressed is given as such (`compressed`)."""

    def __init__(self, json: EncodingPayloadConverter) -> None:
        self._json = json

    @property
    def encoding(self) -> str:
        return ENCODING

    def to_payload(self, value: Any) -> Payload | None:
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        plain = Payload(metadata={"encoding": b"json/plain"}, data=_decompressed(payload))
        return self._json.from_payload(plain, type_hint)


def _decompressed(payload: Payload) -> bytes:
    decompressor = zlib.decompressobj(zdict=_dictionary())
    return decompressor.decompress(payload.data) + decompressor.flush()


@cache
def _dictionary() -> bytes:
    """Return a text that is much like most arguments: what a lead writes to the ledger at first."""
    opened = LeadOpened(org="Example University", person="Ada Example", title="A hub")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return record_request(LeadAggregate.open("lead-", opened, now), 0, now).model_dump_json().encode()
