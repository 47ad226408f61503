"""The encodings of payloads that are sealed, and of those that cannot be opened."""

from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import EncodingPayloadConverter

from keys.errors import KeyErased, KeysUnavailable, SealBroken
from process.personal import ERASED as ERASED_TEXT
from process.types import Unreadable

ENCODING: Final = "encoding"
KEY: Final = "key"
SEALED: Final = b"binary/sealed"
ERASED: Final = b"binary/erased"
"""Stands for a payload whose key was destroyed."""
BROKEN: Final = b"binary/broken"
"""Stands for a payload that was changed, or that was sealed elsewhere."""

NO_KEYS: Final = "This is sealed, and this process has no keys (LEADS_KEYS__MASTER_KEY)."


class _Reader(EncodingPayloadConverter):
    """Reads payloads with one of these encodings. None is made here: the codec does."""

    encoding_: bytes

    @property
    def encoding(self) -> str:
        return self.encoding_.decode()

    def to_payload(self, value: Any) -> Payload | None:
        return None


class SealedConverter(_Reader):
    """Refuses payloads that are still sealed: this process has no keys. Another one has, so nothing is decided here."""

    encoding_ = SEALED

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        raise KeysUnavailable(NO_KEYS)


class ErasedConverter(_Reader):
    """Reads what was erased as a text, or as unreadable. Where another type is awaited, it raises KeyErased."""

    encoding_ = ERASED

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        if type_hint is str:
            return ERASED_TEXT
        if type_hint in (None, Any, object):
            return Unreadable(ERASED_TEXT)
        raise KeyErased(payload.metadata[KEY].decode(errors="replace"))


class BrokenConverter(_Reader):
    """Reads what cannot be opened as unreadable. Where a type is awaited, it raises SealBroken."""

    encoding_ = BROKEN

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        if type_hint in (None, Any, object):
            return Unreadable()
        raise SealBroken(payload.metadata[KEY].decode(errors="replace"))


CONVERTERS: Final = {
    each.encoding_: each for each in (SealedConverter(), ErasedConverter(), BrokenConverter())
}
