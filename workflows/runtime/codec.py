"""The payload codec: seals each payload under the key of the workflow that it belongs to, and opens it again.

A lead's payloads are sealed under the lead's own keys, so that all of it is erased with them. A payload opens only in the
workflow and the namespace in which it was sealed. Payloads that are not sealed pass through.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, Self

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    PayloadConverter,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from keys.data_key import DataKey, KeyId
from keys.errors import KeyErased, KeysUnavailable, KeyUnknown, SealBroken
from keys.ring import KeyRing
from keys.sealing import seal, unseal
from process.types import Unreadable
from workflows.runtime.converter import LeadPayloadConverter
from workflows.runtime.handover import ENCODING as HANDED_OVER
from workflows.runtime.owners import may_hold, owner_of
from workflows.runtime.sealed import BROKEN, ENCODING, ERASED, KEY, SEALED
from workflows.runtime.walking import payloads_in

_NOT_SEALED: Final = frozenset({SEALED, ERASED, BROKEN, HANDED_OVER.encode(), b"binary/null"})
_PACKED: Final = b"binary/plain"
"""Encoding of bytes, such as a packed lead, which is compressed already."""

_CONVERTER: Final = LeadPayloadConverter()

COPIES: Final = 128
"""Workflows for which a converter keeps a copy at hand: more than are worked on at the same time."""

Found = dict[bytes, DataKey | Exception]
"""The keys by their names as they stand beside sealed data."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals and opens payloads of one workflow, or without a context of any."""

    __slots__ = ("_context", "_namespace", "_ring", "_workflow_id", "seals")

    def __init__(
        self, ring: KeyRing, namespace: str = "", workflow_id: str | None = None, *, seals: bool = True
    ) -> None:
        self._ring = ring
        self._namespace = namespace
        self._context = namespace.encode()
        self._workflow_id = workflow_id
        self.seals = seals
        """False if payloads are opened only."""

    def with_context(self, context: SerializationContext) -> "SealingCodec":
        namespace = getattr(context, "namespace", self._namespace)
        workflow_id = getattr(context, "workflow_id", None)
        return SealingCodec(self._ring, namespace, workflow_id, seals=self.seals)

    def in_namespace(self, namespace: str) -> "SealingCodec":
        """Return the codec for all workflows of this namespace."""
        return SealingCodec(self._ring, namespace, seals=self.seals)

    def for_workflow(self, workflow_id: str) -> "SealingCodec":
        """Return the codec for another workflow of the same namespace."""
        return SealingCodec(self._ring, self._namespace, workflow_id, seals=self.seals)

    # ---- the SDK's interface

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        key = await self.key() if any(map(_is_open, payloads)) else None
        return [self._sealed(key, payload) if key and _is_open(payload) else payload for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        found = await self._keys_of(filter(_is_sealed, payloads))
        return [self._opened(payload, found) if _is_sealed(payload) else payload for payload in payloads]

    # ---- in place, for messages that hold payloads

    async def seal_in_place(self, payloads: Iterable[Payload]) -> None:
        """Seal all of these payloads that are not sealed yet."""
        given = [payload for payload in payloads if _is_open(payload)]
        if given and (key := await self.key()):
            for payload in given:
                payload.CopyFrom(self._sealed(key, payload))

    async def open_in_place(self, payloads: Iterable[Payload]) -> None:
        """Open all of these payloads that are sealed."""
        given = [payload for payload in payloads if _is_sealed(payload)]
        if given:
            found = await self._keys_of(given)
            for payload in given:
                payload.CopyFrom(self._opened(payload, found))

    # ---- keys

    async def key(self) -> DataKey | None:
        """Return the key under which is sealed now, or None if nothing is."""
        owner = owner_of(self._workflow_id) if self.seals else None
        if owner is None:
            return None
        return self._ring.cached_newest(owner) or await asyncio.to_thread(self._ring.newest, owner)

    async def _keys_of(self, payloads: Iterable[Payload]) -> Found:
        """Return the keys that these sealed payloads name, as far as they may be used here."""
        found: Found = {}
        missing: dict[bytes, KeyId] = {}
        for name in set(map(_name, payloads)):
            if key_id := self._key_id(name):
                if key := self._ring.cached(key_id):
                    found[name] = key
                else:
                    missing[name] = key_id
        if missing:
            found |= await asyncio.to_thread(self._fetched, missing)
        return found

    def _fetched(self, key_ids: Mapping[bytes, KeyId]) -> Found:
        found: Found = {}
        for name, key_id in key_ids.items():
            try:
                found[name] = self._ring.get(key_id)
            except KeyErased as error:
                found[name] = error
            except KeyUnknown as error:
                # Anyone may send a payload with an invented key. But where no key of the owner is known, the store is the
                # wrong one, and nothing may be taken for unreadable that another process can read.
                if not self._ring.epochs(key_id.owner):
                    raise KeysUnavailable(str(error)) from None
                found[name] = error
        return found

    def _key_id(self, name: bytes) -> KeyId | None:
        try:
            key_id = _parsed(name)
        except ValueError:
            return None
        return key_id if may_hold(self._workflow_id, key_id.owner) else None

    # ---- one payload

    def _sealed(self, key: DataKey, payload: Payload) -> Payload:
        packed = payload.metadata.get(ENCODING) == _PACKED
        data = seal(key, payload.SerializeToString(), self._context, compress=not packed)
        return _made(SEALED, key.name, data)

    def _opened(self, payload: Payload, found: Found) -> Payload:
        name = _name(payload)
        key = found.get(name)
        if isinstance(key, KeyErased):
            return _made(ERASED, name)
        if isinstance(key, DataKey):
            try:
                return Payload.FromString(unseal(key, payload.data, self._context))
            except SealBroken:
                pass
        return _made(BROKEN, name)


@lru_cache(maxsize=COPIES)
def _parsed(name: bytes) -> KeyId:
    """Read a key's name. Raises ValueError for any other bytes, of which none are remembered."""
    return KeyId.parse(name.decode())


def _made(encoding: bytes, name: bytes, data: bytes = b"") -> Payload:
    """Return a payload. Set one by one, its metadata take a fifth of the time that they take as a mapping."""
    made = Payload(data=data)
    metadata = made.metadata
    metadata[ENCODING] = encoding
    metadata[KEY] = name
    return made


def _is_open(payload: Payload) -> bool:
    return payload.metadata.get(ENCODING) not in _NOT_SEALED


def _is_sealed(payload: Payload) -> bool:
    return payload.metadata.get(ENCODING) == SEALED


def _name(payload: Payload) -> bytes:
    return payload.metadata.get(KEY, b"")


class LeadDataConverter(DataConverter):
    """A data converter of which only the codec uses a context.

    The SDK asks for one with another context several times in each task and each activity, and would make all parts anew.
    So the copies for the newest workflows are kept. They hold no keys.
    """

    def with_context(self, context: SerializationContext) -> Self:
        if self.payload_codec is None:
            return self
        if not isinstance(self.payload_codec, SealingCodec):
            return super().with_context(context)
        place = getattr(context, "namespace", None), getattr(context, "workflow_id", None)
        copies: dict[object, Self] = vars(self).setdefault("copies", {})
        if (copy := copies.get(place)) is None:
            if len(copies) >= COPIES:
                copies.clear()
            copy = copies[place] = object.__new__(type(self))
            vars(copy).update(vars(self), payload_codec=self.payload_codec.with_context(context))
        return copy


def data_converter(converter: type[PayloadConverter], codec: SealingCodec | None) -> DataConverter:
    """Return the data converter with this codec. With it, failures are sealed, too."""
    if codec is None:
        return LeadDataConverter(payload_converter_class=converter)
    if not codec.seals:
        return LeadDataConverter(payload_converter_class=converter, payload_codec=codec)
    return LeadDataConverter(
        payload_converter_class=converter,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def codec_of(client: Client) -> SealingCodec | None:
    """Return the codec with which a client seals, or None if it does not."""
    codec = client.data_converter.payload_codec
    return codec if isinstance(codec, SealingCodec) else None


def converter_for(client: Client, workflow_id: str) -> DataConverter:
    """Return the client's data converter for what is sent to this workflow."""
    return client.data_converter.with_context(WorkflowSerializationContext(client.namespace, workflow_id))


async def open_history(client: Client, history: WorkflowHistory) -> WorkflowHistory:
    """Open all payloads of a history that was fetched, in place, and return it.

    Raises KeysUnavailable while the key store is away. What was erased stays in place as erased.
    """
    if codec := codec_of(client):
        codec = codec.with_context(WorkflowSerializationContext(client.namespace, history.workflow_id))
        await codec.open_in_place([payload for event in history.events for payload in payloads_in(event)])
        for event in history.events:
            attributes = getattr(event, event.WhichOneof("attributes") or "user_metadata")
            if "failure" in attributes.DESCRIPTOR.fields_by_name and attributes.HasField("failure"):
                _restore(attributes.failure)
    return history


async def open_failure(client: Client, workflow_id: str, failure: Failure) -> Failure:
    """Open a failure of this workflow in place, with its message, and return it."""
    if codec := codec_of(client):
        codec = codec.with_context(WorkflowSerializationContext(client.namespace, workflow_id))
        await codec.open_in_place(payloads_in(failure))
        _restore(failure)
    return failure


def _restore(failure: Failure) -> None:
    """Put the message and the stack trace back where they were before the failure was sealed, as far as it was opened."""
    if failure.HasField("encoded_attributes"):
        kept = _CONVERTER.from_payloads([failure.encoded_attributes])[0]
        if isinstance(kept, dict):
            failure.message = str(kept.get("message", ""))
            failure.stack_trace = str(kept.get("stack_trace", ""))
        elif isinstance(kept, Unreadable):
            failure.message = kept.came
    if failure.HasField("cause"):
        _restore(failure.cause)
