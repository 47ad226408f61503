"""Names the leads that are stuck, or whose workflow is lost, below a list of leads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from temporalio.service import RPCError

from client.errors import LeadsError
from client.lists import lead_lists
from client.plain_connection import connect_service
from client.running import all_go_on
from config.settings import Settings
from starter.cli.output import console

if TYPE_CHECKING:  # they load the SDK's client
    from client.lost import LostRun
    from client.stuck import Stuck

SHOWN = 5
"""Number of leads that are named."""


async def warn_of_stuck(settings: Settings, *, json: bool) -> None:
    """Say on stderr which leads do not go on, unless the output is JSON. Without a Temporal server, nobody knows."""
    if json:
        return
    try:
        service, namespace = await connect_service()
        with lead_lists(settings) as rows:
            leads = rows.count()
        if await all_go_on(service, namespace, settings.task_queue, leads):
            return
        found, lost = await _stuck_and_lost(settings)
    except (LeadsError, RPCError) as error:
        from starter.cli.errors import rendered  # seldom needed

        _print(f"leads: Nobody knows now which leads are stuck. {rendered(error)}")
        return
    warn_of_lost(lost)
    if not found:
        return
    some = "; ".join(f"{each.lead_id}: {each.cause}" for each in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    count = "1 lead is" if len(found) == 1 else f"{len(found)} leads are"
    _print(f"leads: {count} stuck ({some}{more}). `leads repair --all` shows what it would do.")


async def _stuck_and_lost(settings: Settings) -> "tuple[list[Stuck], list[LostRun]]":
    """Return the leads that do not go on. Raises LeadsError or RPCError."""
    from client.connection import connect  # seldom needed
    from client.directory import Directory
    from client.lost import any_lost
    from client.stuck import list_stuck

    client = await connect()
    found = sorted([each async for each in list_stuck(client, settings.task_queue)])
    with lead_lists(settings) as rows:
        return found, await any_lost(Directory(client, settings.task_queue, settings.temporal_ui), rows)


def warn_of_lost(found: "Sequence[LostRun]") -> None:
    """Say on stderr which leads have lost their workflow, if any."""
    if not found:
        return
    some = "; ".join(f"{each.lead_id}: {each}" for each in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    count = "1 lead does" if len(found) == 1 else f"{len(found)} leads do"
    name = found[0].lead_id if len(found) == 1 else "--all"
    _print(f"leads: {count} not go on ({some}{more}). `leads restore {name}` shows what it would do.")


def _print(text: str) -> None:
    console(stderr=True).print(text, style="yellow", soft_wrap=True)
