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
    from process.core.aggregate import Record
    from process.core.events import Refused
    from process.core.outbox import Look
    from process.core.receipts import Answer
    from process.decisions import LeadOpened, complaints
    from process.effects.base import Effect, Outcome
    from process.lead.duplicate_links import Relative
    from process.views.agenda import Item, agenda
    from process.views.overview import Line, Option, Overview, options, overview, timeline
    from workflows import search_attributes
    from workflows.details import details
    from workflows.handlers import refusal, takes_decisions
    from workflows.start import Carried, policy_memo, read_start

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=2)
SILENCE = timedelta(seconds=10)
"""An attempt that is not heard of for so long died with its worker, and is made again."""
NOT_CANCELLED = (
    "A lead is not cancelled. Record it as lost (lost), or terminate its workflow if it must vanish."
)
LOOK_OUTSIDE = (
    "Somebody may have deleted or moved the lead's issue, card or folder: look, and put right what can be. "
    "Takes one object with any of: issues, folder, duplicates."
)
PUT_BACK = "Undo on GitHub what people moved there and the lead could not follow. The desk asks for it."
KNOW_PEOPLE = (
    "Who is behind the roles from here on, as a worker's settings say. Takes one object with people and addresses by "
    "role, and since."
)
RESEMBLES = "Other open leads look like this one: it may be a duplicate, and is held for a person. A round finds that."
TOLD = "Another lead says what it is to this one: a probable duplicate, another one, merged into it or not any more."
NEWS_LAG = timedelta(minutes=1)
NO_LEAD = LeadOpened(org="—", person="—", title="—")
"""Stands in for a lead that could not start, so that its handlers have something to answer from."""


