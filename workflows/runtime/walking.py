"""Finds all payloads in a message of Temporal, whatever its kind, by the description of its fields."""

from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload

_PAYLOAD: Final = Payload.DESCRIPTOR.full_name
_LEFT_OUT: Final = frozenset({"temporal.api.common.v1.SearchAttributes", "temporal.api.common.v1.Header"})
"""Messages in which the server, or nobody, reads the payloads."""
_NOT_WALKED: Final = frozenset({"headers", "search_attributes"})
"""Fields that hold such payloads themselves, in some messages."""


def payloads_in(message: Message) -> list[Any]:
    """Return each payload in the message, without those of search attributes and headers."""
    found: list[Any] = []
    _way_through(message.DESCRIPTOR).collect(message, found)
    return found


class _Way:
    """The way to the payloads in messages of one kind: the names of the fields that lead to any.

    Each stands beside the way through its own messages, or None if it holds payloads themselves.
    """

    def __init__(self) -> None:
        self.choices: dict[str, dict[str | None, _Way | None]] = {}
        """Fields of which one at most is set, for each such choice."""
        self.single: list[tuple[str, _Way | None]] = []
        self.repeated: list[tuple[str, _Way | None]] = []
        self.mapped: list[tuple[str, _Way | None]] = []

    def collect(self, message: Any, found: list[Any]) -> None:
        """Add the payloads in this message to those found."""
        for choice in self.choices:
            fields = self.choices[choice]
            name = message.WhichOneof(choice)
            if name in fields:
                _add(getattr(message, name), fields[name], found)
        for name, way in self.single:
            if message.HasField(name):
                _add(getattr(message, name), way, found)
        for name, way in self.repeated:
            if way is None:
                found.extend(getattr(message, name))
            else:
                for each in getattr(message, name):
                    way.collect(each, found)
        for name, way in self.mapped:
            for each in getattr(message, name).values():
                _add(each, way, found)


def _add(value: Any, way: _Way | None, found: list[Any]) -> None:
    if way is None:
        found.append(value)
    else:
        way.collect(value, found)


@cache
def _way_through(descriptor: Any) -> _Way:
    return _planned(descriptor, {})


def _planned(descriptor: Any, ways: dict[str, _Way]) -> _Way:
    """Return the way through messages of this kind. `ways`: those begun already, as a failure may hold another one."""
    if descriptor.full_name not in ways:
        way = ways[descriptor.full_name] = _Way()
        for field in descriptor.fields:
            inner = _inner(field)
            if inner is None or field.name in _NOT_WALKED or not _reaches(inner):
                continue
            beyond = None if inner.full_name == _PAYLOAD else _planned(inner, ways)
            if field.containing_oneof is not None:
                way.choices.setdefault(field.containing_oneof.name, {})[field.name] = beyond
            elif not field.is_repeated:
                way.single.append((field.name, beyond))
            else:
                (way.mapped if _is_map(field) else way.repeated).append((field.name, beyond))
    return ways[descriptor.full_name]


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
