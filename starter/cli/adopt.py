"""`leads adopt`: lets leads continue in new runs, under the newest rules of the process."""

from typing import Annotated
from uuid import uuid4

from cyclopts import Parameter

from client.broadcast import RATE, Broadcast
from client.leads import LeadsClient
from starter.cli.arguments import Json, LeadArgument, flag
from starter.cli.broadcasts import ask_all, demand_one_or_all
from starter.cli.output import Output
from starter.cli.session import leads_of


async def adopt(
    lead: LeadArgument | None = None,
    /,
    *,
    every: Annotated[bool, flag("Every lead that is not archived.", "--all")] = False,
    rate: Annotated[float, Parameter(help="With --all: leads a second.")] = RATE,
    json: Json = False,
) -> None:
    """Let a lead continue in a new run, under the newest rules of the process.

    Nothing is lost; see docs/changing-the-process.md. With --all, the Temporal server asks them one after the other, and
    goes on if this command is ended.
    """
    demand_one_or_all(lead, rate, every=every)
    leads, out = await leads_of(), Output(as_json=json)
    if lead:
        handle = await leads.exactly(lead)
        heading = await leads.heading_of(handle)
        await leads.adopt(handle)
        if not out.value({"leads": 1, "asked": 1, "failed": 0}):
            out.line(heading, "bold")
            out.line(f"Asked to continue in a new run: {handle.id}")
        return
    await _adopt_all(leads, rate, out)


async def _adopt_all(leads: LeadsClient, rate: float, out: Output) -> None:
    message = Broadcast(
        job_id=f"leads-adopt-{uuid4().hex[:12]}",
        query=leads.running(),
        signal="adopt",
        reason="The leads continue in new runs, under the newest rules of the process",
        per_second=rate,
    )
    await ask_all(leads, message, out, "Asked to continue in new runs")