@workflow.defn
@takes_decisions
class LeadWorkflow:
    """A lead: lead → quoted → contracted → hub."""

    @workflow.init
    def __init__(self, *start: Any) -> None:
        begun = read_start(start, continued=workflow.info().continued_run_id is not None)
        self.refused = begun if isinstance(begun, Refused) else None
        if isinstance(begun, Refused):
            begun = NO_LEAD
        changes = tuple(change for change in CHANGES if workflow.patched(change))
        if isinstance(begun, Record):
            self.record = begun.under(changes, workflow.now())
        else:
            opened = begun.model_copy(update={"changes": changes})
            self.record = Record.open(workflow.info().workflow_id, opened, workflow.now())
        self.running: dict[str, tuple[Effect, asyncio.Task[None]]] = {}
        self.alarm: tuple[datetime, asyncio.Task[None]] | None = None
        self.attributes: dict[SearchAttributeKey[Any], Any] = {}
        self.memo: dict[str, str] = {name: str(value) for name, value in workflow.memo().items()}
        self.shown: tuple[Record, date] | None = None
        self.patience: asyncio.Task[None] | None = None
        self.impatient = False
        self.adopting = False
        self.moved = True

    @workflow.run
    async def run(self, *start: Any) -> str:
        """Until the lead is archived. Answers with where it ended.

        Raises ApplicationError (Refused) where what it was started with is no lead.
        """
        if self.refused:
            raise ApplicationError(str(self.refused), type="Refused", non_retryable=True)
        while True:
            try:
                return await self._live()
            except asyncio.CancelledError:
                # a lead is ended by a decision; asking Temporal to cancel it is refused like one
                self._change(self.record.refused("cancel", NOT_CANCELLED, workflow.now()))

    async def _live(self) -> str:
        while True:
            self.moved = False
            self._reap()
            self._change(self.record.tick(workflow.now()))
            self._call_off()
            self._start_effects()
            self._set_alarm()
            self._show()
            if self.record.lead.archived and not self.running and not self.record.parked:
                break
            await workflow.wait_condition(lambda: self.moved or self.adopting)
            if self.adopting or workflow.info().is_continue_as_new_suggested():
                await self._hand_over()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return f"{self.record.lead.stage}: {self.record.history.events[-1].words}"

    # ---- decisions

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer:
        """A decision from outside: taken, refused and recorded, or recognised as a repeat. Never raises."""
        record, answer = self.record.take(kind, args, workflow.now(), source=source)
        self._change(record)
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
        raise refusal(self.take(name, (), "update").words)

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
        before = {item.effect.key for item in self.record.parked}
        self._change(self.record.retry(key))
        return sorted(before - {item.effect.key for item in self.record.parked})

    @workflow.signal(name="look_outside", description=LOOK_OUTSIDE)
    def look_outside(self, *args: Any) -> None:
        self._look_outside(args)

    @workflow.update(name="look_outside", description=LOOK_OUTSIDE)
    def look_outside_update(self, *args: Any) -> None:
        self._look_outside(args)

    def _look_outside(self, args: tuple[Any, ...]) -> None:
        try:
            look = Look.model_validate(args[0] if args and args[0] is not None else {})
        except ValidationError as error:
            self._change(self.record.refused("look_outside", complaints(error), workflow.now()))
        else:
            self._change(self.record.look_outside(look))

    @workflow.signal(name="put_back", description=PUT_BACK)
    def put_back(self, *args: Any) -> None:
        self._put_back(args)

    @workflow.update(name="put_back", description=PUT_BACK)
    def put_back_update(self, *args: Any) -> list[str]:
        return self._put_back(args)

    def _put_back(self, args: tuple[Any, ...]) -> list[str]:
        record, keys = self.record.put_back(args, workflow.now())
        self._change(record)
        return list(keys)

    @workflow.signal(name="know_people", description=KNOW_PEOPLE)
    def know_people(self, *args: Any) -> None:
        self._change(self.record.know_people(args, workflow.now()))

    @workflow.update(name="know_people", description=KNOW_PEOPLE)
    def know_people_update(self, *args: Any) -> None:
        self._change(self.record.know_people(args, workflow.now()))

    @workflow.signal(name="resembles", description=RESEMBLES)
    def resembles(self, *args: Any) -> None:
        self._change(self.record.resembles(args, workflow.now()))

    @workflow.update(name="told", description=TOLD)
    def told(self, *args: Any) -> Relative:
        record, answer = self.record.told(args, workflow.now())
        self._change(record)
        if isinstance(answer, Refused):
            raise refusal(str(answer))
        return answer

    @workflow.signal(name="adopt", description="Go on in a new run, under the newest rules of the process.")
    def adopt(self, *_: Any) -> None:
        self.adopting = self.moved = True

    # ---- questions

    @workflow.query(
        name="lead", description="Everything about the lead: stage, next step, timeline, refusals, effects."
    )
    def lead(self) -> Overview:
        return overview(self.record, workflow.now())

    @workflow.query(name="timeline", description="All that happened, oldest first.")
    def timeline(self) -> list[Line]:
        return list(timeline(self.record))

    @workflow.query(
        name="options", description="Every decision: whether it may be taken now, and what it would do."
    )
    def options(self) -> list[Option]:
        return list(options(self.record, workflow.now()))

    @workflow.query(
        name="agenda",
        description="What is to be done for the lead, and by whom. Takes a moment; by default now.",
    )
    def agenda(self, *args: Any) -> list[Item]:
        try:
            now = datetime.fromisoformat(args[0]).astimezone(UTC)
        except (IndexError, TypeError, ValueError):
            now = workflow.now()
        return list(agenda(self.record, now))

    @workflow.query(
        name="preview", description="What a decision would do, without taking it: its name, and its object."
    )
    def preview(self, *args: Any) -> dict[str, Any]:
        kind = args[0] if args and isinstance(args[0], str) else ""
        return self.record.preview(kind, args[1:], workflow.now())._asdict()

    # ---- the shell over time

    def _change(self, record: Record) -> None:
        if record is not self.record:
            self.record = record
            self.moved = True

    def _busy(self) -> frozenset[str]:
        return frozenset(effect.lane for effect, _ in self.running.values())

    def _call_off(self) -> None:
        """What fell with its decision is not tried again. An attempt under way ends by itself, and what it did is heard."""
        for effect, task in self.running.values():
            if self.record.is_off(effect) and not task.cancelling():
                task.cancel()

    def _start_effects(self) -> None:
        late: list[Effect] = []
        for effect in self.record.startable(self._busy()):
            if effect.comes_last(self.record.lead):
                late.append(effect)
            else:
                self._start(effect)
        if not late:
            return
        if any(effect.brings_news for effect, _ in self.running.values()) and not self.impatient:
            # one writing for all the news that is under way keeps the history short
            self.patience = self.patience or asyncio.create_task(self._lose_patience())
            return
        for effect in late:
            self._start(effect)
        self.impatient = False
        if self.patience:
            self.patience.cancel()
            self.patience = None

    def _start(self, effect: Effect) -> None:
        self.running[effect.key] = effect, asyncio.create_task(self._perform(effect))

    async def _lose_patience(self) -> None:
        """What comes last does not wait for an effect that is tried again and again."""
        await workflow.sleep(NEWS_LAG, summary="At the latest: bring issue and ledger up to date")
        self.patience = None
        self.impatient = self.moved = True

    async def _perform(self, effect: Effect) -> None:
        """One effect as one activity; what it brings back becomes true, or it is parked."""
        try:
            outcome: Outcome = await workflow.execute_activity(
                effect.kind,
                self.record.task(effect, workflow.now()),
                result_type=Outcome,
                start_to_close_timeout=ONE_ATTEMPT,
                heartbeat_timeout=SILENCE,
                retry_policy=RETRIES,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=effect.words(),
            )
        except ActivityError as error:
            if not _goes_on(error):
                self._change(self.record.park(effect, _why(error), workflow.now()))
        else:
            self._change(self.record.done(effect, outcome, workflow.now()))
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
        when = self.record.next_look(workflow.now())
        if self.alarm:
            if self.alarm[0] == when:
                return
            self.alarm[1].cancel()
            self.alarm = None
        if when is not None:
            self.alarm = when, asyncio.create_task(self._ring(when))

    async def _ring(self, when: datetime) -> None:
        what = self.record.next_words(when)
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
        workflow.continue_as_new(Carried(record=self.record))

    async def _take_in(self) -> None:
        """What has arrived already is taken in first: cancelled now, the SDK would drop the result of what is done."""
        taken = asyncio.Event()
        asyncio.get_running_loop().call_soon(taken.set)
        await workflow.wait_condition(taken.is_set)  # looked at only when nothing else is left to run

    def _show(self) -> None:
        """What lists, filters and the UI show of the lead, if that is news."""
        now = workflow.now()
        today = self.record.lead.today(now)
        if self.shown and self.shown[0] is self.record and self.shown[1] == today:
            return
        self.shown = self.record, today
        attributes = search_attributes.values(self.record, now)
        if changes := search_attributes.changes(self.attributes, attributes):
            workflow.upsert_search_attributes(changes)
            self.attributes = attributes
        links = {
            "issue": self.record.lead.issue,
            "folder": self.record.lead.folder,
            "hub": self.record.lead.hub_issue,
        }
        memo = {"heading": self.record.lead.heading} | {
            name: link.url for name, link in links.items() if link
        }
        # `events` also so that a task in which something became true is never without a command: the next worker
        # would take such a task for none, and hear what comes after it first (temporalio/sdk-rust#1606)
        memo |= policy_memo(self.record.lead.policy) | {"events": str(self.record.lead.last_seq)}
        if memo != self.memo:
            workflow.upsert_memo(memo)
            self.memo = memo
        workflow.set_current_details(details(self.record, now))


def _goes_on(error: ActivityError) -> bool:
    """Whether it only ended because it was cancelled: a passing fault of the last attempt counts as that, too."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        return False
    return is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED


def _why(error: ActivityError) -> str:
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)
