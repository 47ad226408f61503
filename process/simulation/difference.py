"""Differences between the actual and the simulated lead."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, zip_longest
from typing import NamedTuple, TypeVar

from pydantic import AwareDatetime

from process.calendar import DAY, day_of
from process.core.events import Event, Observation
from process.deadlines.billing import InvoiceDue
from process.effects import SendMail
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.money.amounts import Money
from process.simulation.scenario import Scenario
from process.simulation.simulate import DecisionOutcome, Simulation, Step, simulate
from process.types import OPEN_STAGES, Code, Id, Mention, Model, Named, Role, Stage, Words
from process.views.attention import concerns, next_change

REPEATED = frozenset(
    {"gone_stale", "questionnaire_nudged", "invoices_unsent", "usage_missing", "hub_information_missed"}
)
"""Kinds of deadlines that repeat while nothing moves."""


class MovedDeadline(Model):
    """A deadline that would have passed on another day, not at all, or in addition."""

    kind: Code
    summary: Words
    actual: AwareDatetime | None
    simulated: AwareDatetime | None
    days: int | None = None
    """Days later (negative: earlier). None if it passed only in one of both."""


class ChangedDecision(Model):
    """A person's decision that would have been refused, or would have had another result."""

    seq: int
    at: AwareDatetime
    kind: Code
    by: Named
    actual: Words
    simulated: Words | None
    refused: Words = ""


class ChangedInvoice(Model):
    """An invoice that would have been changed, missing or additional. Voided invoices are left out."""

    start: date
    end: date
    actual: Money | None
    simulated: Money | None


class BilledTotal(Model):
    """Total of all invoices in one currency."""

    currency: Code
    actual: Decimal
    simulated: Decimal


class MailCount(Model):
    """Mails of one template to the same roles."""

    template: Code
    to: tuple[Role, ...]
    actual: int
    simulated: int


class StageDays(Model):
    """Days in a stage, in the lead's zone."""

    stage: Stage
    actual: int
    simulated: int


class ChangedConcern(Model):
    """A concern that was shown on other days; each pair is a first and a last day."""

    text: Words
    owner: Role
    actual: tuple[tuple[date, date], ...]
    simulated: tuple[tuple[date, date], ...]


class Difference(Model):
    """Differences between the actual and the simulated lead; empty lists if there are none."""

    lead_id: Id
    heading: Mention
    zone: Code
    stage_actual: Stage
    stage_simulated: Stage
    until: AwareDatetime
    """End of the comparison."""
    overdue_since: AwareDatetime | None = None
    """Time of the first deadline missing from the events."""
    reproducible: bool = True
    """False if an older version of the code acted differently; the baseline is then this code's simulation."""
    deadlines: tuple[MovedDeadline, ...] = ()
    decisions: tuple[ChangedDecision, ...] = ()
    invoices: tuple[ChangedInvoice, ...] = ()
    mails: tuple[MailCount, ...] = ()
    stages: tuple[StageDays, ...] = ()
    attention: tuple[ChangedConcern, ...] = ()
    sums: tuple[BilledTotal, ...] = ()
    """Totals of all invoices, also if they are equal."""

    @property
    def differs(self) -> bool:
        """True if anything would have been different."""
        kinds = (self.deadlines, self.decisions, self.invoices, self.mails, self.stages, self.attention)
        return any(kinds) or self.stage_actual is not self.stage_simulated


def difference(events: Sequence[Event], lead_id: str, scenario: Scenario, now: datetime) -> Difference:
    """Return the differences in this lead until `now` (aware).

    Raises ValueError if the first event does not open a lead.
    """
    simulation = simulate(events, lead_id, scenario, now)
    if simulation.reproducible:
        return compared(simulation)
    # Compare with this code's own simulation, so that only the effect of the scenario is shown.
    own = simulate(events, lead_id, Scenario(), now)
    simulation = simulate([step.event for step in own.simulated], lead_id, scenario, own.until)
    return compared(simulation).replaced(reproducible=False, overdue_since=own.overdue_since)


def compared(simulation: Simulation) -> Difference:
    """Return the differences between both sides of the simulation."""
    actual, simulated = simulation.actual[-1].after, simulation.simulated[-1].after
    return Difference(
        lead_id=actual.id,
        heading=actual.heading,
        zone=actual.zone,
        stage_actual=actual.stage,
        stage_simulated=simulated.stage,
        until=simulation.until,
        overdue_since=simulation.overdue_since,
        deadlines=tuple(_deadlines(simulation)),
        decisions=tuple(filter(None, map(_changed, simulation.outcomes))),
        invoices=tuple(_invoices(actual, simulated)),
        mails=tuple(_mails(simulation)),
        stages=tuple(_stages(simulation)),
        attention=tuple(_attention(simulation)),
        sums=tuple(_sums(actual, simulated)),
    )


