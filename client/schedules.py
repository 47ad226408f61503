"""Schedules of Temporal that a worker keeps as its settings say."""

from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode


async def keep(client: Client, name: str, wanted: Schedule | None) -> None:
    """The schedule of this name is as `wanted`; with None, there is none. Whatever was set before is changed."""
    handle = client.get_schedule_handle(name)
    if wanted is None:
        try:
            await handle.delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return
    try:
        await client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:

        def changed(known: ScheduleUpdateInput) -> ScheduleUpdate:
            wanted.state = known.description.schedule.state  # whoever paused it meant it
            return ScheduleUpdate(wanted)

        await handle.update(changed)
