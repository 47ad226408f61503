"""Commands that open and show leads, and retry failed effects."""

import difflib
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import Parameter
from rich.text import Text

from client.broadcast import RATE, Broadcast
from client.errors import DecisionRefused, LeadMissing, LeadsError, NoWorker, WorkerBusy
from client.leads import LeadsClient
from client.lost import living
from client.previews import sections
from client.retries import pending_retries
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.views.lead_overview import TimelineLine, with_correction
from starter.cli.app import make_app
from starter.cli.arguments import Json, LeadArgument, Timeout, Verbose, flag
from starter.cli.broadcasts import ask_all
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.options import given, with_options
from starter.cli.output import Output, clean, moment
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.show import show_lead
from starter.cli.spelling import as_command

Zone = Annotated[
    str | None,
    Parameter(help="The lead's time zone, as Europe/Berlin; its days count there. By default LEADS_ZONE."),
]


async def _start(
    *,
    zone: Zone = None,
    id_: Annotated[
        str | None, Parameter("--id", help="The lead's id. By default made from organisation and title.")
    ] = None,
    opaque_id: Annotated[bool, flag("Keep the organisation's name out of the id.")] = False,
    not_a_duplicate: Annotated[bool, flag("Open it although it looks like another open lead.")] = False,
    json: Json = False,
    **values: Any,
) -> None:
    """Open a lead: somebody showed obvious interest in working with us.

    The same organisation and title are the same lead, however often it is opened.

    Example: leads start --org "Example University" --person "Ada Example" --title "A hub for a course"
    """
    wanted = given(LeadOpened, values | {"zone": zone or read_settings().zone}, "start")
    leads = await leads_of()
    opened = await leads.open(wanted, lead_id=id_, duplicate=not_a_duplicate, opaque=opaque_id)
    out = Output(as_json=json)
    if out.value(opened):
        return
    if opened.already:
        out.line(f"{opened.lead_id}: this lead is already open, at {opened.stage}", "yellow")
    else:
        out.line(f"{opened.lead_id}: a new lead, {wanted.title} ({wanted.org})", "green")
    out.items([opened.url])
    if not opened.already:
        out.items(_lost_before(wanted.org, opened.lead_id), "yellow")


def _lost_before(org: str, lead_id: str) -> list[str]:
    """Return a line for each lead of the organisation that was lost. None if the ledger can't be read."""
    from client.lists import lead_lists  # only this needs the ledger, which takes a moment to load

    try:
        with lead_lists(read_settings()) as rows:
            found = rows.losses(org)
    except LeadsError:
        return []
    return [f"{org} was lost before: {row.lead_id}, {row.lost}" for row in found if row.lead_id != lead_id]


start = with_options(_start, LeadOpened, but=("zone", "key"))
start.__name__ = "start"


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
    """Show a lead: next step, attention, links, quotes, invoices, events, refusals."""
    if as_of:
        from starter.cli.as_of import show_as_of  # only this needs the ledger, which takes a moment to load

        await show_as_of(lead, as_of, timeout, Output(as_json=json))
        return
    leads, out = await leads_of(timeout), Output(as_json=json)
    try:
        handle = await living(leads, lead)
        view, retries = await leads.overview(handle), await pending_retries(handle)
    except (LeadMissing, NoWorker, WorkerBusy) as error:
        from starter.cli.as_of import show_from_ledger

        await show_from_ledger(lead, error, out)
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
            (str(line.seq), moment(line.at, view.lead.zone), line.by, line.source, happened(line))
            for line in view.timeline
        ),
    )


def happened(line: TimelineLine) -> Text:
    """Return the event's summary, dimmed if it was corrected."""
    return Text(clean(with_correction(line)), "dim" if line.corrected else "")


async def preview(
    lead: LeadArgument,
    decision: Annotated[str, Parameter(help="The decision, by the name of its command.")],
    /,
    *arguments: Annotated[str, Parameter(allow_leading_hyphen=True, help="Options of its command.")],
    timeout: Timeout = TIMEOUT,
    json: Json = False,
) -> None:
    """Show the consequences of a decision without taking it.

    Example: leads preview LEAD price-quoted --amount 9000 --currency USD --per year
    """
    kind = DECISIONS.get(decision.replace("-", "_"))
    if kind is None:
        near = difflib.get_close_matches(as_command(decision), map(as_command, DECISIONS), 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise CommandFailed(
            ExitCode.USAGE, f"There is no decision {decision!r}.{meant} `leads --help` lists them."
        )
    _, bound, _ = make_app([as_command(kind.kind)]).parse_args(
        [as_command(kind.kind), lead, *arguments], exit_on_error=False, print_error=False
    )
    fields = {name: value for name, value in bound.arguments.items() if name in kind.model_fields}
    wanted = given(kind, fields)
    leads = await leads_of(timeout)
    handle = await leads.find(lead)
    preview = await leads.preview(handle, wanted)
    out = Output(as_json=json)
    if refused := preview.answer.refused:
        raise DecisionRefused(refused, handle.id)
    if out.value(preview):
        return
    out.line(f"Nothing has happened. It would mean: {preview.answer.message}")
    out.line(f"The lead would be at {preview.stage}")
    for title, lines in sections(preview, ask="--compensate {}"):
        out.heading(title)
        out.items(lines)


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
    if every == (lead is not None):
        raise CommandFailed(ExitCode.USAGE, "Name one lead, or give --all for every one.")
    if rate <= 0:
        raise CommandFailed(ExitCode.USAGE, "--rate must be more than 0.")
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
