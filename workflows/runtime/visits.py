"""Spares the walks through a workflow's messages on which nothing would be done.

The SDK walks three times through each activation and three times through each completion, payload by payload: for a codec
and for a storage outside of Temporal. It does so without either, too, which takes 5 % of a worker's CPU. And it fails the
task if a payload claims to lie in such a storage: anyone could stop a lead by a signal. Without the walk, such a payload
reaches the converter, and is refused like any other that cannot be read.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from temporalio.bridge import worker as bridge
from temporalio.converter import DataConverter
from temporalio.converter._extstore import StorageOperationMetrics

Walk = Callable[..., Awaitable[StorageOperationMetrics]]


def spare_walks() -> None:
    """Let the workers of this process walk only for converters that have a codec or a storage."""
    for name in ("decode_activation", "encode_completion"):
        walk = getattr(bridge, name)
        if not hasattr(walk, "__wrapped__"):
            setattr(bridge, name, _spared(walk))


def _spared(walk: Walk) -> Walk:
    @wraps(walk)
    async def walk_if_needed(
        message: Any, data_converter: DataConverter, **options: Any
    ) -> StorageOperationMetrics:
        if data_converter.payload_codec or data_converter.external_storage:
            return await walk(message, data_converter, **options)
        return StorageOperationMetrics()

    return walk_if_needed
