"""Reads stored events. It imports every kind of fact, so that each is known when an event is read."""

from collections.abc import Iterable, Mapping
from typing import Any

from process.core.events import Event
from process.deadlines import schedule
from process.decisions import registry
from process.duplicates import observations as duplicates
from process.effects import observations
from process.types import Model

SOURCES = (registry, schedule, observations, duplicates)
"""The modules whose import makes all kinds of facts known."""


def read_event(stored: Mapping[str, Any]) -> Event:
    """Return the event, of the kind that its JSON names. An unknown kind is kept whole and changes nothing."""
    return Event.model_validate(stored)


class StoredEvents(Model):
    """The events of a lead, stored in one piece."""

    events: tuple[Event, ...]


def write_events(events: Iterable[Event]) -> bytes:
    """Return the events as JSON, to be read by `read_events`."""
    return StoredEvents(events=tuple(events)).model_dump_json().encode()


def read_events(stored: bytes) -> tuple[Event, ...]:
    """Return events that were written. Raises ValueError for anything else."""
    return StoredEvents.model_validate_json(stored).events
