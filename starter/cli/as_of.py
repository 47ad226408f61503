"""`leads show LEAD --as-of DAY`: shows a lead as it was at the end of a past day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from temporalio.service import RPCError

from client.errors import LeadMissing, LeadsError
from client.lost import find_lost
from client.past import past
from process.calendar import day_of
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold
from process.views.as_of import as_of
from process.views.overview import overview
from starter.cli.configuration import read_settings
from starter.cli.errors import rendered
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, console, moment
from starter.cli.session import leads_of
from starter.cli.show import show_lead


async def show_as_of(name: str, day: date, timeout: float, out: Output) -> None:
    """Show the lead as of the day. Raises CommandFailed for an unknown lead or a day before it began or in the future."""
    with past(read_settings()) as ledger:
        lead_id = ledger.find(name)
        events, location = ledger.events(lead_id), ledger.location
    if not events:
        raise CommandFailed(ExitCode.NOT_FOUND, f"The ledger ({location}) has no first event of {lead_id}.")
    now = datetime.now(UTC)
    zone = fold(events, lead_id).zone
    if day > max(day_of(now, zone), day_of(events[-1].at, zone)):
        raise CommandFailed(
            ExitCode.USAGE, f"{day} has not come yet; `leads show {lead_id}` shows how it is now."
        )
    try:
        aggregate, end = as_of(events, lead_id, day)
    except ValueError:
        began = day_of(events[0].at, zone)
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"There was no {lead_id} on {day} yet: it began on {began}."
        ) from None
    view = overview(aggregate, end)
    doubt = await _doubt(lead_id, events, end, timeout)
    result = {"as_of": day, "until": end, "ledger": location, "newest": events[-1].at, "doubt": doubt}
    if not out.value(view.model_dump(mode="json") | result):
        zone = aggregate.lead.zone
        out.line(
            f"As it was at the end of {day} ({zone}). What follows is the past, from the {location}.",
            "reverse",
        )
        out.items(["The ledger has no refusals and no pending effects, so they are not shown."], "dim")
        out.line()
        show_lead(view, None, out)
    if doubt and not out.as_json:
        console(stderr=True).print(f"leads: {doubt}", style="yellow", soft_wrap=True)


async def show_from_ledger(name: str, why: LeadsError, out: Output) -> None:
    """Show the lead as the ledger has it, and say why: it is lost in Temporal, or no worker answers for it.

    Raises `why` itself if the ledger can't be read or has no such lead.
    """
    try:
        with past(read_settings()) as ledger:
            lead_id = ledger.find(name)
            events, location = ledger.events(lead_id), ledger.location
    except LeadsError:
        raise why from None
    if not events:
        raise why
    lost = await _lost(lead_id, why)
    event_log = EventLog.of(events, fold(events, lead_id))
    view = overview(LeadAggregate.of(event_log), datetime.now(UTC))
    if lost:
        message = f"{lead_id} takes no decisions: its workflow is {lost}. `leads restore {lead_id}` begins it again."
    else:
        message = str(rendered(why))
    result: dict[str, Any] = {
        "url": None,
        "retries": [],
        "from_ledger": location,
        "lost": lost,
        "message": message,
    }
    if out.value(view.model_dump(mode="json") | result):
        return
    out.line(message, "bold yellow" if lost else "yellow")
    out.line(
        f"This is from the {location}, with events up to {moment(events[-1].at, view.lead.zone)}; it has no refusals and no "
        "pending effects.",
        "dim",
    )
    out.line()
    show_lead(view, None, out)


async def _lost(lead_id: str, why: LeadsError) -> str:
    """Return how the lead's workflow was lost; empty if it runs or has ended by a decision."""
    if not isinstance(why, LeadMissing):
        return ""
    return str(await find_lost((await leads_of()).client, lead_id) or "")


async def _doubt(lead_id: str, events: Sequence[Event], end: datetime, timeout: float) -> str:
    """Return a warning if the ledger may lack events of that day; empty if it has later ones or the lead is archived."""
    newest = events[-1]
    if newest.at > end or newest.kind == "archived":
        return ""
    try:
        leads = await leads_of(timeout)
        timeline = (await leads.overview(await leads.find(lead_id))).timeline
    except (LeadsError, RPCError) as error:
        failure = rendered(error)
        if failure.code is ExitCode.NOT_FOUND:
            return ""  # past its retention, so no more events will come
        return f"the ledger has events up to {moment(newest.at)}; Temporal cannot say if there are more: {failure}"
    missing = [line for line in timeline if line.seq > newest.seq and line.at <= end]
    if not missing:
        return ""
    return (
        f"the ledger lags: it lacks {len(missing)} events of that time, the first is {missing[0].summary!r} "
        f"({moment(missing[0].at)})."
    )
