"""The workflow that reconciles the leads with each outside system, by a schedule or on request.

It finds what no notice told of, and goes on where the last completed reconciliation ended. The systems do not depend on each
other: one that fails is continued in the next reconciliation. A system with much to do is read by one activity after the
other, each of which ends well before its timeout.
"""

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Self

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from process.personal import Personal
    from process.types import Code, Model, Words
    from workflows.activity_errors import reason_of

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
ONE_ATTEMPT = timedelta(minutes=10)
"""Timeout of one attempt."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""
AT_LONGEST = timedelta(minutes=65)
"""Timeout of all attempts at one system. GitHub's rate limit ends within the hour."""

MAX_FOUND = 100
"""Maximum number of findings of one system in a result."""
MAX_ACTIVITIES = 20
"""Maximum number of activities for one system, one after the other. The next reconciliation goes on from there."""

SYSTEMS = {
    "reconcile_github": "GitHub: issues, comments and board",
    "reconcile_drive": "Google Drive: the leads' folders",
    "reconcile_questionnaire": "Google Forms: answers to the questionnaire",
    "reconcile_team": "The settings: who has which role",
    "reconcile_duplicates": "The leads themselves: possible duplicates",
    "reconcile_lost": "Temporal: leads whose workflow is lost",
}
"""Description of each system, by the activity that reconciles it."""


class SystemResult(Model):
    """The result of reconciling one system."""

    cursor: Annotated[dict[Code, Any], Personal.MENTION] = {}
    """Position up to which the system was read, in the activity's own terms."""
    found: tuple[Words, ...] = ()
    cost: dict[Code, int] = {}
    """Number of calls, by kind."""
    failed: Words = ""
    """Reason why it failed, or empty."""
    omitted: int = 0
    """Number of further findings, which are not kept: the result's size must not grow with the number of leads."""
    more: bool = False
    """True if another activity has to go on from `cursor`."""

    def followed_by(self, later: Self) -> Self:
        """Return the result of this activity and a later one."""
        reasons = dict.fromkeys(reason for reason in (self.failed, later.failed) if reason)
        return later.replaced(
            found=(*self.found, *later.found),
            omitted=self.omitted + later.omitted,
            cost={
                kind: self.cost.get(kind, 0) + later.cost.get(kind, 0) for kind in {**self.cost, **later.cost}
            },
            failed="; ".join(reasons),
        ).shortened()

    def shortened(self) -> Self:
        """Return the result with at most MAX_FOUND findings."""
        omitted = self.omitted + max(0, len(self.found) - MAX_FOUND)
        return self.replaced(found=self.found[:MAX_FOUND], omitted=omitted)


class Reconciliation(Model):
    """The results of all systems, from which the next reconciliation goes on."""

    results: dict[Code, SystemResult] = {}


@workflow.defn
class ReconcileWorkflow:
    """Reconciles all systems once."""

    def __init__(self) -> None:
        self._results: dict[str, SystemResult] = {}

    @workflow.run
    async def run(self, last: Reconciliation | None = None) -> Reconciliation:
        """Reconcile all systems, going on from `last`, by default the schedule's last completed reconciliation."""
        if last is None and workflow.has_last_completion_result():
            last = workflow.get_last_completion_result(Reconciliation)
        known = last.results if last else {}
        await asyncio.gather(
            *(self._reconcile(system, known.get(system, SystemResult())) for system in SYSTEMS)
        )
        return self._done()

    async def _reconcile(self, system: str, before: SystemResult) -> None:
        """Reconcile one system, by one activity or several, and show what was done."""
        done, number = SystemResult(cursor=before.cursor, more=True), 0
        while done.more and number < MAX_ACTIVITIES:
            number += 1
            done = done.followed_by(await self._part(system, done.cursor, number))
            self._results[system] = done
            workflow.set_current_details("\n".join(lines(self._done())))

    async def _part(self, system: str, cursor: dict[str, Any], number: int) -> SystemResult:
        try:
            result: SystemResult = await workflow.execute_activity(
                system,
                cursor,
                result_type=SystemResult,
                start_to_close_timeout=ONE_ATTEMPT,
                schedule_to_close_timeout=AT_LONGEST,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                summary=SYSTEMS[system] if number == 1 else f"{SYSTEMS[system]} (part {number})",
            )
        except ActivityError as error:
            return SystemResult(cursor=cursor, failed=reason_of(error))
        return result

    def _done(self) -> Reconciliation:
        return Reconciliation(
            results={system: self._results[system] for system in SYSTEMS if system in self._results}
        )


def lines(done: Reconciliation) -> list[str]:
    """Return the results as lines of text."""
    found = []
    for system, result in done.results.items():
        cost = ", ".join(f"{kind}: {count}" for kind, count in result.cost.items() if count)
        found.append(f"{SYSTEMS.get(system, system)}{f' ({cost})' if cost else ''}")
        found += [f"- {line}" for line in result.found] or ["- nothing new"] * (not result.failed)
        if result.omitted:
            found.append(f"- and {result.omitted} more")
        if result.failed:
            found.append(f"- failed: {result.failed}")
    return found
