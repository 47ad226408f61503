"""`leads what-if`: simulates past leads under other periods, prices or rules."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from client.past import past
from client.simulations import Only, SimulationRequest, SimulationResult, simulate_leads
from config.policy_file import current_policy
from process.policy import Periods
from process.simulation.summary import Summary
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, console, count_of, progress
from starter.cli.scenario import described, period_values, scenario
from starter.cli.what_if_report import print_lead, print_summary

LAG = timedelta(hours=1)
"""Lag of the ledger that is not reported."""


def _many(text: str) -> Parameter:
    return Parameter(negative="", show_default=False, help=text)


async def what_if(
    *leads: Annotated[
        str, Parameter(help="Leads, each by its id, issue or organisation. By default all in the ledger.")
    ],
    period: Annotated[
        list[str] | None,
        _many(
            "Other days for a period: NAME=DAYS, several as renewal_windows=120,60, of a stage as "
            f"stale_in.quoted=14. Built-in values: "
            f"{', '.join(f'{n} ({d})' for n, d in period_values(Periods(), every=True))}."
        ),
    ] = None,
    holiday: Annotated[list[date] | None, _many("Another holiday, e.g. 2026-12-24.")] = None,
    policy: Annotated[
        Path | None,
        Parameter(help="A policy file (as for LEADS_POLICY_FILE) in place of each lead's own policy."),
    ] = None,
    price_book: Annotated[
        Path | None,
        Parameter(
            help="A price file (as for LEADS_PRICE_FILE). Each of its books replaces the one of the same name."
        ),
    ] = None,
    newest_rules: Annotated[
        bool, flag("Apply the newest rules of the process from each lead's beginning.")
    ] = False,
    only: Annotated[Only | None, Parameter(help="Only open leads, or only ended ones.")] = None,
    each: Annotated[bool, flag("Also report lead by lead, as is done for named leads.")] = False,
    periods: Annotated[bool, flag("Only list the periods, with their days in the current policy.")] = False,
    json: Json = False,
) -> None:
    """Simulate past leads under other periods, prices or rules, and report the differences. Nothing is changed.

    People's decisions stay the same, at the same times. Deadlines, the meaning of decisions and refusals follow the other
    rules. Only the ledger is read, so leads past Temporal's retention are included.

    Example: leads what-if --period quote_validity=60 --holiday 2026-12-24
    """
    known, out = read_settings(), Output(as_json=json)
    if periods:
        _list_periods(current_policy(known).periods, out)
        return
    wanted = scenario(
        known,
        periods=period or (),
        holidays=holiday or (),
        policy_file=policy,
        price_book=price_book,
        newest_rules=newest_rules,
    )
    changes = described(wanted)
    if not changes:
        raise CommandFailed(
            ExitCode.USAGE,
            "Say what to change: --period, --holiday, --policy, --price-book or --newest-rules. "
            "`leads what-if --periods` lists the periods.",
        )
    with past(known) as ledger, progress(hidden=json) as shown:
        names = tuple(dict.fromkeys(map(ledger.find, leads))) or ledger.lead_ids()
        if not names:
            raise CommandFailed(ExitCode.NOT_FOUND, f"There are no leads in the ledger ({ledger.location}).")
        bar = shown.add_task("Simulating leads", total=len(names))
        request = SimulationRequest(wanted, datetime.now(UTC), only)
        found = await simulate_leads(known, request, names, lambda: shown.advance(bar))
        location = ledger.location
    summary = Summary.of(found.leads)
    result = {"scenario": changes, "ledger": location, "events": found.events, "newest": found.newest}
    if not out.value(result | {"unread": found.unread, "summary": summary, "leads": found.leads}):
        out.line(f"What if: {'; '.join(changes)}", "bold")
        counts = f"{count_of(len(found.leads), 'lead')} simulated from {count_of(found.events, 'event')}"
        newest = f" up to {found.newest:%Y-%m-%d %H:%M} UTC" if found.newest else ""
        out.items([f"{counts}{newest}, {location}"], "dim")
        if not (leads and len(found.leads) == 1):  # one lead is its own summary
            print_summary(summary, out)
        for lead in found.leads:
            if leads or (each and lead.differs):
                print_lead(lead, out)
        for warning in warnings(found, summary):
            console(stderr=True).print(f"leads: {warning}", style="yellow", soft_wrap=True)


def warnings(found: SimulationResult, summary: Summary) -> Iterable[str]:
    """Yield the reasons why the results may not be reliable."""
    now = datetime.now(UTC)
    lagging = [lead for lead in found.leads if lead.overdue_since and now - lead.overdue_since > LAG]
    if lagging:
        since = min(filter(None, (lead.overdue_since for lead in lagging)))
        yield (
            f"the ledger lacks deadlines of {_some([lead.lead_id for lead in lagging])} that were due since "
            f"{since:%Y-%m-%d %H:%M} UTC: it lags, or no worker runs. These leads are simulated up to then."
        )
    if summary.not_reproducible:
        yield (
            f"{_some(summary.not_reproducible)}: this code does not reproduce the recorded events of an earlier one. "
            "They are compared with its own simulation under their own rules."
        )
    if found.unread:
        yield f"the ledger has no readable first event of {_some(found.unread)}; they are left out."


def _some(leads: Iterable[str]) -> str:
    names = list(leads)
    return f"{count_of(len(names), 'lead')} ({', '.join(names[:5])}{' …' if len(names) > 5 else ''})"


def _list_periods(periods: Periods, out: Output) -> None:
    rows = [
        (name, days, Periods.model_fields[name].description or "")
        for name, days in period_values(periods, every=True)
    ]
    if not out.value(
        [{"period": name, "days": getattr(periods, name), "means": means} for name, _, means in rows]
    ):
        out.table(("period", "days", "meaning"), rows)
