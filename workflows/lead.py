"""The workflow of one lead, from first contact to a running hub and its end: a thin shell over time around the process.

It is the single writer of its lead and holds no rule of its own. Handlers only decide (`process.core`). One loop performs
the planned effects, waits for the next decision or the next date, and continues as new before its history grows too long.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from process.core import inbox, intake
    from process.core.aggregate import LeadAggregate
    from process.core.answers import Answer, Refusal
    from process.core.due import next_wake_up, pass_deadlines
    from process.core.preview import preview_decision
    from process.core.refusal import Refused, refuse, suggest
    from process.core.swap import Swapped
    from process.decisions.opening import LeadOpened
    from process.lead.duplicate_links import DuplicateLink
    from process.privacy import message as erasure_message
    from process.privacy.message import ErasureAnswer, ErasureUnderWay, erased_again
    from process.views.agenda import agenda, wake_up_reason
    from process.views.agenda_items import AgendaItem
    from process.views.lead_overview import Option, Overview, TimelineLine
    from process.views.overview import options, overview, timeline
    from workflows import attribute_values
    from workflows.alarm import Alarm
    from workflows.changes import adopted_changes
    from workflows.counting import count_decision
    from workflows.details import details
    from workflows.handlers import failure, handles_messages
    from workflows.names import LEAD_WORKFLOW
    from workflows.performing import Performer
    from workflows.recording import Recorder
    from workflows.runtime.steps import is_evicted, messages_follow
    from workflows.search_attributes import ORG_KEY
    from workflows.start import MEMO, memo_of, not_before, read_start, run_state
    from workflows.turns import Turns

NEW_RUN_AFTER = 160
"""Number of history events after which a new run begins at the next quiet moment, so that a cold lead is read quickly.
They hold a lead's way to a hub."""
LATER_RUNS_AFTER = 110
"""The same number for later runs: in them, a lead moves less often."""
NOT_CANCELLED = refuse(
    "A lead is not cancelled",
    suggest("Record it as lost", "lost"),
    "Or terminate its workflow if it must vanish",
)
NO_LEAD = LeadOpened(org="—", person="—", title="—")
"""Stands in for a lead that could not start, so that its handlers have something to answer from."""


