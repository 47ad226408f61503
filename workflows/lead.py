"""The workflow of one lead, from first contact to a running hub and its end: a thin shell over time around the process.

It is the single writer of its lead and holds no rule of its own. Handlers only decide (`process.core`). One loop performs
the planned effects, waits for the next decision or the next date, and continues as new before its history grows too long.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from process.behaviour import CHANGES
    from process.core import inbox, intake, outbox
    from process.core.aggregate import LeadAggregate
    from process.core.due import next_wake_up, pass_deadlines, wake_up_reason
    from process.core.preview import preview_decision
    from process.core.receipts import Answer, Refusal
    from process.core.refusal import Refused, refuse, suggest
    from process.core.requests import request_for
    from process.core.swap import Swapped
    from process.decisions.opening import LeadOpened
    from process.effects import Effect
    from process.effects.requests import Outcome
    from process.lead.duplicate_links import DuplicateLink
    from process.views.agenda import AgendaItem, agenda
    from process.views.overview import Option, Overview, TimelineLine, options, overview, timeline
    from workflows import search_attributes
    from workflows.activity_errors import reason_of
    from workflows.details import details
    from workflows.handlers import failure, handles_messages
    from workflows.start import memo_of, read_start, run_state

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=2)
"""Timeout of one attempt at an effect."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""
DEBOUNCE = timedelta(minutes=1)
"""Deferred effects wait at most this long for the observations of effects under way."""
NOT_CANCELLED = refuse(
    "A lead is not cancelled",
    suggest("Record it as lost", "lost"),
    "Or terminate its workflow if it must vanish",
)
NO_LEAD = LeadOpened(org="—", person="—", title="—")
"""Stands in for a lead that could not start, so that its handlers have something to answer from."""


