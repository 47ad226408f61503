"""Short questions about the events of a lead in tests."""

from typing import Any

from process.lead.lead import Lead
from tests.support.lives import Life

PROGRESS = {"last_seq", "progressed_at", "stale_on"}
"""Fields of a lead that every decision changes, also a correction."""


def without_progress(lead: Lead) -> dict[str, Any]:
    """Return the lead's fields, except those that every decision changes."""
    return lead.model_dump(exclude=PROGRESS)


def last_seq(life: Life, kind: str = "") -> int:
    """Return the number of the last event, or of the last one of a kind."""
    return next(
        event.seq for event in reversed(life.aggregate.event_log.events) if not kind or event.kind == kind
    )


def moments(life: Life, kind: str) -> list[str]:
    """Return the times (UTC) of all events of a kind."""
    return [f"{event.at:%Y-%m-%dT%H:%M}" for event in life.aggregate.event_log.events if event.kind == kind]
