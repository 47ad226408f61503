"""Turns: the number of messages that a workflow takes in one task is limited, and the others wait for the next task.

A task that takes longer than some seconds is taken for a deadlock and made again with the same messages, for ever. So a
crowd of messages that waited for a worker, or was sent on purpose, must not be taken at once. None is lost and none
overtakes another. The tasks of a history and the times at which they began are the same in each replay, so the same
messages wait there.
"""

import asyncio
from collections import deque
from datetime import datetime, timedelta

from temporalio import workflow

MESSAGES = 50
"""Messages that are taken in one task. Each takes a few milliseconds, and 20 if it is as large as may be."""
SOON = timedelta(milliseconds=1)
"""Time after which the next task takes those that wait."""
_WHY = "Until the next messages are taken: more came than fit into one task"


class Turns:
    """The order in which messages are taken."""

    def __init__(self) -> None:
        self._task: datetime | None = None
        self._taken = 0
        """Messages taken in the task that began at that time."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Return when a message may be taken: at once, unless its task has had many before it."""
        if not self._waiting and self._fits():
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        await mine

    async def _serve(self) -> None:
        while self._waiting:
            await workflow.sleep(SOON, summary=_WHY)
            while self._waiting and self._fits():
                self._waiting.popleft().set_result(None)
        self._serving = None

    def _fits(self) -> bool:
        """Return True if the present task can take one more message, and count it."""
        if self._task != (task := workflow.now()):
            self._task, self._taken = task, 0
        if self._taken >= MESSAGES:
            return False
        self._taken += 1
        return True
