"""One lead, from first contact to a running hub and its end: a thin shell over time around the process.

It is the single writer of its lead. Handlers only decide (`process.core.aggregate`); one loop performs the planned effects,
waits for the next decision or the next date, and hands over to a new run before its history grows too long.
It holds no rule of its own.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from process.behaviour import CHANGES
    from process.core.aggregate import LeadAggregate
    from process.core.outbox import DriftCheck
    from process.core.receipts import Answer
    from process.core.refusal import Refused, decide, refuse
    from process.decisions.opening import LeadOpened
    from process.decisions.parsing import complaints
    from process.effects import Effect
    from process.effects.requests import Outcome
    from process.lead.duplicate_links import DuplicateLink
    from process.views.agenda import Item, agenda
    from process.views.overview import Line, Option, Overview, options, overview, timeline
    from workflows import search_attributes
    from workflows.details import details
    from workflows.handlers import failure, handles_decisions
    from workflows.start import RunState, policy_memo, read_start

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=2)
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt that is not heard of for so long died with its worker, and is made again."""
NOT_CANCELLED = refuse(
    "A lead is not cancelled",
    decide("Record it as lost", "lost"),
    "Or terminate its workflow if it must vanish",
)
CHECK_DRIFT = (
    "Somebody may have deleted or moved the lead's issue, card or folder: look, and put right what can be. "
    "Takes one object with any of: issues, folder, duplicates."
)
REVERT_EDITS = "Undo on GitHub what people moved there and the lead could not follow. The desk asks for it."
SET_TEAM = (
    "Who is behind the roles from here on, as a worker's settings say. Takes one object with people and addresses by "
    "role, and since."
)
FLAG_DUPLICATES = "Other open leads look like this one: it may be a duplicate, and is held for a person. A round finds that."
TOLD = "Another lead says what it is to this one: a probable duplicate, another one, merged into it or not any more."
NEWS_LAG = timedelta(minutes=1)
NO_LEAD = LeadOpened(org="—", person="—", title="—")
"""Stands in for a lead that could not start, so that its handlers have something to answer from."""


