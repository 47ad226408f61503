"""Counts the decisions of leads, for the worker's metrics. A replay counts nothing again."""

from temporalio import workflow

from process.decisions.registry import DECISIONS

TAKEN = "leads_decisions_taken"
REFUSED = "leads_decisions_refused"


def count_decision(kind: str, *, accepted: bool) -> None:
    """Count a decision that was taken or refused, by its kind."""
    if not accepted:
        workflow.logger.info("decision refused", extra={"decision": kind})
    known = kind if kind in DECISIONS else "unknown"
    counter = workflow.metric_meter().create_counter(TAKEN if accepted else REFUSED)
    counter.add(1, {"decision": known})
