"""Wherever a payload stands in what a worker gets, sends or reads, it is found; so none stays in clear by mistake."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from workflows.runtime.walking import payloads_in

NOT_OURS = {"headers", "header", "search_attributes", "indexed_fields"}
"""Fields whose payloads the server reads, or nobody."""

Path = tuple[str, ...]


def paths(descriptor: Any, above: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the way to each field with payloads, a kind within itself left out."""
    if descriptor.full_name in above:
        return
    for field in descriptor.fields:
        if field.message_type is None or field.name in NOT_OURS:
            continue
        inner = field.message_type
        if inner.GetOptions().map_entry:
            inner = inner.fields_by_name["value"].message_type
        if inner is None:
            continue
        if inner.full_name == Payload.DESCRIPTOR.full_name:
            yield (field.name,)
        else:
            for rest in paths(inner, (*above, descriptor.full_name)):
                yield (field.name, *rest)


def with_payload(message: Any, path: Path) -> Any:
    """Put a payload there, and return it."""
    for name in path:
        field = message.DESCRIPTOR.fields_by_name[name]
        here = getattr(message, name)
        if field.message_type.GetOptions().map_entry:
            message = here["key"]
        elif field.is_repeated:
            message = here.add()
        else:
            message = here
    message.data = b"here"
    return message


@pytest.mark.parametrize("kind", [WorkflowActivation, WorkflowActivationCompletion, HistoryEvent, Failure])
def test_a_payload_is_found_in_every_field(kind: type[Message]) -> None:
    ways = list(paths(kind.DESCRIPTOR))
    assert len(ways) >= 5
    for path in ways:
        message = kind()
        with_payload(message, path)
        found = payloads_in(message)
        assert [payload.data for payload in found] == [b"here"], path
        found[0].data = b"changed"
        assert payloads_in(message)[0].data == b"changed", path


def test_what_the_server_reads_is_left_out() -> None:
    event = HistoryEvent()
    started = event.workflow_execution_started_event_attributes
    started.header.fields["name"].data = b"not ours"
    started.search_attributes.indexed_fields["LeadStage"].data = b"not ours"
    assert payloads_in(event) == []
