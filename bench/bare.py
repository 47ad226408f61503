"""A workflow without a process, to compare a lead's with.

It has the shape of a lead's way to a hub in the plainest form that Temporal's SDK offers: an opening and eight
updates, each with activities, an upsert of a search attribute, and a timer that replaces the one before. This module
imports nothing of the project, because the sandbox of the SDK imports it anew for each workflow.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import SearchAttributeKey

UPDATES = 8
ACTIVITIES = 4
"""Activities per update."""
STAGE = SearchAttributeKey.for_keyword("LeadStage")


@activity.defn
async def nothing(_: dict[str, Any]) -> str:
    return "done"


@workflow.defn
class BareWorkflow:
    """Starts activities for each update, and waits for the next one."""

    @workflow.init
    def __init__(self, opening: dict[str, Any]) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.taken = 0
        self.timer: asyncio.Task[None] | None = None

    @workflow.run
    async def run(self, opening: dict[str, Any]) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self.waiting))
            body = self.waiting.pop(0)
            workflow.upsert_search_attributes([STAGE.value_set(f"stage {self.taken}")])
            if self.timer:
                self.timer.cancel()
            self.timer = asyncio.create_task(workflow.sleep(timedelta(days=30 + self.taken)))
            activities = (
                workflow.execute_activity(nothing, body, start_to_close_timeout=timedelta(minutes=2))
                for _ in range(ACTIVITIES)
            )
            await asyncio.gather(*activities)

    @workflow.update
    def decide(self, body: dict[str, Any]) -> dict[str, Any]:
        self.decision(body)
        return {"accepted": True, "seq": self.taken}

    @workflow.signal
    def decision(self, body: dict[str, Any]) -> None:
        self.waiting.append(body)
        self.taken += 1

    @workflow.query
    def seen(self) -> int:
        return self.taken
