"""`leads rebuild`: makes the rows of the ledger, which lists read, anew from its events."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from client.errors import LedgerFailed
from client.rebuilding import RebuiltRow, count_rows, rebuild_lagging_rows, rebuild_rows
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.errors import rendered
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, count_of, progress
from starter.cli.session import demand_workers_keys


async def rebuild(
    *,
    first: Annotated[
        str,
        Parameter("--from", help="Begin with this lead id, to go on with a rebuild that was interrupted."),
    ] = "",
    lagging: Annotated[
        bool, flag("Only the leads whose read tables lag; workers do the same, slowly.")
    ] = False,
    json: Json = False,
) -> None:
    """Make what lists, pages and reports read of each lead anew from its events in the ledger.

    It is needed where a lead does not write its row itself: an archived lead after an upgrade that says so, or after the
    rows were lost. Workers may run meanwhile. What failed for good outside is not among the events; it is kept from the
    row before.
    """
    settings, out = read_settings(), Output(as_json=json)
    await demand_workers_keys(settings)
    done: list[RebuiltRow] = []
    try:
        with progress(hidden=json) as shown:
            bar = shown.add_task("Rebuilding rows", total=count_rows(settings, lagging=lagging, first=first))
            for each in rebuild_lagging_rows(settings) if lagging else rebuild_rows(settings, first):
                done.append(each)
                shown.update(bar, completed=len(done))
                await asyncio.sleep(0)  # lets Ctrl-C through
    except (asyncio.CancelledError, LedgerFailed) as failure:
        if not done:
            raise
        go_on = "--lagging" if lagging else f"--from {done[-1].lead_id}"
        hint = f"{len(done)} rows were rebuilt; go on with {go_on}"
        if isinstance(failure, asyncio.CancelledError):
            out.line(hint)
            raise
        raise CommandFailed(ExitCode.UNAVAILABLE, f"{rendered(failure)} {hint}.") from failure
    unread = [each.lead_id for each in done if not each.readable]
    if not out.value({"rebuilt": len(done) - len(unread), "unread": unread}):
        out.line(f"Rows rebuilt: {len(done) - len(unread)}")
    if unread:
        names = ", ".join(unread[:5]) + (" …" if len(unread) > 5 else "")
        raise CommandFailed(
            ExitCode.REFUSED,
            f"This program cannot read the events of {count_of(len(unread), 'lead')} ({names}).",
            printed=True,
        )
