"""Global node ids, made as GitHub makes them: a type prefix, then MessagePack of the numbers, base64url."""

import base64
import binascii
import struct

_UINT32 = 0xCE
_FIXARRAY = 0x90


def node_id(prefix: str, *numbers: int) -> str:
    """The global id of the thing with these numbers (owner first, its own database id last)."""
    packed = bytes([_FIXARRAY + len(numbers) + 1, 0])
    for number in numbers:
        packed += struct.pack(">BI", _UINT32, number)
    return f"{prefix}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def numbers_of(global_id: str, prefix: str) -> tuple[int, ...] | None:
    """The numbers inside a global id of this type; None if it is of another type or malformed."""
    found, _, encoded = global_id.partition("_")
    if found != prefix:
        return None
    try:
        packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        numbers = tuple(number for _, number in struct.iter_unpack(">BI", packed[2:]))
    except (binascii.Error, struct.error):
        return None
    return numbers if numbers and node_id(prefix, *numbers) == global_id else None
