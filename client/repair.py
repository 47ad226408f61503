"""Repairs a lead whose history the worker's code can't replay: a new run begins with the lead rebuilt from that history.

Temporal's own reset would take every decision after the point of reset again, at the present time and under other numbers,
so that mails would leave twice. Here the process is fed what the history holds (`process.core.rebuild`). Numbers, times and
keys stay as the ledger has them; effects whose results were lost are performed again, idempotently.

Starting the new run ends the old one in the same transaction, and is the only change. It may be repeated: all attempts to
repair one run are the same request for Temporal. The new run itself collects what reached the old one meanwhile.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer

from client.errors import NothingToRepair, NotRepairable
from client.histories import UnreadableHistory, read_history
from client.lost import error_of_ended
from client.new_run import begin_run, rehearse
from client.past import events_of
from client.replays import message_of
from client.stuck import Stuck, find_stuck
from ledger.ledger import Ledger
from process.core.aggregate import LeadAggregate
from process.core.rebuild import RebuiltLead, rebuild
from process.effects.observations import Repaired
from workflows.runtime.codec import open_history
from workflows.runtime.plugin import leads_plugin


class RepairPlan(NamedTuple):
    """The plan of a lead's repair."""

    lead_id: str
    run_id: str
    """Run of the workflow that is stuck."""
    stuck: Stuck | None
    problem: str
    """The reason for which the history does not replay with this code; empty if it does."""
    rebuilt: RebuiltLead
    at: datetime
    """Time for which the lead was rebuilt (UTC)."""

    @property
    def aggregate(self) -> LeadAggregate:
        """The lead with which the new run begins."""
        return self.rebuilt.aggregate

    @property
    def effects(self) -> Sequence[str]:
        """Effects that remain to be performed, or to be performed again because their results were lost."""
        return [item.effect.summary() for item in self.aggregate.outbox if item.status == "waiting"]


async def plan_repair(client: Client, ledger: Ledger, lead_id: str, *, force: bool = False) -> RepairPlan:
    """Return what the repair would do. Nothing is changed.

    Raises NothingToRepair if the lead would continue with this code (unless `force`), NotRepairable if this code can't
    rebuild it, LeadLost, WorkflowHasEnded, LedgerError or RPCError.
    """
    handle = client.get_workflow_handle(lead_id)
    known = await handle.describe()
    if known.status is not WorkflowExecutionStatus.RUNNING:
        raise await error_of_ended(client, lead_id)
    stuck = await find_stuck(client, lead_id)
    history = await client.get_workflow_handle(lead_id, run_id=known.run_id).fetch_history()
    await open_history(client, history)
    problem = await replay_problem(history)
    if not problem and not force:
        raise NothingToRepair(lead_id, stuck=stuck is not None)
    now = datetime.now(UTC)
    rebuilt = _rebuilt(history, ledger, stuck, now)
    try:
        rehearse(rebuilt.aggregate, now)
    except Exception as error:
        problem = f"a new run would fail as well ({type(error).__name__}: {error})"
        raise NotRepairable(lead_id, problem) from error
    return RepairPlan(lead_id, known.run_id, stuck, problem, rebuilt, now)


async def replay_problem(history: WorkflowHistory) -> str:
    """Return why the history does not replay with this code; nothing if it does."""
    silent = Runtime(telemetry=TelemetryConfig(logging=None))
    replayer = Replayer(workflows=[], plugins=[leads_plugin()], runtime=silent)
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return message_of(result.replay_failure) if result.replay_failure else ""


def _rebuilt(history: WorkflowHistory, ledger: Ledger, stuck: Stuck | None, now: datetime) -> RebuiltLead:
    lead_id = history.workflow_id
    events = {event.seq: event for event in events_of(ledger, lead_id)}
    try:
        read = read_history(history, events)
        rebuilt = rebuild(read.start, read.journal, events)
        repaired = Repaired(
            run_id=read.run_id,
            taken_until=read.last_event_id,
            since=stuck.since if stuck else None,
            decisions=len(rebuilt.taken),
        )
        return rebuilt._replace(aggregate=rebuilt.aggregate.record(repaired, now))
    except UnreadableHistory as error:
        raise NotRepairable(lead_id, f"this code can't read how its run began ({error})") from error
    except Exception as error:  # a fault of the process for this lead
        raise NotRepairable(lead_id, f"this code fails for it ({type(error).__name__}: {error})") from error


async def repair(client: Client, plan: RepairPlan, task_queue: str) -> str:
    """Begin the new run, which ends the stuck one, and return its id. Repeated, it returns the same run.

    Raises RPCError; then nothing has changed.
    """
    return await begin_run(
        client,
        plan.aggregate,
        plan.at,
        task_queue,
        request_id=f"repair of {plan.run_id}",
        after=plan.run_id,
        ends_running=True,
    )
