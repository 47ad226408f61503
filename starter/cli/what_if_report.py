"""What would have been different, in words: over all leads, and lead by lead."""

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
from starter.cli.output import Output

NOTHING = "Nothing would have been different."
SHOWN = 30
"""Lines of a kind that are told of one lead; --json has all."""


def tell_summary(found: Summary, out: Output) -> None:
    if not found.differ:
        out.line(NOTHING, "green")
        return
    out.line(f"{found.differ} of {count_of(found.leads, 'lead')} would have gone otherwise.")
    _section(out, "The calendar", map(_shift, found.deadlines))
    _section(out, "Decisions", _decision_counts(found))
    _section(out, "Money", _money(found))
    _section(out, "Mails", map(_mailed, found.mails))
    stage_changes = [f"{count} would be elsewhere: {moved}" for moved, count in found.stage_changes.items()]
    _section(out, "Stages", [*stage_changes, *map(_stayed, found.stages)])
    days = {
        "on which a line was shown that would not have been": found.attention_actual,
        "on which one more line would have been shown": found.attention_simulated,
    }
    _section(out, "Attention", (f"{count_of(count, 'day')} {what}" for what, count in days.items() if count))


def tell_lead(found: Difference, out: Output) -> None:
    out.heading(f"{found.lead_id} {found.heading}")
    if not found.found:
        out.items([NOTHING], "green")
        return
    moved = f", would be {found.stage_simulated}" if found.stage_simulated is not found.stage_actual else ""
    out.items([f"{found.stage_actual}{moved}"])
    _within(out, "Calendar", (_moved(each, found.zone) for each in found.deadlines))
    _within(out, "Decisions", _decided(found.decisions, found.zone))
    _within(out, "Invoices", map(_billed, found.invoices))
    _within(out, "Mails", map(_mailed, found.mails))
    _within(out, "Stages", map(_stayed, found.stages))
    _within(out, "Attention", map(_noticed, found.attention))


def _section(out: Output, title: str, lines: Iterable[str]) -> None:
    if told := list(lines):
        out.heading(title)
        out.items(told)


def _within(out: Output, title: str, lines: Iterable[str]) -> None:
    if told := list(lines):
        out.items([f"  {title}"], "bold")
        out.items(f"    {line}" for line in told[:SHOWN])
        if len(told) > SHOWN:
            out.items([f"    … {len(told) - SHOWN} more (--json has all)"], "dim")


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
            f"{judged.scenario} would have meant something else" if judged.scenario else "",
        ]
        yield f"{_named(judged.kind)}: {'; '.join(filter(None, counts))}"


def _money(found: Summary) -> Iterator[str]:
    if not found.invoices:
        return
    for billed in found.sums:
        actual, simulated = (
            Money(amount=amount, currency=billed.currency) for amount in (billed.actual, billed.simulated)
        )
        change = _change(billed.simulated - billed.actual, billed.currency)
        yield f"{actual} was billed; it would have been {simulated}{change}"
    yield f"{count_of(found.invoices, 'invoice')} would have been others, none, or in addition"


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
        else "at another time of the day"
    )
    return f"{_day(found.actual, zone)} {how}, on {_day(found.simulated, zone)}: {found.summary}"


def _decided(found: Iterable[ChangedDecision], zone: str) -> Iterator[str]:
    """The first that is refused with its reason; what is refused after that mostly follows from it."""
    refused = 0
    for each in found:
        said = f"{_day(each.at, zone)} {each.seq}, by {each.by}: {each.actual}"
        if each.simulated is not None:
            yield f"{said} → {each.simulated}"
        elif not refused:
            yield f"{said}: refused. {each.refused}"
        else:
            yield f"{said}: so refused, too. {each.refused}"
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


# ---- words


def count_of(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


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
