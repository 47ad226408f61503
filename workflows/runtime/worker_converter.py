"""The payload converter of workers: it spares work in replays, and reads what is handed over to local activities."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.converter import EncodingPayloadConverter

from process.core.answers import Answer
from process.effects.requests import Batch, EffectRequest
from workflows.runtime.converter import LeadPayloadConverter
from workflows.runtime.handover import HandedOverConverter

SENT = (Answer, Batch, EffectRequest)
"""Payloads that a lead only sends. In a replay it was sent before, and nothing compares it."""


@cache
def _converters() -> Mapping[bytes, EncodingPayloadConverter]:
    handed_over = HandedOverConverter()
    return {**LeadPayloadConverter().converters, handed_over.encoding.encode(): handed_over}


class WorkerPayloadConverter(LeadPayloadConverter):
    """Converts payloads in workers and replayers."""

    def __init__(self) -> None:
        self.converters = _converters()

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        if values and isinstance(values[0], SENT) and _is_replaying():
            values = [None] * len(values)
        return super().to_payloads(values)


def _is_replaying() -> bool:
    return workflow.in_workflow() and workflow.unsafe.is_replaying_history_events()
