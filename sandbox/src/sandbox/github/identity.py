"""Node ids in GitHub's format: a type prefix, then the numbers as MessagePack in base64url."""

import base64
import binascii
import struct

_UINT32 = 0xCE
_FIXARRAY = 0x90


def node_id(prefix: str, *numbers: int) -> str:
    """Return the node id of an object with these numbers: its owner's first, its own database id last."""
    packed = bytes([_FIXARRAY + len(numbers) + 1, 0])
    for number in numbers:
        packed += struct.pack(">BI", _UINT32, number)
    return f"{prefix}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def numbers_of(global_id: str, prefix: str) -> tuple[int, ...] | None:
    """Return the numbers in a node id of this type; None if it has another type or is malformed."""
    found, _, encoded = global_id.partition("_")
    if found != prefix:
        return None
    try:
        packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        numbers = tuple(number for _, number in struct.iter_unpack(">BI", packed[2:]))
    except (binascii.Error, struct.error):
        return None
    return numbers if numbers and node_id(prefix, *numbers) == global_id else None
