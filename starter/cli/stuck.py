"""Names the stuck leads below a list of leads."""

from temporalio.service import RPCError

from client.connection import connect
from client.errors import LeadsError
from client.stuck import list_stuck
from starter.cli.configuration import read_settings
from starter.cli.output import console

SHOWN = 5
"""Number of leads that are named."""


async def warn_of_stuck(*, json: bool) -> None:
    """Say on stderr which leads are stuck, unless the output is JSON. Without a Temporal server, nobody knows."""
    if json:
        return
    try:
        client = await connect()
        found = sorted([each async for each in list_stuck(client, read_settings().task_queue)])
    except (LeadsError, RPCError) as error:
        _print(f"leads: Which leads are stuck is unknown: {error}")
        return
    if not found:
        return
    some = "; ".join(f"{each.lead_id}: {each.cause}" for each in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    count = "1 lead is" if len(found) == 1 else f"{len(found)} leads are"
    _print(f"leads: {count} stuck ({some}{more}). `leads repair --all` shows what it would do.")


def _print(text: str) -> None:
    console(stderr=True).print(text, style="yellow", soft_wrap=True)
