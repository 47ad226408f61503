"""Counts the attempts at effects, for the worker's metrics."""

from typing import Literal

from temporalio import activity

EFFECTS = "leads_effects"
Outcome = Literal["done", "failed_for_now", "parked"]


def count_effect(kind: str, outcome: Outcome) -> None:
    """Count an attempt at an effect of this kind, within its activity."""
    activity.metric_meter().create_counter(EFFECTS, "Attempts at effects, by kind and outcome").add(
        1, {"kind": kind, "outcome": outcome}
    )


def outcome_of(error: BaseException) -> Outcome:
    """Return the outcome of an attempt that failed."""
    return "parked" if getattr(error, "non_retryable", False) else "failed_for_now"
