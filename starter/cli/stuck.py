"""Names the leads that are stuck, or whose workflow is lost, below a list of leads."""

from collections.abc import Sequence

from temporalio.service import RPCError

from client.connection import connect
from client.directory import Directory
from client.errors import LeadsError
from client.lists import lead_lists
from client.lost import LostRun, any_lost
from client.sealing import codec_by
from client.stuck import list_stuck
from starter.cli.configuration import read_settings
from starter.cli.output import console

SHOWN = 5
"""Number of leads that are named."""


async def warn_of_stuck(*, json: bool) -> None:
    """Say on stderr which leads do not go on, unless the output is JSON. Without a Temporal server, nobody knows."""
    if json:
        return
    settings = read_settings()
    try:
        client = await connect(codec=codec_by(settings))
        found = sorted([each async for each in list_stuck(client, settings.task_queue)])
        with lead_lists(settings) as rows:
            lost = await any_lost(Directory(client, settings.task_queue, settings.temporal_ui), rows)
    except (LeadsError, RPCError) as error:
        _print(f"leads: Which leads are stuck is unknown: {error}")
        return
    warn_of_lost(lost)
    if not found:
        return
    some = "; ".join(f"{each.lead_id}: {each.cause}" for each in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    count = "1 lead is" if len(found) == 1 else f"{len(found)} leads are"
    _print(f"leads: {count} stuck ({some}{more}). `leads repair --all` shows what it would do.")


def warn_of_lost(found: Sequence[LostRun]) -> None:
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
