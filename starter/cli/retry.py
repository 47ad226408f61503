"""`leads retry`: retries effects that failed for good, of one lead or of all."""

from typing import Annotated
from uuid import uuid4

from cyclopts import Parameter

from client.broadcast import RATE, Broadcast
from client.leads import LeadsClient
from process.plain_errors import shown
from starter.cli.arguments import Json, LeadArgument, Timeout, flag
from starter.cli.broadcasts import ask_all, demand_one_or_all
from starter.cli.output import Output, confirmed, count_of
from starter.cli.session import TIMEOUT, leads_of
from workflows.search_attributes import PARKED

SHOWN = 10
"""Number of leads that the plan names."""


async def retry(
    lead: LeadArgument | None = None,
    effect: Annotated[
        str | None, Parameter(help="Key of the effect, as `leads show` prints it. By default all.")
    ] = None,
    /,
    *,
    every: Annotated[bool, flag("All effects of all leads that failed for good.", "--all")] = False,
    rate: Annotated[float, Parameter(help="With --all: leads a second.")] = RATE,
    yes: Annotated[bool, flag("With --all: do it without asking.")] = False,
    timeout: Timeout = TIMEOUT,
    json: Json = False,
) -> None:
    """Retry the effects that failed for good.

    With --all, it shows how many there are and asks; the Temporal server then tells the leads one after the other, and goes
    on if this command is ended.
    """
    demand_one_or_all(lead, rate, every=every)
    leads, out = await leads_of(timeout), Output(as_json=json)
    if lead is None:
        await _retry_all(leads, rate, out, yes=yes)
        return
    handle = await leads.exactly(lead)
    heading, keys = await leads.heading_of(handle), await leads.retry(handle, effect)
    if out.value({"heading": heading, "retried": keys}):
        return
    out.line(heading, "bold")
    none = f"No failed effect has the key {shown(effect)}." if effect else "No effect has failed for good."
    out.line("Retried:" if keys else none)
    out.items(keys)


async def _retry_all(leads: LeadsClient, rate: float, out: Output, *, yes: bool) -> None:
    query = leads.running(f"{PARKED.name} > 0")
    found = {
        each.id: each.typed_search_attributes.get(PARKED) or 0
        async for each in leads.client.list_workflows(query)
    }
    total = f"{count_of(sum(found.values()), 'effect')} of {count_of(len(found), 'lead')}"
    if not found:
        if not out.value({"leads": 0, "asked": 0, "failed": 0}):
            out.line("No effect has failed for good.")
        return
    if not out.as_json:
        out.line(f"Failed for good: {total}", "bold")
        out.items(f"{lead_id}: {count}" for lead_id, count in sorted(found.items())[:SHOWN])
        out.items([f"… and {len(found) - SHOWN} more leads"] if len(found) > SHOWN else [])
    if not (yes or (not out.as_json and confirmed("Retry them?"))):
        if not out.value({"leads": len(found), "asked": 0, "failed": 0}):
            out.line("Nothing was changed. Add --yes to do it.", "dim")
        return
    message = Broadcast(
        job_id=f"leads-retry-{uuid4().hex[:12]}",
        query=query,
        signal="retry",
        reason="The effects that failed for good are retried",
        per_second=rate,
    )
    await ask_all(leads, message, out, f"Asked to retry ({total})")
