"""The size of what a workflow reads from outside: it is checked before anything of it is parsed.

Anyone who reaches Temporal may send a signal, an update, a query or a start of up to 2 MiB. Parsed in a workflow's task it
would take seconds, the task would be taken for a deadlock, and it would come again with the next attempt, for ever.
"""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload

from process.types import Unreadable
from workflows.runtime.sealed import SEALED

MAX_MESSAGE_BYTES = 128_000
"""Bytes of JSON in one message. The largest that people send, all texts of a decision at their full length, has 100,000."""
MAX_ARGUMENTS = 200
"""Arguments of one message. Notices of changes come a hundred at a time."""

_PARSED = frozenset({b"json/plain"})
_TAKEN_AS_IT_IS = frozenset({b"binary/null", b"binary/plain"})
"""Encodings of nothing, and of bytes such as a packed lead, which are not parsed here."""
_KNOWN = _PARSED | _TAKEN_AS_IT_IS | {SEALED}


def too_large(payloads: Sequence[Payload]) -> Unreadable | None:
    """Return what stands for the arguments of a message that is not parsed, or None if it is."""
    if len(payloads) > MAX_ARGUMENTS:
        return Unreadable(f"a message of {len(payloads)} parts", f"Send at most {MAX_ARGUMENTS}")
    size = sum(len(each.data) for each in payloads if each.metadata.get("encoding") not in _TAKEN_AS_IT_IS)
    if size > MAX_MESSAGE_BYTES:
        return Unreadable(f"a message of {size // 1000} kB", f"Send at most {MAX_MESSAGE_BYTES // 1000} kB")
    return None


def is_foreign(payload: Payload) -> bool:
    """Return True for an encoding that no message to a workflow has. One that is still sealed is left to the converter."""
    return payload.metadata.get("encoding") not in _KNOWN
