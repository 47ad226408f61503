"""`leads list`: many leads, from their rows in the ledger, as a table, CSV or JSON."""

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from rich.text import Text

from client.lists import Order, Selection, lead_lists
from config.settings import lead_page
from process.types import OPEN_STAGES, Role, Stage
from process.views.lead_row import LeadRow, OpenInvoice
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from starter.cli.warnings import warn_of_outdated

LIMIT = 200
COLUMNS = (
    "lead",
    "stage",
    "organisation",
    "title",
    "next is",
    "next step",
    "next date",
    "next date is for",
    "on hold",
    "price",
    "currency",
    "per",
    "signed on",
    "contract start",
    "contract end",
    "open invoices",
    "attention",
    "opened",
    "ended on",
    "lost",
    "updated",
    "issue",
    "folder",
    "url",
)
"""Columns of the CSV. New ones are added at the end only."""


async def list_(
    *,
    stage: Annotated[
        list[Stage] | None,
        Parameter(negative="", show_default=False, help="Only these stages. By default the open ones."),
    ] = None,
    every: Annotated[bool, flag("All stages, and archived leads, too.", "--all")] = False,
    owner: Annotated[Role | None, Parameter(help="Only leads that wait for this role.")] = None,
    attention: Annotated[bool, flag("Only leads that need attention.")] = False,
    org: Annotated[str | None, Parameter(help="Only leads of this organisation, by its whole name.")] = None,
    since: Annotated[date | None, Parameter(help="Only leads that were opened on this day or later.")] = None,
    until: Annotated[
        date | None, Parameter(help="Only leads that were opened on this day or earlier.")
    ] = None,
    ends_by: Annotated[
        date | None, Parameter(help="Only leads with a contract that ends on this day or earlier.")
    ] = None,
    unpaid: Annotated[bool, flag("Only leads with an invoice that is not paid, sent or not.")] = False,
    sort: Annotated[
        Order, Parameter(help="Oldest, soonest, contract that ends first, latest change, or by id first.")
    ] = "opened",
    limit: Annotated[
        int | None, Parameter(help=f"Number of leads to list: {LIMIT} by default, all of them with --csv.")
    ] = None,
    count: Annotated[bool, flag("Only how many leads there are at each stage.")] = False,
    csv: Annotated[bool, flag("Comma-separated values for a spreadsheet instead of text.")] = False,
    json: Json = False,
) -> None:
    """List leads that are not archived. It reads the ledger: no lead is asked, and no worker is needed.

    Examples: leads list --owner sales --sort next-date, leads list --attention --count,
    leads list --all --since 2025-01-01 --until 2025-12-31 --count, leads list --sort contract-end --ends-by 2026-12-31,
    leads list --all --unpaid --csv
    """
    known, out = read_settings(), Output(as_json=json)
    selection = _selection(stage, every, owner, attention, org, (since, until), ends_by, unpaid, known.zone)
    if limit is not None and limit < 1:
        raise CommandFailed(ExitCode.USAGE, "--limit must be at least 1.")
    if since and until and since > until:
        raise CommandFailed(ExitCode.USAGE, "--since must not be later than --until.")
    if csv and (json or count):
        raise CommandFailed(ExitCode.USAGE, "--csv goes with neither --json nor --count.")
    shown = LIMIT if limit is None and not csv else limit
    with lead_lists(known) as rows:
        counts = rows.count_by_stage(selection) if count or not csv else {}
        found = [] if count else rows.list_leads(selection, sort, shown)
    if count:
        _print_counts(counts, out)
        return
    links = _links(found, known.temporal_ui)
    if csv:
        from templates.spreadsheets import write_csv  # only this writes a table

        write_csv(sys.stdout, COLUMNS, (_record(row, links[row.lead_id]) for row in found))
    elif not out.value([row.model_dump(mode="json") | {"url": links[row.lead_id]} for row in found]):
        _print(found, counts, sort, unpaid, out)
        if org and not found:
            out.line("--org takes the whole name of an organisation; `leads show` takes words of it.", "dim")
    if not json and not csv:
        from starter.cli.stuck import warn_of_stuck  # only this asks Temporal

        now = datetime.now(UTC)
        warn_of_outdated([row.lead_id for row in found if row.is_outdated(now)], json=json)
        await warn_of_stuck(known, json=json)


