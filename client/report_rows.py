"""The leads and events of a figure of a report, some at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from client.report_figures import (
    IN_ONE_CURRENCY,
    all_unbilled,
    measured_rates,
    month_times,
    with_currency,
)
from ledger.queries import figure_lines, reports
from ledger.queries.cursors import read_cursor, write_cursor
from ledger.queries.figure_lines import Line, Lines, Time
from process.calendar import last_moment
from process.money.minor_units import in_units
from process.reports.forecast import days_to_signature
from process.reports.invoices import bucket_of
from process.reports.lost import UNKNOWN
from process.reports.months import Window, month_name, read_month
from process.reports.parameters import SHOWN, Choice, ParameterRefused
from process.reports.report import FigurePage, FigureRow
from process.reports.time_in_stage import STILL
from process.reports.unbilled import TITLES, months_of
from process.reports.valuing import KINDS, hoped_month, worth
from process.reports.words import counted, event_title
from process.types import Stage

_EVENT: Final = re.compile("[a-z_]{1,60}")


class Asked(NamedTuple):
    """A figure that is asked about."""

    connection: Connection
    choice: Choice
    zone: str
    figure: str
    of: str
    """A part of the figure, such as a month; empty for all of it."""
    after: str | None

    @property
    def window(self) -> Window:
        """The month that the figure is of, or else the window. Raises ParameterRefused."""
        month = _month(self.of) if self.of else None
        return self.choice.window if month is None else Window(month, month)

    @property
    def time(self) -> Time:
        """The time of these months."""
        return Time(*month_times(self.window.first, self.window.last, self.zone))


def page_of(
    connection: Connection,
    name: str,
    choice: Choice,
    zone: str,
    figure: str,
    of: str = "",
    after: str | None = None,
) -> FigurePage:
    """Return the leads and events of a figure. Raises ParameterRefused for one that there is not, or BrokenCursor."""
    if name in IN_ONE_CURRENCY:
        choice = with_currency(choice, reports.currencies(connection))
    page = _PAGES[name](Asked(connection, choice, zone, figure, of, after))
    told = figure_lines.summaries(connection, [(row.lead_id, row.seq) for row in page.rows if row.seq])
    names = figure_lines.headings(connection, [row.lead_id for row in page.rows])
    rows = []
    for row in page.rows:
        event = told.get((row.lead_id, row.seq)) if row.seq else None
        what = ": ".join(filter(None, (row.what, event.summary if event else "")))
        named = names.get(row.lead_id, figure_lines.Named("", zone))
        at = event.at if event else None
        rows.append(row.replaced(heading=named.heading, zone=named.zone, at=at, what=what))
    return page.replaced(rows=tuple(rows))


def _month(text: str) -> int:
    try:
        return read_month(text)
    except ValueError:
        raise ParameterRefused("of", f"{text[:SHOWN]!r} is no month.") from None


def _no_figure(figure: str) -> ParameterRefused:
    return ParameterRefused("figure", f"the report has no figure {figure[:SHOWN]!r}.")


def _stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError:
        raise _no_figure(text) from None


# ---- money


def _forecast(ask: Asked) -> FigurePage:
    kinds = _kinds(ask.figure if ask.figure != "all" else "")
    floating = _floating(ask)
    window = ask.window
    found = figure_lines.expected_lines(
        ask.connection,
        ask.choice.currency,
        last_moment(ask.choice.day, ask.zone),
        kinds,
        (window.first, window.last),
        floating,
        ask.after,
    )
    return _money_page(ask, " and ".join(kinds), window, floating, found)


def _moved(ask: Asked) -> FigurePage:
    if not _EVENT.fullmatch(ask.figure):
        raise _no_figure(ask.figure)
    then, now = (last_moment(day, ask.zone) for day in (ask.choice.since, ask.choice.day))
    event = "" if ask.figure == "unknown" else ask.figure
    kinds = _kinds(ask.of)
    found = figure_lines.moved_lines(
        ask.connection, ask.choice.currency, Time(then, now), event, kinds, ask.after
    )
    return _money_page(ask, event_title(event), ask.choice.window, _floating(ask), found)


def _kinds(kind: str) -> Sequence[str]:
    if kind and kind not in KINDS:
        raise _no_figure(kind)
    return (kind,) if kind else KINDS


def _floating(ask: Asked) -> int:
    rates = measured_rates(ask.connection, ask.choice.day, ask.zone)
    return hoped_month(ask.choice.day, days_to_signature(ask.choice, rates))


def _money_page(ask: Asked, title: str, window: Window, floating: int, found: Lines) -> FigurePage:
    currency = ask.choice.currency

    def row(line: Line) -> FigureRow:
        money = line.money
        amount = line.sign * worth(money, window, floating) if money else 0
        return FigureRow(
            lead_id=line.lead_id,
            seq=line.seq,
            what=money.kind if money else "",
            amount=in_units(amount, currency),
            currency=currency,
        )

    return FigurePage(title=title, rows=tuple(map(row, found.lines)), after=found.after)


# ---- stages


def _funnel(ask: Asked) -> FigurePage:
    stage = _stage(ask.figure)
    found = figure_lines.stage_lines(
        ask.connection, stage, ask.time, *figure_lines.first_times(), after=ask.after
    )
    return _events(f"{stage}, opened {ask.of or 'within the window'}", found)


def _time_in_stage(ask: Asked) -> FigurePage:
    name = ask.figure.removeprefix(f"{STILL}-")
    stage, over = _stage(name), name == ask.figure
    time = Time(*month_times(ask.choice.window.first, ask.choice.window.last, ask.zone))
    found = figure_lines.stage_lines(ask.connection, stage, time, figure_lines.ended(over), after=ask.after)
    return _events(f"{stage}, {'left' if over else 'still there'}", found)


def _lost(ask: Asked) -> FigurePage:
    of = "" if ask.of == UNKNOWN else ask.of
    conditions = [*figure_lines.unmerged()]
    match ask.figure.removesuffix("-reopened"):
        case "reason":
            conditions.append(figure_lines.reason_is(of))
        case "stage":
            conditions.append(figure_lines.stage_before_is(of))
        case "all":
            pass
        case _:
            raise _no_figure(ask.figure)
    if ask.figure.endswith("-reopened"):
        conditions.append(figure_lines.ended(True))
    time = Time(*month_times(ask.choice.window.first, ask.choice.window.last, ask.zone))
    found = figure_lines.stage_lines(
        ask.connection, Stage.LOST, time, *conditions, by=figure_lines.BEGAN, after=ask.after
    )
    return _events(f"Lost: {ask.of or 'all'}", found)


def _events(title: str, found: Lines) -> FigurePage:
    rows = (
        FigureRow(
            lead_id=line.lead_id,
            seq=line.seq,
            what="" if line.days is None else counted(line.days, "day", "days"),
        )
        for line in found.lines
    )
    return FigurePage(title=title, rows=tuple(rows), after=found.after)


# ---- leads as they stand now: few enough to be read as a whole


def _unbilled(ask: Asked) -> FigurePage:
    rows: list[tuple[tuple[Any, ...], FigureRow]] = []
    month = _month(ask.of) if ask.figure == "month" else None
    if ask.figure not in ("month", "kind", "all"):
        raise _no_figure(ask.figure)
    for days in all_unbilled(ask.connection):
        if ask.figure == "kind" and days.kind != ask.of:
            continue
        estimate = days.estimate
        if month is not None:
            of_month = [each for each in months_of(days) if each.month == month]
            if not of_month:
                continue
            estimate = of_month[0].estimate
        amount = None if estimate is None or not days.currency else in_units(estimate, days.currency)
        what = f"{TITLES[days.kind]}, {days.start} to {days.end}"
        row = FigureRow(lead_id=days.lead_id, what=what, amount=amount, currency=days.currency or "")
        rows.append(((days.start.isoformat(), days.lead_id, days.number), row))
    title = month_name(month) if month is not None else TITLES.get(ask.of, "Un-billed")  # type: ignore[call-overload]
    return _in_memory(title, rows, (str, str, int), ask.after)


def _coverage(ask: Asked) -> FigurePage:
    rows: list[tuple[tuple[Any, ...], FigureRow]] = []
    match ask.figure, ask.of:
        case "hubs", ("allowed" | "not-allowed" | "") as of:
            for hub in reports.hubs_without_contract(ask.connection, ask.choice.day):
                if not of or bool(hub.exception_by) == (of == "allowed"):
                    allowed = f", allowed by {hub.exception_by}" if hub.exception_by else ""
                    row = FigureRow(lead_id=hub.lead_id, what=f"live since {hub.live_on}{allowed}")
                    rows.append(((hub.live_on.isoformat(), hub.lead_id), row))
        case "contracts", "":
            for lead in reports.contracts_without_hub(ask.connection, ask.choice.day):
                row = FigureRow(lead_id=lead.lead_id, what=f"contract since {lead.start}")
                rows.append(((lead.start.isoformat(), lead.lead_id), row))
        case _:
            raise _no_figure(ask.figure)
    return _in_memory("Hubs and contracts", rows, (str, str), ask.after)


def _invoices(ask: Asked) -> FigurePage:
    rows: list[tuple[tuple[Any, ...], FigureRow]] = []
    for each in reports.open_invoices(ask.connection):
        in_bucket = ask.figure in ("all", bucket_of(each, ask.choice.day))
        if not in_bucket or ask.choice.currency not in ("", each.currency):
            continue
        sent = f"sent on {each.sent_on}" if each.sent_on else "not sent yet"
        row = FigureRow(
            lead_id=each.lead_id,
            what=f"invoice {each.number}, {sent}{', overdue' if each.overdue else ''}",
            amount=in_units(each.total, each.currency),
            currency=each.currency,
        )
        rows.append(((f"{each.sent_on or '9999'}", each.lead_id, each.number), row))
    return _in_memory("Open invoices", rows, (str, str, int), ask.after)


def _in_memory(
    title: str, rows: list[tuple[tuple[Any, ...], FigureRow]], types: tuple[type, ...], after: str | None
) -> FigurePage:
    """Return a page of rows, each with its sort values."""
    rows.sort(key=lambda each: each[0])
    if after is not None:
        last = read_cursor(after, *types)
        rows = [each for each in rows if each[0] > last]
    page, more = rows[: figure_lines.PAGE], len(rows) > figure_lines.PAGE
    cursor = write_cursor(page[-1][0]) if more else None
    return FigurePage(title=title, rows=tuple(row for _, row in page), after=cursor)


_PAGES: Final[Mapping[str, Callable[[Asked], FigurePage]]] = {
    "forecast": _forecast,
    "moved": _moved,
    "funnel": _funnel,
    "time-in-stage": _time_in_stage,
    "lost": _lost,
    "unbilled": _unbilled,
    "coverage": _coverage,
    "invoices": _invoices,
}
