"""Writes a lead's new events and its row to the ledger, within the workflow task in which they became true."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

from process.core.events import Event, Observation
from process.effects import RecordEvents
from process.views.recording import Recorded, record_request, record_summary
from workflows.runtime.handover import hand_over
from workflows.shell import Shell

LIMIT = timedelta(seconds=2)
"""Time for the ledger to answer. It is short, because the task and its answers wait, and so that no task ends before: a
replay would then write for real."""


class Recorder:
    """Writes by a local activity, which costs no task of its own. If it fails, an effect takes over, with retries."""

    def __init__(self, lead: Shell) -> None:
        self._lead = lead
        self._task: asyncio.Task[None] | None = None
        self._row: object = None
        """The values from which the newest row was made."""
        self._final = lead.aggregate.in_ledger
        self._task_length = 0
        self._is_asked_again = False
        """True if there may be something else to write when the present writing has ended."""

    @property
    def is_idle(self) -> bool:
        """True if nothing is being written."""
        return self._task is None or self._task.done()

    @property
    def knows_keys(self) -> bool:
        """True if the lead has heard which keys are the service's, or cannot now, because the ledger is away."""
        return self._lead.aggregate.keys is not None or self.is_away

    @property
    def is_away(self) -> bool:
        """True if the ledger did not answer, so that an effect waits to write the events."""
        return any(isinstance(item.effect, RecordEvents) for item in self._lead.aggregate.outbox)

    def has(self, seq: int | None) -> bool:
        """Return True if the ledger has the event. None stands for no event."""
        return seq is None or self._lead.aggregate.in_ledger >= seq

    def may_answer(self, seq: int | None) -> bool:
        """Return True if the event need not be waited for: the ledger has it, or is away."""
        return self.has(seq) or self.is_away

    def start(self, wake_up: datetime | None, *, more_follows: bool) -> None:
        """Write what is new, unless something is being written. `wake_up` is the moment until which the row is right.

        If more follows, what effects brought back waits for it, unless the lead has yet to learn the service's keys.
        """
        self._collect_finished()
        self._note_final()
        aggregate = self._lead.aggregate
        parked = tuple(item.effect.key for item in aggregate.parked)
        row = aggregate.lead.last_seq, parked, aggregate.refused_total, wake_up
        self._is_asked_again = self._task is not None
        if self._task or self.is_away or not (aggregate.unrecorded or self._row != row):
            return
        if (
            not more_follows
            or aggregate.keys is None
            or any(not isinstance(event.fact, Observation) for event in self._unrecorded())
        ):
            self._row = row
            self._task = asyncio.create_task(self._record())

    def _collect_finished(self) -> None:
        """Forget a finished writing. A failure that is not the activity's is a bug, and fails the workflow task."""
        if self._task and self._task.done():
            finished, self._task = self._task, None
            finished.result()

    def _unrecorded(self) -> Sequence[Event]:
        return self._lead.aggregate.event_log.events[self._lead.aggregate.in_ledger :]

    def _note_final(self) -> None:
        """Note what an earlier task has recorded. This one may be lost, and be done again with other events."""
        length = workflow.info().get_current_history_length()
        if length != self._task_length:
            self._task_length, self._final = length, self._lead.aggregate.in_ledger

    async def _record(self) -> None:
        aggregate = self._lead.aggregate
        after = min(self._final, aggregate.in_ledger)
        request = partial(record_request, aggregate, after, self._lead.now)
        caught_up = False
        try:
            recorded: Recorded = await workflow.execute_local_activity(
                RecordEvents.kind,
                hand_over(request),
                result_type=Recorded,
                start_to_close_timeout=LIMIT,
                schedule_to_close_timeout=LIMIT,
                retry_policy=RetryPolicy(maximum_attempts=1),
                summary=record_summary(aggregate, after),
            )
        except FailureError:  # a local activity that timed out raises TimeoutError, which is no ActivityError
            self._lead.change(self._lead.aggregate.record_later())
        else:
            aggregate = self._lead.aggregate.recorded(recorded.seq, after)
            self._lead.aggregate = aggregate.replaced(keys=recorded.keys, digests=recorded.digests)
            caught_up = not (self._is_asked_again or self._lead.aggregate.unrecorded)
        finally:
            # once all is written nothing follows from it, and the lead need not look at everything again
            if not caught_up:
                self._lead.wake()
