"""Whoever hears something of GitHub hands it in here: it is looked at once, however often it is heard."""

import asyncio
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow

TOGETHER = 100
"""Hints that are handed in at once."""


async def request_sync(client: Client, *notices: ChangeNotice, task_queue: str) -> None:
    """To the desk of their one issue, which begins if it is not there. Raises RPCError where Temporal can't be reached."""
    first = notices[0]
    where = f"{first.repo} {first.number}" if first.number else "a card"
    await client.start_workflow(
        IssueSyncWorkflow.run,
        id=first.desk,
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="heard",
        start_signal_args=notices,
        static_summary=f"Look at {where}",
    )


@dataclass
class _Pile:
    """Hints about one issue that go together, and whether they are there."""

    notices: list[ChangeNotice] = field(default_factory=list)
    handed_in: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class NoticeBatcher:
    """Hands in much at once: what comes about an issue while Temporal is being told of it goes together after that."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._piles: dict[str, list[_Pile]] = {}
        """Desk -> its piles; the first is on its way."""
        self._carriers: set[asyncio.Task[None]] = set()

    async def request_sync(self, notice: ChangeNotice) -> None:
        """Returns when Temporal has it. Raises RPCError where it can't be reached."""
        piles = self._piles.setdefault(notice.desk, [])
        if len(piles) < 2 or len(piles[-1].notices) >= TOGETHER:
            piles.append(_Pile())
        pile = piles[-1]
        pile.notices.append(notice)
        if len(piles) == 1:
            carrier = asyncio.create_task(self._carry(notice.desk, piles))
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)
        await asyncio.shield(pile.handed_in)  # whoever waits no longer takes nothing from the others

    async def _carry(self, desk: str, piles: list[_Pile]) -> None:
        """One pile after the other, until there is none."""
        while piles:
            pile = piles[0]
            try:
                await request_sync(self._client, *pile.notices, task_queue=self._task_queue)
            except Exception as error:
                pile.handed_in.set_exception(error)
                pile.handed_in.exception()  # nobody need be there any more to hear of it
            else:
                pile.handed_in.set_result(None)
            del piles[0]
        del self._piles[desk]
