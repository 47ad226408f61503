"""`leads what-if`: past leads under other clocks or rules, and what would have been different."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from client.past import past
from client.simulations import Only, SimulationRequest, SimulationResult, simulate_leads
from config.policy_file import current_policy
from process.policy import Clocks
from process.simulation.summary import Summary
from starter.cli.errors import CommandError, ExitCode
from starter.cli.options import Json, flag
from starter.cli.output import Output, console, progress
from starter.cli.scenario import clock_values, in_words, scenario
from starter.cli.session import read_settings
from starter.cli.what_if_report import count_of, tell_lead, tell_summary

LAG = timedelta(hours=1)
"""So late the ledger may be without a word."""


def _many(text: str) -> Parameter:
    return Parameter(negative="", show_default=False, help=text)


async def what_if(
    *leads: Annotated[
        str, Parameter(help="Leads, each by its id or its beginning. By default all in the ledger.")
    ],
    clock: Annotated[
        list[str] | None,
        _many(
            "A clock with other days, over each lead's own: NAME=DAYS, several as renewal_windows=120,60, of a stage as "
            f"stale_in.quoted=14. Built in are {', '.join(f'{n} ({d})' for n, d in clock_values(Clocks(), every=True))}."
        ),
    ] = None,
    holiday: Annotated[list[date] | None, _many("One more day on which nobody works, as 2026-12-24.")] = None,
    policy: Annotated[
        Path | None,
        Parameter(help="A whole policy in place of each lead's own: a file as LEADS_POLICY_FILE names it."),
    ] = None,
    price_book: Annotated[
        Path | None,
        Parameter(
            help="Other prices: a file as LEADS_PRICE_FILE names it. Each of its books replaces the one of its name."
        ),
    ] = None,
    newest_rules: Annotated[
        bool, flag("Under the newest rules of the process from each lead's beginning.")
    ] = False,
    only: Annotated[
        Only | None, Parameter(help="Only leads that are open, or only those that have ended.")
    ] = None,
    each: Annotated[bool, flag("Also lead by lead. Leads that are named are told so anyway.")] = False,
    clocks: Annotated[bool, flag("List the clocks instead, with their days in the policy in force.")] = False,
    json: Json = False,
) -> None:
    """Live past leads again under other clocks or rules, and say what would have been different. Nothing is changed.

    People decide what they decided, when they did. What the calendar does, what a decision means and whether it could be
    taken follows from the other rules. It reads the ledger alone, which also has the leads that Temporal has forgotten.
    """
    known, out = read_settings(), Output(as_json=json)
    if clocks:
        _list_clocks(current_policy(known).clocks, out)
        return
    wanted = scenario(
        known,
        clocks=clock or (),
        holidays=holiday or (),
        policy_file=policy,
        price_book=price_book,
        newest_rules=newest_rules,
    )
    changed = in_words(wanted)
    if not changed:
        raise CommandError(
            ExitCode.USAGE,
            "Say what is to be otherwise: --clock, --holiday, --policy, --price-book or --newest-rules. "
            "`leads what-if --clocks` lists the clocks.",
        )
    with past(known) as ledger, progress(hidden=json) as shown:
        names = tuple(dict.fromkeys(map(ledger.find, leads))) or tuple(ledger.heads)
        if not names:
            raise CommandError(ExitCode.NOT_FOUND, f"There are no leads in the ledger ({ledger.location}).")
        bar = shown.add_task("Living the leads again", total=len(names))
        question = SimulationRequest(wanted, datetime.now(UTC), only)
        url = known.ledger_url.get_secret_value()
        found = await simulate_leads(url, question, names, lambda: shown.advance(bar))
        place = ledger.location
    summary = Summary.of(found.leads)
    told = {"otherwise": changed, "ledger": place, "events": found.events, "newest": found.newest}
    if not out.value(told | {"unread": found.unread, "summary": summary, "leads": found.leads}):
        out.line(f"What if it were otherwise: {'; '.join(changed)}", "bold")
        counts = f"{count_of(len(found.leads), 'lead')} lived again from {count_of(found.events, 'event')}"
        newest = f" up to {found.newest:%Y-%m-%d %H:%M} UTC" if found.newest else ""
        out.items([f"{counts}{newest}, {place}"], "dim")
        if not (leads and len(found.leads) == 1):  # one lead is its own summary
            tell_summary(summary, out)
        for lead in found.leads:
            if leads or (each and lead.found):
                tell_lead(lead, out)
        for warning in warnings(found, summary):
            console(stderr=True).print(f"leads: {warning}", style="yellow", soft_wrap=True)


def warnings(found: SimulationResult, summary: Summary) -> Iterable[str]:
    """What whoever reads it must know about how far it can be relied on."""
    now = datetime.now(UTC)
    behind = [lead for lead in found.leads if lead.behind and now - lead.behind > LAG]
    if behind:
        since = min(lead.behind for lead in behind if lead.behind)
        yield (
            f"of {_some([lead.lead for lead in behind])} the ledger lacks what was due, the oldest of it since "
            f"{since:%Y-%m-%d %H:%M} UTC: it lags, or nobody serves them any more. They are told up to then."
        )
    if summary.unfaithful:
        yield (
            f"{_some(summary.unfaithful)}: this code does not live them as they were lived, by an earlier one. They are "
            "compared with how it lives them under their own rules."
        )
    if found.unread:
        yield f"of {_some(found.unread)} the ledger has no beginning that can be read; they are left out."


def _some(leads: Iterable[str]) -> str:
    names = list(leads)
    return f"{count_of(len(names), 'lead')} ({', '.join(names[:5])}{' …' if len(names) > 5 else ''})"


def _list_clocks(clocks: Clocks, out: Output) -> None:
    rows = [
        (name, days, Clocks.model_fields[name].description or "")
        for name, days in clock_values(clocks, every=True)
    ]
    if not out.value(
        [{"clock": name, "days": getattr(clocks, name), "means": means} for name, _, means in rows]
    ):
        out.table(("clock", "days", "what it means"), rows)
