"""The decisions by kind, in the order of the process."""

from process.decisions import (
    billing,
    contracting,
    correcting,
    discounts,
    merging,
    opening,
    policy,
    qualifying,
    quote_outcomes,
    quoting,
    serving,
    waiting,
)
from process.decisions.base import Decision
from process.decisions.opening import LeadOpened

_IN_ORDER = (
    opening,
    merging,
    qualifying,
    quoting,
    quote_outcomes,
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
    if decision.__module__ == module.__name__ and decision is not LeadOpened
}
"""Kind → class, in the order of the process. `LeadOpened` is missing, because it starts a lead."""
