"""Keeps schedules in Temporal as the settings say."""

from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode


async def keep(client: Client, name: str, wanted: Schedule | None) -> None:
    """Create or update the schedule of this name to `wanted`; delete it for None."""
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
            wanted.state = known.description.schedule.state  # a paused schedule stays paused
            return ScheduleUpdate(wanted)

        await handle.update(changed)
