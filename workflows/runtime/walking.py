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
    name: str
    many: bool
    mapped: bool
    message: Descriptor | None
    """None if the field holds payloads themselves."""


def payloads_in(message: Message) -> Iterator[Any]:
    """Yield each payload in the message, without those of search attributes and headers."""
    return _walk(message, message.DESCRIPTOR)


def _walk(message: Any, descriptor: Any) -> Iterator[Any]:
    for name, many, mapped, inner in _fields(descriptor):
        if not many:
            if message.HasField(name):
                value = getattr(message, name)
                if inner is None:
                    yield value
                else:
                    yield from _walk(value, inner)
            continue
        values = getattr(message, name)
        for value in values.values() if mapped else values:
            if inner is None:
                yield value
            else:
                yield from _walk(value, inner)


@cache
def _fields(descriptor: Descriptor) -> tuple[_Field, ...]:
    """Return the fields of a message that hold payloads, or messages with such."""
    found = []
    for field in descriptor.fields:
        inner = _inner(field)
        if inner is None or field.name in _NOT_WALKED or not _reaches(inner):
            continue
        found.append(
            _Field(
                field.name, field.is_repeated, _is_map(field), None if inner.full_name == _PAYLOAD else inner
            )
        )
    return tuple(found)


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
