"""Performs the effects of a lead's outbox, by activities.

The first attempts at all effects that start together are one activity, so that a decision costs few events. An effect that
failed in it goes on alone, as an activity that Temporal retries until it succeeds or fails for good.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, is_cancelled_exception

from process.core import outbox
from process.core.batches import Again, take_results
from process.core.requests import batch_of, request_for
from process.effects import Effect, RecordEvents
from process.effects.requests import PERFORM_EFFECTS, BatchResults, Failure, Outcome
from process.effects.summaries import shortened
from process.views.recording import Recorded, record_request
from workflows.activity_errors import reason_of
from workflows.shell import Shell

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONCE = RetryPolicy(maximum_attempts=1)
ONE_ATTEMPT = timedelta(minutes=2)
"""Timeout of one attempt at an effect."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""

Effects = tuple[Effect, ...]
Result = TypeVar("Result", Outcome, Recorded)


class _Running(NamedTuple):
    """Effects under way."""

    effects: Effects
    task: asyncio.Task[None]
    failed: datetime | None
    """Time from which on at least one attempt has certainly failed; None for a batch, which is a first attempt."""

    def waits(self, now: datetime) -> bool:
        """Return True if only further attempts are made."""
        return self.failed is not None and now >= self.failed


class Performer:
    """The effects under way."""

    def __init__(self, lead: Shell) -> None:
        self._lead = lead
        self._running: list[_Running] = []
        self._first_attempts = 0
        self._alone: set[str] = set()
        """Keys of the effects whose batch died with its worker: one of them may be the cause."""
        self._stopping = False

    @property
    def is_idle(self) -> bool:
        """True if nothing is under way."""
        return not self._running

    @property
    def is_quiet(self) -> bool:
        """True if effects under way, if any, wait for a further attempt. It can as well be made by the next run."""
        return all(each.waits(self._lead.now) for each in self._running)

    @property
    def is_trying(self) -> bool:
        """True if first attempts are under way, so that news will come within minutes."""
        return self._first_attempts > 0

    def collect_finished(self) -> None:
        """Forget finished tasks. A failure that is not the activity's is a bug, and fails the workflow task."""
        finished = [each.task for each in self._running if each.task.done()]
        self._running = [each for each in self._running if not each.task.done()]
        for task in finished:
            task.result()

    def call_off(self) -> None:
        """Stop retrying effects whose decision was corrected. An attempt under way ends by itself, and counts."""
        for effects, task, _ in self._running:
            called_off = (outbox.is_called_off(self._lead.aggregate.outbox, effect) for effect in effects)
            if all(called_off) and not task.cancelling():
                task.cancel()

    def start(self) -> None:
        """Start all effects that can start: together, except those that go alone."""
        aggregate = self._lead.aggregate
        self._alone &= {item.effect.key for item in aggregate.outbox}
        busy = {effect.queue for each in self._running for effect in each.effects}
        together: list[Effect] = []
        for effect in aggregate.startable(frozenset(busy)):
            if effect.queue in busy or not outbox.may_start(effect, aggregate.lead, together):
                continue
            if not effect.alone and effect.key not in self._alone:
                together.append(effect)
            elif effect.ready(aggregate.lead):
                busy.add(effect.queue)
                self._run((effect,), self._perform(effect), self._lead.now + ONE_ATTEMPT)
        if together:
            self._first_attempts += 1
            self._run(tuple(together), self._perform_together(tuple(together)))

    async def stop(self) -> None:
        """Stop retrying, and wait for the attempts under way. What is not done then is performed again in the next run."""
        tasks = [each.task for each in self._running if not each.task.done()]
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        self._stopping = True
        try:
            if tasks:
                await workflow.wait(tasks)
        finally:
            self._stopping = False

    def _run(
        self, effects: Effects, performing: Coroutine[None, None, None], failed: datetime | None = None
    ) -> None:
        self._running.append(_Running(effects, asyncio.create_task(performing), failed))

    async def _perform_together(self, effects: Effects) -> None:
        batch = batch_of(self._lead.aggregate, effects, self._lead.now)
        self._lead.aggregate = self._lead.aggregate.trying(effects)
        try:
            results: BatchResults = await workflow.execute_activity(
                PERFORM_EFFECTS,
                batch,
                result_type=BatchResults,
                start_to_close_timeout=ONE_ATTEMPT * len(effects),
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=ONCE,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=batch.summary(),
            )
        except ActivityError as error:
            if not _was_called_off(error):
                self._alone |= {effect.key for effect in effects}
        else:
            others = {
                effect.queue
                for each in self._running
                if each.effects is not effects
                for effect in each.effects
            }
            aggregate, again = take_results(
                self._lead.aggregate, effects, results.results, self._lead.now, busy=others
            )
            self._lead.change(aggregate)
            self._go_on_alone(again)
        finally:
            self._first_attempts -= 1
            self._lead.wake()

    def _go_on_alone(self, failed: Sequence[Again]) -> None:
        if self._stopping:
            return  # the new run begins with them
        waiting = {item.effect.key for item in self._lead.aggregate.outbox if item.status == "waiting"}
        for effect, failure in failed:
            if effect.key in waiting:
                self._run((effect,), self._perform(effect, failure), self._lead.now)

    async def _perform(self, effect: Effect, failure: Failure | None = None) -> None:
        """Perform one effect as one activity, and record its observation or park it."""
        try:
            if failure and failure.delay:
                await workflow.sleep(
                    failure.delay, summary=shortened(f"Try again after this: {failure.reason}")
                )
            outcome = await self._outcome(effect)
        except ActivityError as error:
            if not _was_called_off(error):
                self._lead.change(self._lead.aggregate.park(effect, reason_of(error), self._lead.now))
        except asyncio.CancelledError:
            pass  # called off while it waited for its next attempt
        else:
            self._lead.change(self._lead.aggregate.done(effect, outcome, self._lead.now))
        finally:
            self._lead.wake()

    async def _outcome(self, effect: Effect) -> Outcome:
        self._lead.aggregate = self._lead.aggregate.trying([effect])
        aggregate, now = self._lead.aggregate, self._lead.now
        if isinstance(effect, RecordEvents):
            request = record_request(aggregate, aggregate.in_ledger, now)
            recorded = await _activity(effect, request, Recorded)
            known = self._lead.aggregate.recorded(recorded.seq, request.after)
            self._lead.change(known.replaced(keys=recorded.keys, digests=recorded.digests))
            return Outcome()
        return await _activity(effect, request_for(aggregate, effect, now), Outcome)


async def _activity(effect: Effect, request: object, result_type: type[Result]) -> Result:
    result: Result = await workflow.execute_activity(
        effect.kind,
        request,
        result_type=result_type,
        start_to_close_timeout=ONE_ATTEMPT,
        heartbeat_timeout=HEARTBEAT_TIMEOUT,
        retry_policy=RETRIES,
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=shortened(effect.summary()),
    )
    return result


def _was_called_off(error: ActivityError) -> bool:
    """Return True if the effect failed only because it was cancelled, perhaps after a passing fault."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        return False
    return is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED
