"""Finds all payloads in a message of Temporal, whatever its kind, by the description of its fields."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload

_PAYLOAD: Final = Payload.DESCRIPTOR.full_name
_LEFT_OUT: Final = frozenset({"temporal.api.common.v1.SearchAttributes", "temporal.api.common.v1.Header"})
"""Messages in which the server, or nobody, reads the payloads."""
_NOT_WALKED: Final = frozenset({"headers", "search_attributes"})
"""Fields that hold such payloads themselves, in some messages."""


class _Field(NamedTuple):
    many: bool
    mapped: bool
    message: Descriptor | None
    """None if the field holds payloads themselves."""


def payloads_in(message: Message) -> Iterator[Any]:
    """Yield each payload in the message, without those of search attributes and headers."""
    return _walk(message, message.DESCRIPTOR)


def _walk(message: Any, descriptor: Any) -> Iterator[Any]:
    fields = _fields(descriptor)
    for field, value in message.ListFields():  # those that are set, which are few of them
        if (found := fields.get(field.number)) is None:
            continue
        if not found.many:
            values = (value,)
        else:
            values = value.values() if found.mapped else value
        for each in values:
            if found.message is None:
                yield each
            else:
                yield from _walk(each, found.message)


@cache
def _fields(descriptor: Descriptor) -> dict[int, _Field]:
    """Return the fields of a message that hold payloads, or messages with such, by number."""
    found = {}
    for field in descriptor.fields:
        inner = _inner(field)
        if inner is None or field.name in _NOT_WALKED or not _reaches(inner):
            continue
        message = None if inner.full_name == _PAYLOAD else inner
        found[field.number] = _Field(field.is_repeated, _is_map(field), message)
    return found


@cache
def _reaches(descriptor: Descriptor) -> bool:
    """Return True if a message of this kind can hold a payload."""
    seen, waiting = set[str](), [descriptor]
    while waiting:
        each = waiting.pop()
        if each.full_name == _PAYLOAD:
            return True
        if each.full_name in seen or each.full_name in _LEFT_OUT:
            continue
        seen.add(each.full_name)
        waiting.extend(
            inner
            for field in each.fields
            if field.name not in _NOT_WALKED and (inner := _inner(field)) is not None
        )
    return False


def _inner(field: FieldDescriptor) -> Descriptor | None:
    """Return the kind of message that the field holds, for a map that of its values; None for a scalar."""
    if field.message_type is None:
        return None
    return field.message_type.fields_by_name["value"].message_type if _is_map(field) else field.message_type


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
