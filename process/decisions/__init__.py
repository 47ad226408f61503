"""The decisions that people take: one class each, in a module per stage."""

from typing import Any

from process.core.refusal import Refused
from process.decisions import (
    billing,
    contracting,
    correcting,
    discounts,
    merging,
    opening,
    parsing,
    policy,
    qualifying,
    quoting,
    serving,
    waiting,
)
from process.decisions.base import Decision
from process.decisions.opening import LeadOpened
from process.decisions.parsing import Unreadable, complaints, parse_as

__all__ = ["DECISIONS", "Decision", "LeadOpened", "Unreadable", "complaints", "parse", "parse_as"]

_IN_ORDER = (
    opening,
    merging,
    qualifying,
    quoting,
    discounts,
    contracting,
    serving,
    billing,
    waiting,
    policy,
    correcting,
)

DECISIONS: dict[str, type[Decision]] = {
    kind: decision
    for module in _IN_ORDER
    for kind, decision in Decision.registry.items()
    if decision.__module__ == module.__name__
    and decision is not LeadOpened
    and not decision.__name__.startswith("_")
}
"""Kind → class, in the order of the process. `LeadOpened` is not among them: it starts a lead."""


def parse(kind: str, args: tuple[Any, ...], *, source: str = "signal") -> Decision | Refused:
    """Return the decision of this kind, or a refusal that shows what to send instead. Never raises."""
    return parsing.parse(DECISIONS, kind, args, source=source)