@workflow.defn
@handles_decisions
class LeadWorkflow:
    """A lead: lead → quoted → contracted → hub."""

    @workflow.init
    def __init__(self, *start: Any) -> None:
        begun = read_start(start, continued=workflow.info().continued_run_id is not None)
        self.refused = begun if isinstance(begun, Refused) else None
        if isinstance(begun, Refused):
            begun = NO_LEAD
        changes = tuple(change for change in CHANGES if workflow.patched(change))
        if isinstance(begun, LeadAggregate):
            self.aggregate = begun.under(changes, workflow.now())
        else:
            opened = begun.replaced(changes=changes)
            self.aggregate = LeadAggregate.open(workflow.info().workflow_id, opened, workflow.now())
        self.running: dict[str, tuple[Effect, asyncio.Task[None]]] = {}
        self.alarm: tuple[datetime, asyncio.Task[None]] | None = None
        self.attributes: dict[SearchAttributeKey[Any], Any] = {}
        self.memo: dict[str, str] = {name: str(value) for name, value in workflow.memo().items()}
        self.shown: tuple[LeadAggregate, date] | None = None
        self.timeout: asyncio.Task[None] | None = None
        self.debounced = False
        self.adopting = False
        self.moved = True

    @workflow.run
    async def run(self, *start: Any) -> str:
        """Until the lead is archived. Answers with where it ended.

        Raises ApplicationError (Refused) where what it was started with is no lead.
        """
        if self.refused:
            raise failure(self.refused)
        while True:
            try:
                return await self._live()
            except asyncio.CancelledError:
                # a lead is ended by a decision; asking Temporal to cancel it is refused like one
                self._change(self.aggregate.refused("cancel", NOT_CANCELLED, workflow.now()))

    async def _live(self) -> str:
        while True:
            self.moved = False
            self._reap()
            self._change(self.aggregate.tick(workflow.now()))
            self._call_off()
            self._start_effects()
            self._set_alarm()
            self._show()
            if self.aggregate.lead.archived and not self.running and not self.aggregate.parked:
                break
            await workflow.wait_condition(lambda: self.moved or self.adopting)
            if self.adopting or workflow.info().is_continue_as_new_suggested():
                await self._hand_over()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return f"{self.aggregate.lead.stage}: {self.aggregate.event_log.events[-1].summary}"

    # ---- decisions

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer:
        """A decision from outside: taken, refused and recorded, or recognised as a repeat. Never raises."""
        aggregate, answer = self.aggregate.take(kind, args, workflow.now(), source=source)
        self._change(aggregate)
        if not answer.accepted and not answer.repeat:
            workflow.logger.info("decision refused", extra={"decision": kind})
            workflow.metric_meter().create_counter("lead_decisions_refused").add(1)
        return answer

    @workflow.signal(dynamic=True)
    def unknown_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """A signal of no known name: recorded as refused."""
        self.take(name, (), "signal")

    @workflow.update(dynamic=True)
    def unknown_update(self, name: str, args: Sequence[RawValue]) -> Answer:
        """An update of no known name: recorded as refused."""
        answer = self.take(name, (), "update")
        raise failure(answer.refused or refuse(f"There is no decision {name}"))

    @workflow.signal(
        name="retry", description="Try again what failed for good: all of it, or the effect with this key."
    )
    def retry(self, *key: Any) -> None:
        self._retry(key)

    @workflow.update(
        name="retry", description="Try again what failed for good: all of it, or the effect with this key."
    )
    def retry_update(self, *key: Any) -> list[str]:
        return self._retry(key)

    def _retry(self, args: tuple[Any, ...]) -> list[str]:
        key = str(args[0]) if args and args[0] is not None else None
        before = {item.effect.key for item in self.aggregate.parked}
        self._change(self.aggregate.retry(key))
        return sorted(before - {item.effect.key for item in self.aggregate.parked})

    @workflow.signal(name="check_drift", description=CHECK_DRIFT)
    def check_drift(self, *args: Any) -> None:
        self._check_drift(args)

    @workflow.update(name="check_drift", description=CHECK_DRIFT)
    def check_drift_update(self, *args: Any) -> None:
        self._check_drift(args)

    def _check_drift(self, args: tuple[Any, ...]) -> None:
        try:
            look = DriftCheck.model_validate(args[0] if args and args[0] is not None else {})
        except ValidationError as error:
            self._change(self.aggregate.refused("check_drift", refuse(complaints(error)), workflow.now()))
        else:
            self._change(self.aggregate.check_drift(look))

    @workflow.signal(name="revert_edits", description=REVERT_EDITS)
    def revert_edits(self, *args: Any) -> None:
        self._revert_edits(args)

    @workflow.update(name="revert_edits", description=REVERT_EDITS)
    def revert_edits_update(self, *args: Any) -> list[str]:
        return self._revert_edits(args)

    def _revert_edits(self, args: tuple[Any, ...]) -> list[str]:
        aggregate, keys = self.aggregate.revert_edits(args, workflow.now())
        self._change(aggregate)
        return list(keys)

    @workflow.signal(name="set_team", description=SET_TEAM)
    def set_team(self, *args: Any) -> None:
        self._change(self.aggregate.set_team(args, workflow.now()))

    @workflow.update(name="set_team", description=SET_TEAM)
    def set_team_update(self, *args: Any) -> None:
        self._change(self.aggregate.set_team(args, workflow.now()))

    @workflow.signal(name="flag_duplicates", description=FLAG_DUPLICATES)
    def flag_duplicates(self, *args: Any) -> None:
        self._change(self.aggregate.flag_duplicates(args, workflow.now()))

    @workflow.update(name="receive_relation_notice", description=TOLD)
    def told(self, *args: Any) -> DuplicateLink:
        aggregate, answer = self.aggregate.told(args, workflow.now())
        self._change(aggregate)
        if isinstance(answer, Refused):
            raise failure(answer)
        return answer

    @workflow.signal(name="adopt", description="Go on in a new run, under the newest rules of the process.")
    def adopt(self, *_: Any) -> None:
        self.adopting = self.moved = True

    # ---- questions

    @workflow.query(
        name="lead", description="Everything about the lead: stage, next step, timeline, refusals, effects."
    )
    def lead(self) -> Overview:
        return overview(self.aggregate, workflow.now())

    @workflow.query(name="timeline", description="All that happened, oldest first.")
    def timeline(self) -> list[Line]:
        return list(timeline(self.aggregate))

    @workflow.query(
        name="options", description="Every decision: whether it may be taken now, and what it would do."
    )
    def options(self) -> list[Option]:
        return list(options(self.aggregate, workflow.now()))

    @workflow.query(
        name="agenda",
        description="What is to be done for the lead, and by whom. Takes a moment; by default now.",
    )
    def agenda(self, *args: Any) -> list[Item]:
        try:
            now = datetime.fromisoformat(args[0]).astimezone(UTC)
        except (IndexError, TypeError, ValueError):
            now = workflow.now()
        return list(agenda(self.aggregate, now))

    @workflow.query(
        name="preview", description="What a decision would do, without taking it: its name, and its object."
    )
    def preview(self, *args: Any) -> dict[str, Any]:
        kind = args[0] if args and isinstance(args[0], str) else ""
        return self.aggregate.preview(kind, args[1:], workflow.now())._asdict()

    # ---- the shell over time

    def _change(self, aggregate: LeadAggregate) -> None:
        if aggregate is not self.aggregate:
            self.aggregate = aggregate
            self.moved = True

    def _busy(self) -> frozenset[str]:
        return frozenset(effect.queue for effect, _ in self.running.values())

    def _call_off(self) -> None:
        """What fell with its decision is not tried again. An attempt under way ends by itself, and what it did is heard."""
        for effect, task in self.running.values():
            if self.aggregate.is_off(effect) and not task.cancelling():
                task.cancel()

    def _start_effects(self) -> None:
        late: list[Effect] = []
        for effect in self.aggregate.startable(self._busy()):
            if effect.is_deferred(self.aggregate.lead):
                late.append(effect)
            else:
                self._start(effect)
        if not late:
            return
        if any(effect.may_report for effect, _ in self.running.values()) and not self.debounced:
            # one writing for all the news that is under way keeps the history short
            self.timeout = self.timeout or asyncio.create_task(self._debounce())
            return
        for effect in late:
            self._start(effect)
        self.debounced = False
        if self.timeout:
            self.timeout.cancel()
            self.timeout = None

    def _start(self, effect: Effect) -> None:
        self.running[effect.key] = effect, asyncio.create_task(self._perform(effect))

    async def _debounce(self) -> None:
        """What comes last does not wait for an effect that is tried again and again."""
        await workflow.sleep(NEWS_LAG, summary="At the latest: bring issue and ledger up to date")
        self.timeout = None
        self.debounced = self.moved = True

    async def _perform(self, effect: Effect) -> None:
        """One effect as one activity; what it brings back becomes true, or it is parked."""
        try:
            outcome: Outcome = await workflow.execute_activity(
                effect.kind,
                self.aggregate.request(effect, workflow.now()),
                result_type=Outcome,
                start_to_close_timeout=ONE_ATTEMPT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=effect.summary(),
            )
        except ActivityError as error:
            if not _goes_on(error):
                self._change(self.aggregate.park(effect, _why(error), workflow.now()))
        else:
            self._change(self.aggregate.done(effect, outcome, workflow.now()))
        finally:
            self.moved = True

    def _reap(self) -> None:
        """Forgets what has finished. A failure that is none of the activity's is a bug, and must stop the task."""
        for key, (_, task) in list(self.running.items()):
            if task.done():
                del self.running[key]
                task.result()

    def _set_alarm(self) -> None:
        """One timer, for the next date; set anew only when that date moves."""
        when = self.aggregate.next_look(workflow.now())
        if self.alarm:
            if self.alarm[0] == when:
                return
            self.alarm[1].cancel()
            self.alarm = None
        if when is not None:
            self.alarm = when, asyncio.create_task(self._ring(when))

    async def _ring(self, when: datetime) -> None:
        what = self.aggregate.next_summary(when)
        await workflow.sleep(max(when - workflow.now(), timedelta(seconds=1)), summary=what)
        self.alarm = None
        self.moved = True

    async def _hand_over(self) -> None:
        """A new run goes on with all that this one knows. Effects under way finish, or are done again over there."""
        await self._take_in()
        tasks = [task for _, task in self.running.values() if not task.done()]
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        if tasks:
            await workflow.wait(tasks)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(RunState(aggregate=self.aggregate))

    async def _take_in(self) -> None:
        """What has arrived already is taken in first: cancelled now, the SDK would drop the result of what is done."""
        taken = asyncio.Event()
        asyncio.get_running_loop().call_soon(taken.set)
        await workflow.wait_condition(taken.is_set)  # looked at only when nothing else is left to run

    def _show(self) -> None:
        """What lists, filters and the UI show of the lead, if that is news."""
        now = workflow.now()
        today = self.aggregate.lead.today(now)
        if self.shown and self.shown[0] is self.aggregate and self.shown[1] == today:
            return
        self.shown = self.aggregate, today
        attributes = search_attributes.values(self.aggregate, now)
        if changes := search_attributes.changes(self.attributes, attributes):
            workflow.upsert_search_attributes(changes)
            self.attributes = attributes
        links = {
            "issue": self.aggregate.lead.issue,
            "folder": self.aggregate.lead.folder,
            "hub": self.aggregate.lead.hub_issue,
        }
        memo = {"heading": self.aggregate.lead.heading} | {
            name: link.url for name, link in links.items() if link
        }
        # `events` also so that a task in which something became true is never without a command: the next worker
        # would take such a task for none, and hear what comes after it first (temporalio/sdk-rust#1606)
        memo |= policy_memo(self.aggregate.lead.policy) | {"events": str(self.aggregate.lead.last_seq)}
        if memo != self.memo:
            workflow.upsert_memo(memo)
            self.memo = memo
        workflow.set_current_details(details(self.aggregate, now))


def _goes_on(error: ActivityError) -> bool:
    """Whether it only ended because it was cancelled: a passing fault of the last attempt counts as that, too."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        return False
    return is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED


def _why(error: ActivityError) -> str:
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)
