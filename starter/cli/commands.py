"""Commands that open, list and show leads, and retry failed effects."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import App, Group, Parameter
from rich.text import Text

from client.broadcast import RATE, Broadcast
from client.connection import configured_namespace
from client.errors import DecisionRefused, LeadMissing, LeadsError, NoWorker, WorkerBusy
from client.leads import LeadsClient
from client.lists import Order, Selection, lead_lists
from client.lost import living
from client.previews import sections
from client.retries import pending_retries
from config.settings import lead_page
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.types import OPEN_STAGES, Role, Stage
from process.views.overview import Option, TimelineLine, with_correction
from starter.cli.broadcasts import ask_all
from starter.cli.decide import Command, add
from starter.cli.errors import CommandFailed, ExitCode
from starter.cli.options import Json, LeadArgument, Timeout, flag, given, with_options
from starter.cli.output import Output, clean, moment
from starter.cli.session import TIMEOUT, leads_of, read_settings
from starter.cli.show import show_lead
from starter.cli.spelling import as_command, write_refusal
from starter.cli.stuck import warn_of_stuck
from starter.cli.warnings import warn_of_outdated

Zone = Annotated[
    str | None,
    Parameter(help="The lead's time zone, as Europe/Berlin; its days count there. By default LEADS_ZONE."),
]


def add_commands(app: App) -> None:
    """Add the commands about leads that are no decisions."""
    group = Group("Leads", sort_key=1)
    commands: tuple[Command | str, ...] = (
        start,
        list_,
        "starter.cli.agenda:agenda",
        "starter.cli.digest:digest",
        show,
        history,
        options,
        _preview(app),
        "starter.cli.what_if:what_if",
        "starter.cli.retry:retry",
        adopt,
    )
    add(app, commands, group)


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
    wanted = given(LeadOpened, values | {"zone": zone or read_settings().zone})
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
    try:
        with lead_lists(read_settings()) as rows:
            found = rows.list_leads(Selection((Stage.LOST,), org=org))
    except LeadsError:
        return []
    return [
        f"{org} was lost before: {row.lead_id}, {row.lost}"
        for row in found
        if row.lead_id != lead_id and not row.merged_into
    ]


start = with_options(_start, LeadOpened, but=("zone", "key"))
start.__name__ = "start"


async def list_(
    *,
    stage: Annotated[
        list[Stage] | None,
        Parameter(negative="", show_default=False, help="Only these stages. By default the open ones."),
    ] = None,
    owner: Annotated[Role | None, Parameter(help="Only leads that wait for this role.")] = None,
    attention: Annotated[bool, flag("Only leads that need attention.")] = False,
    org: Annotated[str | None, Parameter(help="Only leads of this organisation.")] = None,
    sort: Annotated[Order, Parameter(help="Oldest, soonest, latest change, or by id first.")] = "opened",
    limit: Annotated[int, Parameter(help="Number of leads to list.")] = 200,
    count: Annotated[bool, flag("Only how many leads there are at each stage.")] = False,
    json: Json = False,
) -> None:
    """List leads that are not archived. It reads the ledger: no lead is asked, and no worker is needed.

    Examples: leads list --owner sales --sort next-date, leads list --attention --count
    """
    if limit < 1:
        raise CommandFailed(ExitCode.USAGE, "--limit must be at least 1.")
    stages = stage or (Stage if attention else OPEN_STAGES)  # a lost lead may have a live contract, too
    selection = Selection(tuple(stages), owner, attention, org)
    known, out = read_settings(), Output(as_json=json)
    with lead_lists(known) as rows:
        counts = rows.count_by_stage(selection)
        found = [] if count else rows.list_leads(selection, sort, limit)
    if count:
        _print_counts(counts, out)
        return
    namespace = configured_namespace()
    links = {row.lead_id: lead_page(known.temporal_ui, namespace, row.lead_id) for row in found}
    if out.value([row.model_dump(mode="json") | {"url": links[row.lead_id]} for row in found]):
        return
    if not found:
        out.line("No leads.")
        return
    out.table(
        ("lead", "stage", "next is", "next date", "attention", "title"),
        (
            (
                row.lead_id,
                f"{row.stage}{', on hold' if row.on_hold else ''}{f' ({row.lost})' if row.lost else ''}",
                str(row.owner),
                f"{row.next_day}: {row.next_day_is_for}" if row.next_day else "",
                _attention(len(row.attention), len(row.parked)),
                row.heading,
            )
            for row in found
        ),
    )
    if (total := sum(counts.values())) > len(found):
        out.line()
        out.line(f"{len(found)} of {total} leads ({_by_stage(counts)}); --limit shows more.", "dim")
    now = datetime.now(UTC)
    warn_of_outdated([row.lead_id for row in found if row.is_outdated(now)], json=json)
    await warn_of_stuck(json=json)


def _print_counts(counts: dict[Stage, int], out: Output) -> None:
    if not out.value({str(stage): number for stage, number in counts.items()}):
        out.line(_by_stage(counts) or "No leads.")


def _by_stage(counts: dict[Stage, int]) -> str:
    return ", ".join(f"{stage}: {number}" for stage, number in counts.items())


def _attention(attention: int, failed: int) -> Text:
    found = [f"{attention} to look at"] if attention else []
    found += [f"{failed} failed"] if failed else []
    return Text(", ".join(found), style="yellow")


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
        show_lead(view, url, out, retries)


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


async def options(lead: LeadArgument, /, *, timeout: Timeout = TIMEOUT, json: Json = False) -> None:
    """List all decisions: those allowed now with their effect, the others with the reason."""
    leads = await leads_of(timeout)
    handle = await leads.find(lead)
    found = await leads.options(handle)
    out = Output(as_json=json)
    if out.value(found):
        return
    out.table(
        ("decision", "", "what it does, or why not now"), (_choice(option, handle.id) for option in found)
    )


def _choice(option: Option, lead_id: str) -> tuple[Text, str, Text]:
    if option.refused is None:
        return Text(as_command(option.kind), "bold"), "yes", Text(clean(option.does))
    return (
        Text(as_command(option.kind), "dim"),
        "no",
        Text(clean(write_refusal(option.refused, lead_id)), "dim"),
    )


def _preview(app: App) -> Command:
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
            raise CommandFailed(
                ExitCode.USAGE, f"There is no decision {decision!r}; `leads --help` lists them."
            )
        _, bound, _ = app.parse_args(
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

    return preview


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