# ---- deadlines


class _PassedDeadline(NamedTuple):
    """A deadline that passed, its day, and the last decision before it."""

    step: Step
    day: date
    after: tuple[datetime, str] | None


def _deadlines(simulation: Simulation) -> Iterator[MovedDeadline]:
    actual, simulated = _by_name(simulation.actual), _by_name(simulation.simulated)
    found = [
        _moved(*pair) for name in {**actual, **simulated} for pair in _paired(actual[name], simulated[name])
    ]
    yield from sorted(
        found, key=lambda moved: (min(filter(None, (moved.actual, moved.simulated))), moved.kind)
    )


def _by_name(steps: Iterable[Step]) -> defaultdict[tuple[object, ...], list[_PassedDeadline]]:
    """Group passed deadlines by kind and subject, so that both sides can be compared."""
    found: defaultdict[tuple[object, ...], list[_PassedDeadline]] = defaultdict(list)
    after = None
    for step in steps:
        fact = step.event.fact
        if step.is_deadline:
            about = (getattr(fact, name, None) for name in ("number", "version", "days", "event", "first"))
            day = day_of(step.event.at, step.before.zone)
            found[fact.kind, *about].append(_PassedDeadline(step, day, after))
        elif step.decided:
            after = (step.event.at, step.event.kind)
    return found


def _paired(
    actual: list[_PassedDeadline], simulated: list[_PassedDeadline]
) -> Iterator[tuple[_PassedDeadline | None, _PassedDeadline | None]]:
    """Yield pairs of deadlines that differ; one of a pair is None if it passed only on the other side.

    Repeating deadlines are paired only if they follow the same decision.
    """
    same = Counter(done.day for done in actual) & Counter(done.day for done in simulated)
    groups: defaultdict[object, tuple[list[_PassedDeadline], list[_PassedDeadline]]] = defaultdict(
        lambda: ([], [])
    )
    for side, passed in enumerate((actual, simulated)):
        for done in _without(passed, same):
            groups[done.after if done.step.event.kind in REPEATED else None][side].append(done)
    for ours, theirs in groups.values():
        yield from zip_longest(ours, theirs)


def _without(passed: list[_PassedDeadline], same: Counter[date]) -> Iterator[_PassedDeadline]:
    """Yield the deadlines whose days are not on both sides."""
    remaining = Counter(same)
    for done in passed:
        if remaining[done.day]:
            remaining[done.day] -= 1
        else:
            yield done


def _moved(actual: _PassedDeadline | None, simulated: _PassedDeadline | None) -> MovedDeadline:
    step = next(done.step for done in (actual, simulated) if done)
    return MovedDeadline(
        kind=step.event.kind,
        summary=step.event.fact.summary(step.event_log),
        actual=actual and actual.step.event.at,
        simulated=simulated and simulated.step.event.at,
        days=(simulated.day - actual.day).days if actual and simulated else None,
    )


# ---- people's decisions


def _changed(outcome: DecisionOutcome) -> ChangedDecision | None:
    """Return the change of a person's decision, or None if it would have meant the same."""
    step, simulated = outcome.actual, outcome.simulated
    actual = step.event.fact.summary(step.event_log)
    would_mean = simulated and simulated.event.summary
    if simulated and _numbered(outcome):
        # the numbers of corrected events and invoices may differ in the simulation: keep the actual one
        would_mean = step.event.fact.summary(step.event_log.replaced(lead=simulated.after))
    if actual == would_mean:
        return None
    return ChangedDecision(
        seq=step.event.seq,
        at=step.event.at,
        kind=step.event.kind,
        by=step.event.fact.by,
        actual=actual,
        simulated=would_mean,
        refused=outcome.refused,
    )


def _numbered(outcome: DecisionOutcome) -> bool:
    fact = outcome.actual.event.fact
    return fact.corrects is not None or hasattr(fact, "number")


# ---- money


def _invoices(actual: Lead, simulated: Lead) -> Iterator[ChangedInvoice]:
    ours, theirs = _standing(actual), _standing(simulated)
    for days in sorted({**ours, **theirs}):
        one, other = ours.get(days), theirs.get(days)
        known = one or other
        if known and (one and one.total) != (other and other.total):
            totals = {"actual": one and one.total, "simulated": other and other.total}
            yield ChangedInvoice(start=known.period_start, end=known.period_end, **totals)


