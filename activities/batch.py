"""Activity that performs the effects that start together, one after the other."""

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.counting import count_effect, outcome_of
from activities.performs import Performer
from process.core.batches import BatchRun
from process.effects.requests import (
    PERFORM_EFFECTS,
    Batch,
    BatchItem,
    BatchResult,
    BatchResults,
    Failure,
)
from process.lead.lead import Lead

_log = structlog.get_logger("activities")


class BatchActivities:
    """Performs batches with the activities of the single effects, by kind."""

    def __init__(self, performers: Mapping[str, Performer]) -> None:
        self._performers = performers

    @activity.defn(name=PERFORM_EFFECTS, no_thread_cancel_exception=True)
    def perform_effects(self, batch: Batch) -> BatchResults:
        """Perform the effects in order. A failure of one is its own result, and the others go on.

        Each effect is given the lead as the effects before it have made it. Once the batch is cancelled, no further one
        is begun.
        """
        run = BatchRun(batch)
        for item in run:
            if activity.is_cancelled():
                break
            run.take(item.effect, self._perform(item, run.lead), datetime.now(UTC))
        return run.results()

    def _perform(self, item: BatchItem, lead: Lead) -> BatchResult:
        effect = item.effect
        try:
            outcome = self._performers[effect.kind](item.request(lead))
        except Exception as error:
            failure = failure_of(error)
            _log.warning("effect failed", lead=lead.id, kind=effect.kind, error=type(error).__name__)
            count_effect(effect.kind, outcome_of(error))
            return BatchResult(key=effect.key, failure=failure)
        _log.info("effect done", lead=lead.id, kind=effect.kind)
        count_effect(effect.kind, "done")
        return BatchResult(key=effect.key, outcome=outcome)


def failure_of(error: Exception) -> Failure:
    """Return the failure for an error of an effect's activity, as Temporal would have understood it."""
    if isinstance(error, ApplicationError):
        delay = error.next_retry_delay
        return Failure(
            reason=error.message,
            for_good=error.non_retryable,
            delay=delay.total_seconds() if delay else None,
        )
    return Failure(reason=type(error).__name__, for_good=False)