@workflow.defn(name=LEAD_WORKFLOW)
@handles_messages
class LeadWorkflow:
    """A lead: lead → quoted → contracted → hub."""

    aggregate = Swapped()
    takes_input = True
    """The input is read when the workflow is made, and needs not be kept (workflows/runtime/steps.py)."""

    @workflow.init
    def __init__(self, *start: Any) -> None:
        continued = workflow.info().continued_run_id is not None
        begun = read_start(start, continued=continued)
        self.refused = begun if isinstance(begun, Refused) else None
        if isinstance(begun, Refused):
            begun = NO_LEAD
        changes = adopted_changes()
        if isinstance(begun, LeadAggregate):
            self.aggregate = begun.adopt(changes, workflow.now())
        else:
            opened = begun.replaced(changes=changes)
            self.aggregate = LeadAggregate.open(workflow.info().workflow_id, opened, workflow.now())
        self.alarm = Alarm(self, not_before(start, self.aggregate.lead) if continued else None)
        self.performer = Performer(self)
        self.recorder = Recorder(self)
        self.turns = Turns()
        self.attributes = attribute_values.present()
        self.memo: dict[str, str] = {
            name: str(value) for name, value in workflow.memo().items() if name in MEMO
        }
        self.adopting = False
        self.erasing: list[ErasureUnderWay] = []
        """Requests since which effects under way may bring back words of a person."""
        self.changed = True

    @workflow.run
    async def run(self, *start: Any) -> str:
        """Run until the lead is archived, and return its last stage and event. The input was read before.

        Raises ApplicationError (type Refused) if the input starts no lead.
        """
        if self.refused:
            raise failure(self.refused)
        while True:
            try:
                return await self._live()
            except asyncio.CancelledError:
                if is_evicted():
                    raise
                # a lead ends by a decision, so a request to cancel its workflow is refused like one
                refusal = Refusal.of("cancel", NOT_CANCELLED, self.now)
                self.change(self.aggregate.refuse(refusal))

    async def _live(self) -> str:
        while True:
            self.changed = False
            self.performer.collect_finished()
            self.change(pass_deadlines(self.aggregate, self.now))
            self.performer.call_off()
            self.performer.start()
            wake_up = next_wake_up(self.aggregate.lead, self.now)
            self.alarm.set(wake_up, wake_up_reason(self.aggregate.lead, wake_up))
            self._publish()
            self.recorder.start(wake_up, more_follows=self.performer.is_trying)
            if self._ends:
                return f"{self.aggregate.lead.stage}: {self.aggregate.event_log.events[-1].summary}"
            await workflow.wait_condition(lambda: self.changed or self._leaves)
            if self._leaves and not self._ends:
                await self._continue_as_new()

    # ---- messages (workflows/handlers.py)

    async def turn(self) -> None:
        """Wait until the lead can tell who sent a message, and the present task can take one more."""
        if not self.recorder.knows_keys and self.refused is None:
            await workflow.wait_condition(lambda: self.recorder.knows_keys)
        await self.turns.turn()

    def take(self, kind: str, args: tuple[Any, ...], source: str) -> Answer:
        """Take, refuse or recognise as a repeat a decision. Never raises."""
        now = self.now
        aggregate = pass_deadlines(self.aggregate, now)  # a date that has passed counts before the decision
        aggregate, answer = intake.take(aggregate, kind, args, now, source=source)
        self.change(aggregate)
        if not answer.repeat:
            count_decision(kind, accepted=answer.accepted)
        return answer

    @workflow.signal(dynamic=True)
    async def unknown_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Record a signal of an unknown name as refused."""
        await self.turn()
        self.take(name, (), "signal")

    @workflow.update(dynamic=True)
    async def unknown_update(self, name: str, args: Sequence[RawValue]) -> Answer:
        """Refuse an update of an unknown name."""
        await self.turn()
        answer = self.take(name, (), "update")
        raise failure(answer.refused or refuse(f"There is no decision {name}"))

    def retry(self, args: tuple[Any, ...]) -> list[str]:
        """Retry parked effects, and return their keys."""
        key = str(args[0]) if args and args[0] is not None else None
        before = {item.effect.key for item in self.aggregate.parked}
        self.change(self.aggregate.retry(key))
        return sorted(before - {item.effect.key for item in self.aggregate.parked})

    def check_drift(self, args: tuple[Any, ...]) -> None:
        """Queue the requested drift checks."""
        self.change(inbox.check_drift(self.aggregate, args, self.now))

    def revert_edits(self, args: tuple[Any, ...]) -> list[str]:
        """Queue effects that revert edits on GitHub, and return their keys."""
        aggregate, keys = inbox.revert_edits(self.aggregate, args, self.now)
        self.change(aggregate)
        return list(keys)

    def set_team(self, args: tuple[Any, ...]) -> None:
        """Record the people and addresses that have the roles."""
        self.change(inbox.set_team(self.aggregate, args, self.now))

    def flag_duplicates(self, args: tuple[Any, ...]) -> None:
        """Hold the lead if it matches other leads."""
        self.change(inbox.flag_duplicates(self.aggregate, args, self.now))

    def receive_relation_notice(self, args: tuple[Any, ...]) -> DuplicateLink | Refused:
        """Record the relation that another lead has to this one, and return this lead's link."""
        aggregate, answer = inbox.receive_relation_notice(self.aggregate, args, self.now)
        self.change(aggregate)
        return answer

    def erase_person(self, args: tuple[Any, ...]) -> ErasureAnswer | Refused:
        """Take a person's words out of the lead, and continue as new, so that they do not stand in the next run."""
        aggregate, begun = erasure_message.erase_person(self.aggregate, args, self.now)
        self.change(aggregate)
        if isinstance(begun, Refused):
            return begun
        self.erasing.append(begun)
        self.adopting = self.changed = True
        seq, run_id = aggregate.lead.last_seq, workflow.info().run_id
        return ErasureAnswer(request_id=begun.request.request_id, last_seq=seq, run_id=run_id)

    def adopt(self, args: tuple[Any, ...]) -> None:
        """Continue as new, so that the next run adopts the newest rules."""
        self.adopting = self.changed = True

    def overview(self, args: tuple[Any, ...]) -> Overview:
        """Return everything that a face shows of the lead."""
        return overview(self.aggregate, self.now)

    def timeline(self, args: tuple[Any, ...]) -> list[TimelineLine]:
        """Return all events, oldest first."""
        return list(timeline(self.aggregate))

    def options(self, args: tuple[Any, ...]) -> list[Option]:
        """Return every decision with its consequences."""
        return list(options(self.aggregate, self.now))

    def agenda(self, args: tuple[Any, ...]) -> list[AgendaItem]:
        """Return what is to be done at the given moment (ISO 8601), by default now."""
        try:
            now = datetime.fromisoformat(args[0]).astimezone(UTC)
        except (IndexError, TypeError, ValueError):
            now = self.now
        return list(agenda(self.aggregate, now))

    def preview(self, args: tuple[Any, ...]) -> dict[str, Any]:
        """Return the consequences of a decision."""
        kind = args[0] if args and isinstance(args[0], str) else ""
        aggregate = pass_deadlines(self.aggregate, self.now)
        return preview_decision(aggregate, kind, args[1:], self.now)._asdict()

    # ---- the shell over time

    @property
    def now(self) -> datetime:
        """The time of the present task (UTC). An alarm that rings too early is believed, so that its date has come."""
        now = workflow.now()
        return max(now, self.alarm.rang) if self.alarm.rang else now

    def change(self, aggregate: LeadAggregate) -> None:
        """Replace the aggregate, and act on it if it differs."""
        if aggregate is not self.aggregate:
            self.aggregate = aggregate
            self.changed = True

    def wake(self) -> None:
        """Look at everything again."""
        self.changed = True

    def current_details(self) -> str:
        """Return what the Temporal UI shows of the lead. It is asked for only when somebody looks."""
        return details(self.aggregate, self.now)

    async def recorded(self, answer: Answer) -> bool:
        """Wait until the ledger has the event of an accepted decision. Returns False if it cannot be reached."""
        if not self.recorder.may_answer(answer.seq):
            await workflow.wait_condition(lambda: self.recorder.may_answer(answer.seq))
        return self.recorder.has(answer.seq)

    @property
    def _ends(self) -> bool:
        """True if nothing is left to do for ever."""
        archived = self.aggregate.lead.archived  # first: of the leads that are asked, hardly any is
        return archived and self.performer.is_idle and self._is_silent and not self.aggregate.parked

    @property
    def _leaves(self) -> bool:
        """True if this run can end now. Messages of the same task are taken first: they would be lost with it."""
        if messages_follow():
            return False
        info = workflow.info()
        if self._ends or self.adopting or info.is_continue_as_new_suggested():
            return True
        length = LATER_RUNS_AFTER if info.continued_run_id else NEW_RUN_AFTER
        grown = info.get_current_history_length() >= length
        may_leave = grown or info.is_target_worker_deployment_version_changed()
        return may_leave and self.performer.is_quiet and self._is_silent

    async def _continue_as_new(self) -> None:
        """Start a new run with the same aggregate. Effects under way finish, or are performed again there.

        Decisions that come meanwhile are recorded and answered: a call that hangs may take minutes.
        """
        await self._receive_pending_results()
        stopping = asyncio.create_task(self.performer.stop())
        while not (stopping.done() and self._is_silent):
            self.changed = False
            wake_up = next_wake_up(self.aggregate.lead, self.now)
            self.recorder.start(wake_up, more_follows=False)  # handlers wait for their events
            await workflow.wait_condition(lambda: self.changed or (stopping.done() and self._is_silent))
        stopping.result()
        for begun in self.erasing:
            self.aggregate = erased_again(self.aggregate, begun)
        if self.erasing:
            self._publish()
        workflow.continue_as_new(
            args=run_state(self.aggregate, self.now),
            memo=self._whole_memo(),  # without, the server copies what stands under the keys of this run
            # with the promoted build: a lead that is pinned would stay with its own for ever
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    def _whole_memo(self) -> dict[str, Any]:
        others = {name: value for name, value in workflow.memo().items() if name not in MEMO}
        return others | memo_of(self.aggregate.lead)

    @property
    def _is_silent(self) -> bool:
        """True if nothing is being recorded, nobody waits for an answer, and the task brings no further message."""
        return self.recorder.is_idle and workflow.all_handlers_finished() and not messages_follow()

    async def _receive_pending_results(self) -> None:
        """Let results that have arrived be taken in: the SDK would drop them if their tasks were cancelled now."""
        received = asyncio.Event()
        asyncio.get_running_loop().call_soon(received.set)
        await workflow.wait_condition(received.is_set)  # evaluated only when nothing else is left to run

    def _publish(self) -> None:
        """Update the search attributes and the memo, if they have changed."""
        attributes = attribute_values.values(self.aggregate, self.now)
        if (
            ORG_KEY.name not in attributes and ORG_KEY.name not in self.attributes
        ):  # begun in the clear, by no client of ours
            attributes |= attribute_values.plain_digests(self.aggregate.lead)
        if changes := attribute_values.changes(self.attributes, attributes):
            workflow.upsert_search_attributes(changes)
            self.attributes = self.attributes | attributes
        memo = memo_of(self.aggregate.lead)
        if memo != self.memo:
            workflow.upsert_memo(memo)
            self.memo = memo
