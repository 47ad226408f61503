"""Reads stored events. It imports every kind of fact, so that each is known when an event is read."""

from collections.abc import Mapping
from typing import Any

from process.core.events import Event
from process.deadlines import schedule
from process.decisions import registry
from process.duplicates import observations as duplicates
from process.effects import observations

SOURCES = (registry, schedule, observations, duplicates)
"""The modules whose import makes all kinds of facts known."""


def read_event(stored: Mapping[str, Any]) -> Event:
    """Return the event, of the kind that its JSON names. An unknown kind is kept whole and changes nothing."""
    return Event.model_validate(stored)
