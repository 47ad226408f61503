"""The events that moved the forecast between two days. The parts add up to the difference exactly."""

from collections.abc import Sequence
from typing import NamedTuple

from process.money.minor_units import in_units, money_of, weighted
from process.reports.catalog import REPORTS
from process.reports.forecast import Known, days_to_signature, notes
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Row, Table, table, total
from process.reports.rows import Expected, Moved
from process.reports.valuing import KINDS, fmrr, hoped_month, sums, weight_of, worth
from process.reports.words import event_title

INFO = REPORTS["moved"]
TIME_PASSED = "time passed"
STEPS = 24
"""Maximum number of kinds of events that the picture shows; the others are one bar."""


class Step(NamedTuple):
    """The change of the forecast by one kind of event, or by the time."""

    event: str
    """Kind of the events, or TIME_PASSED."""
    events: int
    """Number of amounts that they let expect or let expect no longer."""
    amounts: dict[str, int]
    """By the kinds of money, before the weights."""
    change: int
    """By how much it moved the forecast."""


class Movement(NamedTuple):
    """The forecast before, what moved it, and the forecast after."""

    before: int
    steps: tuple[Step, ...]
    after: int


def movement(
    choice: Choice, earlier: Sequence[Expected], moved: Sequence[Moved], to_signature: int
) -> Movement:
    """Return what moved the forecast from the end of `since` to the end of `day`.

    `earlier`: the money that was expected at the end of `since`; `moved`: what began and ended since.
    """
    then, now = hoped_month(choice.since, to_signature), hoped_month(choice.day, to_signature)
    running = sums(earlier, choice, then)
    before = fmrr(running, choice)
    amounts: dict[str, dict[str, int]] = {}
    events: dict[str, int] = {}
    for sign, event, money in moved:
        of_event = amounts.setdefault(event, dict.fromkeys(KINDS, 0))
        of_event[money.kind] += sign * worth(money, choice.window, now)
        events[event] = events.get(event, 0) + money.spans
    aged = sums(earlier, choice, now)
    amounts[TIME_PASSED] = {kind: aged[kind] - running[kind] for kind in KINDS}
    steps = []
    for event in _order(amounts, choice):
        after = {kind: running[kind] + amounts[event][kind] for kind in KINDS}
        steps.append(
            Step(event, events.get(event, 0), amounts[event], fmrr(after, choice) - fmrr(running, choice))
        )
        running = after
    return Movement(before, tuple(steps), fmrr(running, choice))


def _order(amounts: dict[str, dict[str, int]], choice: Choice) -> list[str]:
    """Return the events, those that moved the most first, and the time last."""

    def size(event: str) -> tuple[bool, int, str]:
        moved = sum(weighted(amount, weight_of(kind, choice)) for kind, amount in amounts[event].items())
        return event == TIME_PASSED, -abs(moved), event

    return sorted(amounts, key=size)


def moved(choice: Choice, known: Known, earlier: Sequence[Expected], moves: Sequence[Moved]) -> Report:
    """Return the report. `known`: as at the end of `day`."""
    to_signature = days_to_signature(choice, known.measured)
    found = movement(choice, earlier, moves, to_signature)
    difference = found.after - found.before
    currency = choice.currency
    return INFO.report(
        choice,
        measured=known.measured.texts(),
        choices={"currency": known.currencies},
        headline=(
            f"From {money_of(found.before, currency)} on {choice.since} to {money_of(found.after, currency)} "
            f"on {choice.day}: {'+' if difference > 0 else ''}{money_of(difference, currency)}",
        ),
        tables=(_table(choice, found),),
        chart=_chart(choice, found),
        notes=tuple(notes(choice, known.unpriced, known.money, to_signature, known.currencies)),
    )


def step_title(step: Step) -> str:
    """Return the step's name for people."""
    return "Time passed" if step.event == TIME_PASSED else event_title(step.event)


def _table(choice: Choice, found: Movement) -> Table:
    money = {"kind": "money", "currency": choice.currency}
    titles = ("contracted", "renewals", "new", "moved by")
    columns = [
        Column(title="event"),
        Column(title="amounts", kind="count"),
        *(Column(title=title, **money) for title in titles),
        Column(title="forecast", **money),
    ]
    lines: list[Row | list[Cell]] = [_end(f"{choice.since}", found.before, choice)]
    forecast = found.before
    for step in found.steps:
        forecast += step.change
        lines.append(_line(choice, step, forecast))
    lines.append(_end(f"{choice.day}", found.after, choice))
    return table("What moved it", columns, lines)


def _end(day: str, forecast: int, choice: Choice) -> Row:
    return total([Cell(value=day), *[Cell()] * 5, Cell(value=in_units(forecast, choice.currency))])


def _line(choice: Choice, step: Step, forecast: int) -> list[Cell]:
    def rows(kind: str) -> str:
        return "" if step.event == TIME_PASSED else rows_of(INFO.specs, choice, step.event or "unknown", kind)

    amounts = [
        Cell(
            value=in_units(step.amounts[kind], choice.currency), rows=rows(kind) if step.amounts[kind] else ""
        )
        for kind in KINDS
    ]
    return [
        Cell(value=step_title(step), rows=rows("")),
        Cell(value=step.events or None),
        *amounts,
        Cell(value=in_units(step.change, choice.currency), rows=rows("")),
        Cell(value=in_units(forecast, choice.currency)),
    ]


def _chart(choice: Choice, found: Movement) -> Chart:
    steps = [(step_title(step), step.change, step) for step in found.steps if step.change]
    shown, others = steps[:STEPS], steps[STEPS:]
    marks = [
        Mark(
            x=title,
            series="up" if change > 0 else "down",
            value=in_units(change, choice.currency),
            rows="" if step.event == TIME_PASSED else rows_of(INFO.specs, choice, step.event or "unknown"),
        )
        for title, change, step in shown
    ]
    if rest := sum(change for _, change, _ in others):
        marks.append(
            Mark(x="Others", series="up" if rest > 0 else "down", value=in_units(rest, choice.currency))
        )
    first = Mark(x=f"{choice.since}", series="level", value=in_units(found.before, choice.currency))
    last = Mark(x=f"{choice.day}", series="level", value=in_units(found.after, choice.currency))
    everything = (first, *marks, last)
    return Chart(
        kind="steps",
        title=INFO.title,
        description=f"What moved the forecast in {choice.currency} from {choice.since} to {choice.day}: "
        f"from {money_of(found.before, choice.currency)} to {money_of(found.after, choice.currency)}.",
        x_title="",
        y_title=choice.currency,
        currency=choice.currency,
        xs=tuple(mark.x for mark in everything),
        series=("level", "up", "down"),
        marks=everything,
    )