def _selection(
    stages: Iterable[Stage] | None,
    every: bool,
    owner: Role | None,
    attention: bool,
    org: str | None,
    opened: tuple[date | None, date | None],
    ends_by: date | None,
    unpaid: bool,
    zone: str,
) -> Selection:
    """Return the selection. A lost or closed lead may have a live contract and unpaid invoices, too."""
    wide = every or attention or unpaid
    since, until = opened
    return Selection(
        stages=tuple(stages or (Stage if wide else OPEN_STAGES)),
        owner=owner,
        attention=attention,
        org=org,
        archived=every,
        since=_begin_of(since, zone) if since else None,
        before=_begin_of(until + timedelta(days=1), zone) if until else None,
        ends_by=ends_by,
        unpaid=unpaid,
    )


def _begin_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _links(rows: Iterable[LeadRow], ui: str) -> Mapping[str, str]:
    """Return the URL of each lead's page in the Temporal UI."""
    from client.configuration import configured_namespace  # it loads Temporal's SDK

    namespace = configured_namespace()
    return {row.lead_id: lead_page(ui, namespace, row.lead_id) for row in rows}


def _print(found: list[LeadRow], counts: Mapping[Stage, int], sort: Order, unpaid: bool, out: Output) -> None:
    if not found:
        out.line("No leads.")
        return
    extra = ["unpaid"] if unpaid else ["contract end"] if sort == "contract-end" else []
    out.table(
        ("lead", "stage", "next is", "next date", *extra, "attention", "title"),
        (
            (
                row.lead_id,
                _stage(row),
                str(row.owner),
                f"{row.next_day}: {row.next_day_is_for}" if row.next_day else "",
                *([_invoices(row.open_invoices)] if unpaid else []),
                *([_day(row.contract_end)] if extra == ["contract end"] else []),
                _attention(len(row.attention), len(row.parked)),
                row.heading,
            )
            for row in found
        ),
    )
    if (total := sum(counts.values())) > len(found):
        out.line()
        out.line(f"{len(found)} of {total} leads ({_by_stage(counts)}); --limit shows more.", "dim")


def _stage(row: LeadRow) -> str:
    notes = [", on hold"] if row.on_hold else []
    notes += [", archived"] if row.archived else []
    notes += [f" ({row.lost})"] if row.lost else []
    return f"{row.stage}{''.join(notes)}"


def _record(row: LeadRow, url: str) -> tuple[object, ...]:
    """Return the row's values for the columns of the CSV."""
    return (
        row.lead_id,
        row.stage,
        row.org,
        row.title,
        row.owner,
        row.next_step,
        row.next_day,
        row.next_day_is_for,
        row.on_hold,
        row.price and row.price.amount,
        row.price and row.price.currency,
        row.per,
        row.signed_on,
        row.contract_start,
        row.contract_end,
        _invoices(row.open_invoices),
        "; ".join((*row.attention, *row.parked)),
        row.opened_at,
        row.ended_on,
        row.lost,
        row.updated_at,
        row.issue,
        row.folder,
        url,
    )


def _invoices(found: Iterable[OpenInvoice]) -> str:
    return "; ".join(f"{each.number}: {each.total}, {_state(each)}" for each in found)


def _state(invoice: OpenInvoice) -> str:
    if invoice.sent_on is None:
        return "not sent yet"
    return f"sent on {invoice.sent_on}{', overdue' if invoice.overdue else ''}"


def _day(day: date | None) -> str:
    return str(day) if day else ""


def _print_counts(counts: Mapping[Stage, int], out: Output) -> None:
    if not out.value({str(stage): number for stage, number in counts.items()}):
        out.line(_by_stage(counts) or "No leads.")


def _by_stage(counts: Mapping[Stage, int]) -> str:
    return ", ".join(f"{stage}: {number}" for stage, number in counts.items())


def _attention(attention: int, failed: int) -> Text:
    found = [f"{attention} to look at"] if attention else []
    found += [f"{failed} failed"] if failed else []
    return Text(", ".join(found), style="yellow")
