"""Packs everything about a lead into few bytes: to hand it to a new run, and to keep it while nobody asks for it."""

import zlib

from process.core.aggregate import LeadAggregate


def pack(aggregate: LeadAggregate, level: int = zlib.Z_DEFAULT_COMPRESSION) -> bytes:
    """Return the aggregate as JSON, compressed at this level."""
    return zlib.compress(aggregate.model_dump_json().encode(), level)


def unpack(packed: bytes) -> LeadAggregate:
    """Return the packed aggregate.

    Raises ValueError if the bytes are damaged, or come from code whose aggregates this code cannot read.
    """
    try:
        stored = zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError(f"the packed lead is damaged: {error}") from None
    return LeadAggregate.model_validate_json(stored)
