"""Packs everything about a lead into few bytes: to hand it to a new run, and to keep it while nobody asks for it."""

import zlib

from process.core.aggregate import LeadAggregate

MAX_UNPACKED = 32_000_000
"""Bytes of a lead as JSON. Its events take 1.2 MB at most, and its state repeats each text of them a few times."""


def pack(aggregate: LeadAggregate, level: int = zlib.Z_DEFAULT_COMPRESSION) -> bytes:
    """Return the aggregate as JSON, compressed at this level."""
    return zlib.compress(aggregate.model_dump_json().encode(), level)


def unpack(packed: bytes) -> LeadAggregate:
    """Return the packed aggregate.

    Raises ValueError if the bytes are damaged, or come from code whose aggregates this code cannot read.
    """
    try:
        decompressor = zlib.decompressobj()
        stored = decompressor.decompress(packed, MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"the packed lead is damaged: {error}") from None
    if not decompressor.eof:
        raise ValueError("the packed lead is damaged: it is not whole, or larger than any lead")
    return LeadAggregate.model_validate_json(stored)
