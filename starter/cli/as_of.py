"""`leads show LEAD --as-of DAY`: a lead as it was at the end of a past day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from temporalio.service import RPCError

from client.errors import LeadsError
from client.past import past
from process.calendar import day_of
from process.core.events import Event
from process.core.fold import fold
from process.views.overview import overview
from process.views.past import as_of
from starter.cli.errors import CommandError, ExitCode, rendered
from starter.cli.output import Output, console, moment
from starter.cli.session import leads_of, read_settings
from starter.cli.show import show_lead


async def show_as_of(name: str, day: date, timeout: float, out: Output) -> None:
    """Shows it, and says what it rests on. Raises CommandError: no such lead, not yet begun then, a day to come."""
    with past(read_settings()) as ledger:
        lead = ledger.find(name)
        events, place = ledger.events(lead), ledger.location
    if not events:
        raise CommandError(ExitCode.NOT_FOUND, f"The ledger ({place}) has no beginning of {lead}.")
    now = datetime.now(UTC)
    zone = fold(events, lead).zone
    if day > max(day_of(now, zone), day_of(events[-1].at, zone)):
        raise CommandError(
            ExitCode.USAGE, f"{day} has not come yet; `leads show {lead}` shows how it is now."
        )
    try:
        aggregate, end = as_of(events, lead, day)
    except ValueError:
        began = day_of(events[0].at, zone)
        raise CommandError(
            ExitCode.NOT_FOUND, f"There was no {lead} on {day} yet: it began on {began}."
        ) from None
    view = overview(aggregate, end)
    doubt = await _doubt(lead, events, end, timeout)
    told = {"as_of": day, "until": end, "ledger": place, "newest": events[-1].at, "doubt": doubt}
    if not out.value(view.model_dump(mode="json") | told):
        zone = aggregate.lead.zone
        out.line(
            f"As it was at the end of {day} ({zone}). What follows is the past, from the {place}.", "reverse"
        )
        out.items(["What was refused, and what was still to be done outside, is not in the ledger."], "dim")
        out.line()
        show_lead(view, None, out)
    if doubt and not out.as_json:
        console(stderr=True).print(f"leads: {doubt}", style="yellow", soft_wrap=True)


async def _doubt(lead: str, events: Sequence[Event], end: datetime, timeout: float) -> str:
    """What the ledger may lack of that day. Nothing where it has later events, or where the lead was archived."""
    newest = events[-1]
    if newest.at > end or newest.kind == "archived":
        return ""
    try:
        leads = await leads_of(timeout)
        timeline = (await leads.overview(await leads.find(lead))).timeline
    except (LeadsError, RPCError) as error:
        failure = rendered(error)
        if failure.code is ExitCode.NOT_FOUND:
            return ""  # Temporal has forgotten it, so nothing comes any more
        return f"the ledger has it up to {moment(newest.at)}, and Temporal can't say whether there is more: {failure}"
    missing = [line for line in timeline if line.seq > newest.seq and line.at <= end]
    if not missing:
        return ""
    return (
        f"the ledger lags: it lacks {len(missing)} events until then, the first of them {missing[0].summary!r} "
        f"({moment(missing[0].at)})."
    )