@workflow.defn
@handles_messages
class LeadWorkflow:
    """A lead: lead → quoted → contracted → hub."""

    aggregate = Swapped()

    @workflow.init
    def __init__(self, *start: Any) -> None:
        begun = read_start(start, continued=workflow.info().continued_run_id is not None)
        self.refused = begun if isinstance(begun, Refused) else None
        if isinstance(begun, Refused):
            begun = NO_LEAD
        changes = tuple(change for change in CHANGES if workflow.patched(change))
        if isinstance(begun, LeadAggregate):
            self.aggregate = begun.adopt(changes, workflow.now())
        else:
            opened = begun.replaced(changes=changes)
            self.aggregate = LeadAggregate.open(workflow.info().workflow_id, opened, workflow.now())
        self.running: dict[str, tuple[Effect, asyncio.Task[None]]] = {}
        self.timer: tuple[datetime, asyncio.Task[None]] | None = None
        self.debounce: asyncio.Task[None] | None = None
        self.debounced = False
        self.attributes: dict[SearchAttributeKey[Any], Any] = {}
        self.memo: dict[str, str] = {name: str(value) for name, value in workflow.memo().items()}
        self.published: tuple[LeadAggregate, date] | None = None
        self.adopting = False
        self.changed = True

    @workflow.run
    async def run(self, *start: Any) -> str:
        """Run until the lead is archived, and return its last stage and event.

        Raises ApplicationError (type Refused) if the input starts no lead.
        """
        if self.refused:
            raise failure(self.refused)
        while True:
            try:
                return await self._live()
            except asyncio.CancelledError:
                # a lead ends by a decision, so a request to cancel its workflow is refused like one
                refusal = Refusal.of("cancel", NOT_CANCELLED, workflow.now())
                self._change(self.aggregate.refuse(refusal))

    async def _live(self) -> str:
        while True:
            self.changed = False
            self._collect_finished_effects()
            self._change(pass_deadlines(self.aggregate, workflow.now()))
            self._call_off_effects()
            self._start_effects()
            self._set_timer()
            self._publish()
            if self.aggregate.lead.archived and not self.running and not self.aggregate.parked:
                break
            await workflow.wait_condition(lambda: self.changed or self.adopting)
            if self.adopting or workflow.info().is_continue_as_new_suggested():
                await self._continue_as_new()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return f"{self.aggregate.lead.stage}: {self.aggregate.event_log.events[-1].summary}"

    # ---- messages (workflows/handlers.py)

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer:
        """Take, refuse or recognise as a repeat a decision. Never raises."""
        aggregate, answer = intake.take(self.aggregate, kind, args, workflow.now(), source=source)
        self._change(aggregate)
        if not answer.accepted and not answer.repeat:
            workflow.logger.info("decision refused", extra={"decision": kind})
            workflow.metric_meter().create_counter("lead_decisions_refused").add(1)
        return answer

    @workflow.signal(dynamic=True)
    def unknown_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Record a signal of an unknown name as refused."""
        self.take(name, (), "signal")

    @workflow.update(dynamic=True)
    def unknown_update(self, name: str, args: Sequence[RawValue]) -> Answer:
        """Refuse an update of an unknown name."""
        answer = self.take(name, (), "update")
        raise failure(answer.refused or refuse(f"There is no decision {name}"))

    def retry(self, args: tuple[Any, ...]) -> list[str]:
        """Retry parked effects, and return their keys."""
        key = str(args[0]) if args and args[0] is not None else None
        before = {item.effect.key for item in self.aggregate.parked}
        self._change(self.aggregate.retry(key))
        return sorted(before - {item.effect.key for item in self.aggregate.parked})

    def check_drift(self, args: tuple[Any, ...]) -> None:
        """Queue the requested drift checks."""
        self._change(inbox.check_drift(self.aggregate, args, workflow.now()))

    def revert_edits(self, args: tuple[Any, ...]) -> list[str]:
        """Queue effects that revert edits on GitHub, and return their keys."""
        aggregate, keys = inbox.revert_edits(self.aggregate, args, workflow.now())
        self._change(aggregate)
        return list(keys)

    def set_team(self, args: tuple[Any, ...]) -> None:
        """Record the people and addresses that have the roles."""
        self._change(inbox.set_team(self.aggregate, args, workflow.now()))

    def flag_duplicates(self, args: tuple[Any, ...]) -> None:
        """Hold the lead if it matches other leads."""
        self._change(inbox.flag_duplicates(self.aggregate, args, workflow.now()))

    def receive_relation_notice(self, args: tuple[Any, ...]) -> DuplicateLink | Refused:
        """Record the relation that another lead has to this one, and return this lead's link."""
        aggregate, answer = inbox.receive_relation_notice(self.aggregate, args, workflow.now())
        self._change(aggregate)
        return answer

    def adopt(self, args: tuple[Any, ...]) -> None:
        """Continue as new, so that the next run adopts the newest rules."""
        self.adopting = self.changed = True

    def overview(self, args: tuple[Any, ...]) -> Overview:
        """Return everything that a face shows of the lead."""
        return overview(self.aggregate, workflow.now())

    def timeline(self, args: tuple[Any, ...]) -> list[TimelineLine]:
        """Return all events, oldest first."""
        return list(timeline(self.aggregate))

    def options(self, args: tuple[Any, ...]) -> list[Option]:
        """Return every decision with its consequences."""
        return list(options(self.aggregate, workflow.now()))

    def agenda(self, args: tuple[Any, ...]) -> list[AgendaItem]:
        """Return what is to be done at the given moment (ISO 8601), by default now."""
        try:
            now = datetime.fromisoformat(args[0]).astimezone(UTC)
        except (IndexError, TypeError, ValueError):
            now = workflow.now()
        return list(agenda(self.aggregate, now))

    def preview(self, args: tuple[Any, ...]) -> dict[str, Any]:
        """Return the consequences of a decision."""
        kind = args[0] if args and isinstance(args[0], str) else ""
        return preview_decision(self.aggregate, kind, args[1:], workflow.now())._asdict()

    # ---- the shell over time

    def _change(self, aggregate: LeadAggregate) -> None:
        if aggregate is not self.aggregate:
            self.aggregate = aggregate
            self.changed = True

    def _collect_finished_effects(self) -> None:
        """Forget finished tasks. A failure that is not the activity's is a bug, and fails the workflow task."""
        for key, (_, task) in list(self.running.items()):
            if task.done():
                del self.running[key]
                task.result()

    def _call_off_effects(self) -> None:
        """Stop retrying effects whose decision was corrected. An attempt under way ends by itself, and counts."""
        for effect, task in self.running.values():
            if outbox.is_called_off(self.aggregate.outbox, effect) and not task.cancelling():
                task.cancel()

    def _start_effects(self) -> None:
        """Start all startable effects. Deferred ones wait once for the observations of those under way."""
        deferred: list[Effect] = []
        busy = frozenset(effect.queue for effect, _ in self.running.values())
        for effect in self.aggregate.startable(busy):
            if effect.is_deferred(self.aggregate.lead):
                deferred.append(effect)
            else:
                self._start(effect)
        if not deferred:
            return
        if any(effect.may_report for effect, _ in self.running.values()) and not self.debounced:
            # one update for all observations under way keeps the history short
            self.debounce = self.debounce or asyncio.create_task(self._end_debounce())
            return
        for effect in deferred:
            self._start(effect)
        self.debounced = False
        if self.debounce:
            self.debounce.cancel()
            self.debounce = None

    def _start(self, effect: Effect) -> None:
        self.running[effect.key] = effect, asyncio.create_task(self._perform(effect))

    async def _end_debounce(self) -> None:
        """Let deferred effects start although an effect under way is tried again and again."""
        await workflow.sleep(DEBOUNCE, summary="At the latest: bring issue and ledger up to date")
        self.debounce = None
        self.debounced = self.changed = True

    async def _perform(self, effect: Effect) -> None:
        """Perform one effect as one activity, and record its observation or park it."""
        try:
            outcome: Outcome = await workflow.execute_activity(
                effect.kind,
                request_for(self.aggregate, effect, workflow.now()),
                result_type=Outcome,
                start_to_close_timeout=ONE_ATTEMPT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=effect.summary(),
            )
        except ActivityError as error:
            if not _was_called_off(error):
                self._change(self.aggregate.park(effect, reason_of(error), workflow.now()))
        else:
            self._change(self.aggregate.done(effect, outcome, workflow.now()))
        finally:
            self.changed = True

    def _set_timer(self) -> None:
        """Keep one timer, for the next date. It is replaced only if that date moves."""
        when = next_wake_up(self.aggregate.lead, workflow.now())
        if self.timer:
            if self.timer[0] == when:
                return
            self.timer[1].cancel()
            self.timer = None
        if when is not None:
            self.timer = when, asyncio.create_task(self._wake_up(when))

    async def _wake_up(self, when: datetime) -> None:
        reason = wake_up_reason(self.aggregate.lead, when)
        await workflow.sleep(max(when - workflow.now(), timedelta(seconds=1)), summary=reason)
        self.timer = None
        self.changed = True

    async def _continue_as_new(self) -> None:
        """Start a new run with the same aggregate. Effects under way finish, or are performed again there."""
        await self._receive_pending_results()
        tasks = [task for _, task in self.running.values() if not task.done()]
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        if tasks:
            await workflow.wait(tasks)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(args=run_state(self.aggregate))

    async def _receive_pending_results(self) -> None:
        """Let results that have arrived be taken in: the SDK would drop them if their tasks were cancelled now."""
        received = asyncio.Event()
        asyncio.get_running_loop().call_soon(received.set)
        await workflow.wait_condition(received.is_set)  # evaluated only when nothing else is left to run

    def _publish(self) -> None:
        """Update search attributes, memo and details, if they have changed."""
        now = workflow.now()
        lead = self.aggregate.lead
        today = lead.today(now)
        if self.published and self.published[0] is self.aggregate and self.published[1] == today:
            return
        self.published = self.aggregate, today
        attributes = search_attributes.values(self.aggregate, now)
        if changes := search_attributes.changes(self.attributes, attributes):
            workflow.upsert_search_attributes(changes)
            self.attributes = attributes
        memo = memo_of(lead)
        if memo != self.memo:
            workflow.upsert_memo(memo)
            self.memo = memo
        workflow.set_current_details(details(self.aggregate, now))


def _was_called_off(error: ActivityError) -> bool:
    """Return True if the effect failed only because it was cancelled, perhaps after a passing fault."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        return False
    return is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED
