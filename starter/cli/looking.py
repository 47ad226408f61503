"""`leads show` and `leads history`: one lead, as it is now."""

import asyncio
from datetime import date
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text
from temporalio.service import RPCError

from client.connection import translate
from client.errors import LeadMissing, NoWorker, TemporalUnreachable, WorkerBusy
from client.lost import living
from client.retries import pending_retries
from process.views.lead_overview import TimelineLine, with_correction
from starter.cli.arguments import Json, LeadArgument, Timeout, Verbose
from starter.cli.output import Output, clean, moment
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.show import show_lead


async def show(
    lead: LeadArgument,
    /,
    *,
    as_of: Annotated[
        date | None,
        Parameter(
            help="Show it as it was at the end of that day (in its zone), from the ledger; works for archived leads, too."
        ),
    ] = None,
    timeout: Timeout = TIMEOUT,
    verbose: Verbose = False,
    json: Json = False,
) -> None:
    """Show a lead: next step, attention, links, quotes, invoices, events, refusals.

    If Temporal can't be reached or no worker answers, it shows the lead as the ledger has it, and says so.
    """
    if as_of:
        from starter.cli.as_of import show_as_of  # only this needs the ledger, which takes a moment to load

        await show_as_of(lead, as_of, timeout, Output(as_json=json))
        return
    out = Output(as_json=json)
    try:
        leads = await leads_of(timeout)
        handle = await living(leads, lead)
        view, retries = await asyncio.gather(leads.overview(handle), pending_retries(handle))
    except (LeadMissing, NoWorker, WorkerBusy, TemporalUnreachable, RPCError) as error:
        from starter.cli.as_of import show_from_ledger

        await show_from_ledger(lead, translate(error) if isinstance(error, RPCError) else error, out)
        return
    url = leads.link(view.lead_id)
    if not out.value(view.model_dump(mode="json") | {"url": url, "retries": retries, "from_ledger": None}):
        show_lead(view, url, out, retries, verbose=verbose)


async def history(lead: LeadArgument, /, *, timeout: Timeout = TIMEOUT, json: Json = False) -> None:
    """List all events of a lead, oldest first, with corrected ones marked."""
    leads = await leads_of(timeout)
    view = await leads.overview(await leads.find(lead))
    out = Output(as_json=json)
    if out.value(view.timeline):
        return
    out.table(
        ("", "when", "by", "through", "event"),
        (
            (str(line.seq), moment(line.at, view.lead.zone), line.who, line.source, happened(line))
            for line in view.timeline
        ),
    )


def happened(line: TimelineLine) -> Text:
    """Return the event's summary, dimmed if it was corrected."""
    return Text(clean(with_correction(line)), "dim" if line.corrected else "")
