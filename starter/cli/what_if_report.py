"""Prints the differences that a scenario would have made: over all leads, and lead by lead."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from process.calendar import day_of
from process.money.amounts import Money
from process.simulation.difference import (
    ChangedConcern,
    ChangedDecision,
    ChangedInvoice,
    Difference,
    MailCount,
    MovedDeadline,
    StageDays,
)
from process.simulation.summary import DeadlineShift, Summary
from process.types import Role
from starter.cli.output import Output, count_of

NOTHING = "Nothing would have been different."
SHOWN = 30
"""Number of lines per section of one lead; --json has all."""


def print_summary(found: Summary, out: Output) -> None:
    """Print the differences over all leads."""
    if not found.differ:
        out.line(NOTHING, "green")
        return
    out.line(f"{found.differ} of {count_of(found.leads, 'lead')} would have gone differently.")
    _section(out, "Deadlines", map(_shift, found.deadlines))
    _section(out, "Decisions", _decision_counts(found))
    _section(out, "Money", _money(found))
    _section(out, "Mails", map(_mailed, found.mails))
    stage_changes = [f"{count} would be elsewhere: {moved}" for moved, count in found.stage_changes.items()]
    _section(out, "Stages", [*stage_changes, *map(_stayed, found.stages)])
    days = {
        "with a line shown that would not have been": found.attention_actual,
        "with a line that would have been shown in addition": found.attention_simulated,
    }
    _section(out, "Attention", (f"{count_of(count, 'day')} {what}" for what, count in days.items() if count))


def print_lead(found: Difference, out: Output) -> None:
    """Print the differences of one lead."""
    out.heading(f"{found.lead_id} {found.heading}")
    if not found.differs:
        out.items([NOTHING], "green")
        return
    moved = f", would be {found.stage_simulated}" if found.stage_simulated is not found.stage_actual else ""
    out.items([f"{found.stage_actual}{moved}"])
    _within(out, "Deadlines", (_moved(each, found.zone) for each in found.deadlines))
    _within(out, "Decisions", _decided(found.decisions, found.zone))
    _within(out, "Invoices", map(_billed, found.invoices))
    _within(out, "Mails", map(_mailed, found.mails))
    _within(out, "Stages", map(_stayed, found.stages))
    _within(out, "Attention", map(_noticed, found.attention))


def _section(out: Output, title: str, lines: Iterable[str]) -> None:
    if found := list(lines):
        out.heading(title)
        out.items(found)


def _within(out: Output, title: str, lines: Iterable[str]) -> None:
    if found := list(lines):
        out.items([f"  {title}"], "bold")
        out.items(f"    {line}" for line in found[:SHOWN])
        if len(found) > SHOWN:
            out.items([f"    … {len(found) - SHOWN} more (--json has all)"], "dim")


# ---- over all leads


def _shift(found: DeadlineShift) -> str:
    counts = [
        f"{found.earlier} earlier, by {_number(found.days_earlier)} days (median)" if found.earlier else "",
        f"{found.later} later, by {_number(found.days_later)} days (median)" if found.later else "",
        f"{found.fewer} not at all" if found.fewer else "",
        f"{found.more} in addition" if found.more else "",
    ]
    return f"{_named(found.kind)}: {'; '.join(filter(None, counts))}"


def _decision_counts(found: Summary) -> Iterator[str]:
    for judged in found.decisions:
        counts = [
            f"{judged.refused} would have been refused" if judged.refused else "",
            f"{judged.changed} would have had another result" if judged.changed else "",
        ]
        yield f"{_named(judged.kind)}: {'; '.join(filter(None, counts))}"


def _money(found: Summary) -> Iterator[str]:
    if not found.invoices:
        return
    for billed in found.sums:
        was, would = (
            Money(amount=amount, currency=billed.currency) for amount in (billed.actual, billed.simulated)
        )
        yield f"{was} was billed; it would have been {would}{_change(billed.simulated - billed.actual, billed.currency)}"
    yield f"{count_of(found.invoices, 'invoice')} would have differed"


# ---- one lead


def _moved(found: MovedDeadline, zone: str) -> str:
    if found.actual is None:
        return f"{_day(found.simulated, zone)} in addition: {found.summary}"
    if found.simulated is None:
        return f"{_day(found.actual, zone)} not at all: {found.summary}"
    days = found.days or 0
    how = (
        f"{count_of(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
        if days
        else "at another time of that day"
    )
    return f"{_day(found.actual, zone)} {how}, on {_day(found.simulated, zone)}: {found.summary}"


def _decided(found: Iterable[ChangedDecision], zone: str) -> Iterator[str]:
    """Yield the decisions that differ; refusals after the first one mostly follow from it."""
    refused = 0
    for each in found:
        line = f"{_day(each.at, zone)} {each.seq}, by {each.by}: {each.actual}"
        if each.simulated is not None:
            yield f"{line} → {each.simulated}"
        elif not refused:
            yield f"{line}: refused. {each.refused}"
        else:
            yield f"{line}: refused, too. {each.refused}"
        refused += each.simulated is None


def _billed(found: ChangedInvoice) -> str:
    days = f"{found.start} to {found.end}"
    if found.actual is None:
        return f"{days}: {found.simulated} in addition"
    if found.simulated is None:
        return f"{days}: {found.actual} not at all"
    if found.actual.currency != found.simulated.currency:
        return f"{days}: {found.actual} → {found.simulated}"
    change = _change(found.simulated.amount - found.actual.amount, found.actual.currency)
    return f"{days}: {found.actual} → {found.simulated}{change}"


def _mailed(found: MailCount) -> str:
    return (
        f"{_named(found.template)}, to {_roles(found.to)}: {found.actual}, would have been {found.simulated}"
    )


def _stayed(found: StageDays) -> str:
    return f"{found.stage}: {found.actual} days, would have been {found.simulated}"


def _noticed(found: ChangedConcern) -> str:
    simulated = f"would have been {_stretches(found.simulated)}" if found.simulated else "would not have been"
    return f"{found.text}, for {found.owner}: {_stretches(found.actual) or 'was not shown'}; {simulated}"


# ---- text


def _stretches(found: Iterable[tuple[date, date]]) -> str:
    return ", ".join(f"{first} to {last}" if first != last else f"{first}" for first, last in found)


def _change(amount: Decimal, currency: str) -> str:
    if not amount:
        return ""
    return f", {Money(amount=abs(amount), currency=currency)} {'more' if amount > 0 else 'less'}"


def _roles(roles: Iterable[Role]) -> str:
    return " and ".join(roles)


def _named(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _number(days: float | None) -> str:
    return f"{days:g}" if days is not None else ""


def _day(at: datetime | None, zone: str) -> str:
    return str(day_of(at, zone)) if at else ""