def _standing(lead: Lead) -> dict[tuple[date, bool], Invoice]:
    """Return the valid invoices by start day, and True for those that bill usage only."""
    return {(i.period_start, i.index is None): i for i in lead.invoices if i.is_valid}


def _sums(actual: Lead, simulated: Lead) -> Iterator[BilledTotal]:
    ours, theirs = _billed(actual), _billed(simulated)
    for currency in sorted({**ours, **theirs}):
        yield BilledTotal(currency=currency, actual=ours[currency], simulated=theirs[currency])


def _billed(lead: Lead) -> defaultdict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for invoice in lead.invoices:
        if invoice.is_valid:
            found[invoice.total.currency] += invoice.total.amount
    return found


# ---- mails


def _mails(simulation: Simulation) -> Iterator[MailCount]:
    actual, simulated = (
        Counter(mail for step in steps for mail in _mailed(step))
        for steps in (simulation.actual, simulation.simulated)
    )
    for template, to in sorted({**actual, **simulated}):
        if actual[template, to] != simulated[template, to]:
            yield MailCount(
                template=template, to=to, actual=actual[template, to], simulated=simulated[template, to]
            )


def _mailed(step: Step) -> Iterator[tuple[str, tuple[Role, ...]]]:
    """Yield template and roles of the mails that this step causes; a due invoice causes its announcement."""
    if isinstance(step.event.fact, Observation):
        return
    if isinstance(step.event.fact, InvoiceDue):
        yield "invoice", (Role.CONTRACTS,)
    for effect in step.event.fact.effects(step):
        if isinstance(effect, SendMail):
            yield effect.template, effect.to


# ---- stages


def _stages(simulation: Simulation) -> Iterator[StageDays]:
    actual, simulated = (
        _days_in(simulation.actual, simulation.until),
        _days_in(simulation.simulated, simulation.until),
    )
    for stage in Stage:
        if stage in OPEN_STAGES and actual[stage] != simulated[stage]:
            yield StageDays(stage=stage, actual=actual[stage], simulated=simulated[stage])


def _days_in(steps: Sequence[Step], until: datetime) -> Counter[Stage]:
    found: Counter[Stage] = Counter()
    for lead, since, end in _periods(steps, until, lambda lead: lead.stage):
        found[lead.stage] += (end - since).days
    return found


T = TypeVar("T")


def _periods(
    steps: Sequence[Step], until: datetime, of: Callable[[Lead], T]
) -> Iterator[tuple[Lead, date, date]]:
    """Yield each period in which `of(lead)` stays the same: the lead, its first day, and the day after its last."""
    first = steps[0]
    for step in steps[1:]:
        if of(step.after) != of(first.after):
            yield first.after, first.after.today(first.event.at), step.after.today(step.event.at)
            first = step
    yield first.after, first.after.today(first.event.at), first.after.today(until)


# ---- attention


def _attention(simulation: Simulation) -> Iterator[ChangedConcern]:
    actual, simulated = (
        _noticed(simulation.actual, simulation.until),
        _noticed(simulation.simulated, simulation.until),
    )
    for owner, text in {**actual, **simulated}:
        ours, theirs = actual[owner, text], simulated[owner, text]
        if ours != theirs:
            yield ChangedConcern(text=text, owner=owner, actual=tuple(ours), simulated=tuple(theirs))


def _noticed(
    steps: Sequence[Step], until: datetime
) -> defaultdict[tuple[Role, str], list[tuple[date, date]]]:
    """Return the first and last days of each concern, as of the end of each day."""
    found: defaultdict[tuple[Role, str], list[tuple[date, date]]] = defaultdict(list)
    for lead, day, until_day in _days(steps, until):
        while day < until_day:
            next_day = min(next_change(lead, day) or until_day, until_day)
            for concern in concerns(lead, day):
                periods = found[concern.owner, concern.text]
                if periods and periods[-1][1] == day - DAY:
                    periods[-1] = (periods[-1][0], next_day - DAY)
                else:
                    periods.append((day, next_day - DAY))
            day = next_day
    return found


def _days(steps: Sequence[Step], until: datetime) -> Iterator[tuple[Lead, date, date]]:
    """Yield the lead at the end of a day, that day, and the day of its next event."""
    last = steps[-1]
    for step, following in pairwise(steps):
        day, next_day = step.after.today(step.event.at), step.after.today(following.event.at)
        if day < next_day:
            yield step.after, day, next_day
    yield last.after, last.after.today(last.event.at), last.after.today(until) + timedelta(days=1)
