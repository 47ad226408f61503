"""A minimal workflow to compare a lead's with: it takes updates, starts activities, and does nothing else."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

DECISIONS = 8
ACTIVITIES = 3
"""Activities per decision, about as many as a lead's workflow starts."""


@activity.defn
async def nothing(_: str) -> str:
    return "done"


@workflow.defn
class BareWorkflow:
    """Starts activities for each update."""

    def __init__(self) -> None:
        self.todo = 0
        self.taken = 0

    @workflow.run
    async def run(self) -> None:
        done = 0
        while done < DECISIONS:
            await workflow.wait_condition(lambda: self.todo > 0)
            self.todo -= 1
            chores = (
                workflow.execute_activity(nothing, "x", start_to_close_timeout=timedelta(minutes=1))
                for _ in range(ACTIVITIES)
            )
            await asyncio.gather(*chores)
            done += 1

    @workflow.update
    def decide(self, body: dict[str, Any]) -> dict[str, Any]:
        self.todo += 1
        self.taken += 1
        return {"accepted": True, "seq": self.taken}
