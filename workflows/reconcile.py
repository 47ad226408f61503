"""A round: looks at each outside system for what nobody was told of, by a schedule or when somebody asks.

It goes on where the last completed round ended. Each system is looked at by itself: where one fails, the others count,
and it is gone on with in the next round.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from process.types import Model

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
ONE_ATTEMPT = timedelta(minutes=10)
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt that is not heard of for so long died with its worker, and is made again."""
AT_LONGEST = timedelta(minutes=65)
"""Until then a system may make us wait: GitHub's rate limit ends within the hour."""

SYSTEMS = {
    "reconcile_github": "GitHub: issues, comments and board",
    "reconcile_drive": "Google Drive: the leads' folders",
    "reconcile_questionnaire": "Google Forms: answers to the questionnaire",
    "reconcile_team": "The settings: who is behind the roles",
    "reconcile_duplicates": "The leads themselves: requests that were taken in twice",
}


class SystemResult(Model):
    """What a round found in one system."""

    cursor: dict[str, Any] = {}
    """How far it was read, in its own terms."""
    found: tuple[str, ...] = ()
    cost: dict[str, int] = {}
    failed: str = ""


class Reconciliation(Model):
    """What a round found, and where the next one goes on."""

    results: dict[str, SystemResult] = {}


@workflow.defn
class ReconcileWorkflow:
    """One look at everything outside that leads depend on."""

    @workflow.run
    async def run(self, last: Reconciliation | None = None) -> Reconciliation:
        """`last`: the round to go on from, if not the one that the schedule completed last."""
        if last is None and workflow.has_last_completion_result():
            last = workflow.get_last_completion_result(Reconciliation)
        known = last.results if last else {}
        results = await asyncio.gather(
            *(self._look(system, known.get(system, SystemResult())) for system in SYSTEMS)
        )
        done = Reconciliation(results=dict(zip(SYSTEMS, results, strict=True)))
        workflow.set_current_details("\n".join(lines(done)))
        return done

    async def _look(self, system: str, before: SystemResult) -> SystemResult:
        try:
            result: SystemResult = await workflow.execute_activity(
                system,
                before.cursor,
                result_type=SystemResult,
                start_to_close_timeout=ONE_ATTEMPT,
                schedule_to_close_timeout=AT_LONGEST,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                summary=SYSTEMS[system],
            )
        except ActivityError as error:
            cause = error.cause
            why = cause.message if isinstance(cause, ApplicationError) else str(cause or error)
            return SystemResult(cursor=before.cursor, failed=why)
        return result


def lines(done: Reconciliation) -> list[str]:
    """A round in words, for a person."""
    said = []
    for system, result in done.results.items():
        cost = ", ".join(f"{count} {what}" for what, count in result.cost.items() if count)
        said.append(f"{SYSTEMS.get(system, system)}{f' ({cost})' if cost else ''}")
        said += [f"- {line}" for line in result.found] or ["- nothing new"] * (not result.failed)
        if result.failed:
            said.append(f"- failed: {result.failed}")
    return said
