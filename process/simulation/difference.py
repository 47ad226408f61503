"""What would have been different in one lead: both of its lives side by side, as people count them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, zip_longest
from typing import NamedTuple, TypeVar

from pydantic import AwareDatetime

from process.calendar import DAY, day_of
from process.core.events import Event, Observation
from process.effects import ReserveInvoice, SendMail
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.money.amounts import Money
from process.simulation.scenario import Scenario
from process.simulation.simulate import DecisionOutcome, Simulation, Step, simulate
from process.types import OPEN_STAGES, Model, Role, Stage
from process.views.attention import concerns, next_change

REPEATED = frozenset(
    {"gone_stale", "questionnaire_nudged", "invoices_unsent", "usage_missing", "hub_information_missed"}
)
"""What the calendar repeats while nothing moves."""


class MovedDeadline(Model):
    """A deadline that would have passed on another day, not at all, or in addition."""

    kind: str
    summary: str
    actual: AwareDatetime | None
    simulated: AwareDatetime | None
    days: int | None = None
    """So much later; earlier where negative. None where it came in only one of both lives."""


class ChangedDecision(Model):
    """A person's decision that would not have been taken, or would have meant something else."""

    seq: int
    at: AwareDatetime
    kind: str
    by: str
    actual: str
    simulated: str | None
    refused: str = ""


class ChangedInvoice(Model):
    """An invoice that would have been another, or none; or would have been there as well. What was voided is not here."""

    start: date
    end: date
    actual: Money | None
    simulated: Money | None


class BilledTotal(Model):
    """All that was billed in one currency."""

    currency: str
    actual: Decimal
    simulated: Decimal


class MailCount(Model):
    """Mails of one template to the same roles."""

    template: str
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

    text: str
    owner: Role
    actual: tuple[tuple[date, date], ...]
    simulated: tuple[tuple[date, date], ...]


class Difference(Model):
    """Differences between the actual and the simulated lead; empty lists if there are none."""

    lead_id: str
    heading: str
    zone: str
    stage_actual: Stage
    stage_simulated: Stage
    until: AwareDatetime
    """End of the comparison."""
    overdue_since: AwareDatetime | None = None
    """Time of the first deadline missing from the events."""
    reproducible: bool = True
    """Else an older code lived it otherwise than this one would; it is compared with how this one lives it."""
    deadlines: tuple[MovedDeadline, ...] = ()
    decisions: tuple[ChangedDecision, ...] = ()
    invoices: tuple[ChangedInvoice, ...] = ()
    mails: tuple[MailCount, ...] = ()
    stages: tuple[StageDays, ...] = ()
    attention: tuple[ChangedConcern, ...] = ()
    sums: tuple[BilledTotal, ...] = ()
    """All that was billed, also where it is the same."""

    @property
    def found(self) -> bool:
        """Return True if anything would have been different."""
        kinds = (self.deadlines, self.decisions, self.invoices, self.mails, self.stages, self.attention)
        return any(kinds) or self.stage_actual is not self.stage_simulated


def difference(events: Sequence[Event], lead_id: str, scenario: Scenario, now: datetime) -> Difference:
    """What would have been different in this lead until `now` (aware).

    Raises ValueError where the first event does not open a lead.
    """
    simulation = simulate(events, lead_id, scenario, now)
    if simulation.reproducible:
        return compared(simulation)
    # What this code does otherwise than the one that wrote the record is not what was asked for.
    own = simulate(events, lead_id, Scenario(), now)
    simulation = simulate([step.event for step in own.simulated], lead_id, scenario, own.until)
    return compared(simulation).replaced(reproducible=False, overdue_since=own.overdue_since)


def compared(simulation: Simulation) -> Difference:
    """Both lives, side by side."""
    actual, simulated = simulation.actual[-1].after, simulation.simulated[-1].after
    return Difference(
        lead_id=actual.id,
        heading=actual.heading,
        zone=actual.zone,
        stage_actual=actual.stage,
        stage_simulated=simulated.stage,
        until=simulation.until,
        overdue_since=simulation.overdue_since,
        deadlines=tuple(_calendar(simulation)),
        decisions=tuple(filter(None, map(_changed, simulation.outcomes))),
        invoices=tuple(_invoices(actual, simulated)),
        mails=tuple(_mails(simulation)),
        stages=tuple(_stages(simulation)),
        attention=tuple(_attention(simulation)),
        sums=tuple(_sums(actual, simulated)),
    )


# ---- the calendar


class _Done(NamedTuple):
    """Something that the calendar did: on its day, after the person's decision that it follows."""

    step: Step
    day: date
    after: tuple[datetime, str] | None


def _calendar(simulation: Simulation) -> Iterator[MovedDeadline]:
    actual, simulated = _by_name(simulation.actual), _by_name(simulation.simulated)
    found = [
        _moved(*pair) for name in {**actual, **simulated} for pair in _paired(actual[name], simulated[name])
    ]
    yield from sorted(
        found, key=lambda moved: (min(filter(None, (moved.actual, moved.simulated))), moved.kind)
    )


def _by_name(steps: Iterable[Step]) -> defaultdict[tuple[object, ...], list[_Done]]:
    """What the calendar did, by what it did: the same name for the same chore in both lives."""
    found: defaultdict[tuple[object, ...], list[_Done]] = defaultdict(list)
    after = None
    for step in steps:
        fact = step.event.fact
        if step.is_deadline:
            about = (getattr(fact, name, None) for name in ("number", "version", "days", "event", "first"))
            day = day_of(step.event.at, step.before.zone)
            found[fact.kind, *about].append(_Done(step, day, after))
        elif step.decided:
            after = (step.event.at, step.event.kind)
    return found


def _paired(actual: list[_Done], simulated: list[_Done]) -> Iterator[tuple[_Done | None, _Done | None]]:
    """What came in only one of both lives; and what came on another day, where one is plainly the other."""
    same = Counter(done.day for done in actual) & Counter(done.day for done in simulated)
    groups: defaultdict[object, tuple[list[_Done], list[_Done]]] = defaultdict(lambda: ([], []))
    for place, life in enumerate((actual, simulated)):
        for done in _without(life, same):
            groups[done.after if done.step.event.kind in REPEATED else None][place].append(done)
    for left, right in groups.values():
        yield from zip_longest(left, right)


def _without(life: list[_Done], same: Counter[date]) -> Iterator[_Done]:
    left = Counter(same)
    for done in life:
        if left[done.day]:
            left[done.day] -= 1
        else:
            yield done


def _moved(actual: _Done | None, simulated: _Done | None) -> MovedDeadline:
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
        # compared with its own number of a correction or an invoice, which may differ in the simulation
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
    return fact.supersedes is not None or hasattr(fact, "number")


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
    """Those that count, by the days that they are of; of the same days there is one at most."""
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
    """The mails that are asked for because of this. An invoice that is due ends in the mail that announces it."""
    if isinstance(step.event.fact, Observation):
        return
    for effect in step.event.fact.effects(step):
        if isinstance(effect, SendMail):
            yield effect.template, effect.to
        elif isinstance(effect, ReserveInvoice):
            yield "invoice", (Role.CONTRACTS,)


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
    for lead, since, end in _stretches(steps, until, lambda lead: lead.stage):
        found[lead.stage] += (end - since).days
    return found


T = TypeVar("T")


def _stretches(
    steps: Sequence[Step], until: datetime, of: Callable[[Lead], T]
) -> Iterator[tuple[Lead, date, date]]:
    """The lead as long as this stays the same of it, from a day until the day on which it is another."""
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
    """What must not be overlooked, and from when to when it stood there, as of the end of each day."""
    found: defaultdict[tuple[Role, str], list[tuple[date, date]]] = defaultdict(list)
    for lead, day, until_day in _days(steps, until):
        while day < until_day:
            next_day = min(next_change(lead, day) or until_day, until_day)
            for concern in concerns(lead, day):
                stretches = found[concern.owner, concern.text]
                if stretches and stretches[-1][1] == day - DAY:
                    stretches[-1] = (stretches[-1][0], next_day - DAY)
                else:
                    stretches.append((day, next_day - DAY))
            day = next_day
    return found


def _days(steps: Sequence[Step], until: datetime) -> Iterator[tuple[Lead, date, date]]:
    """The lead as it was at the end of a day, from that day on until the day on which something happens to it."""
    last = steps[-1]
    for step, following in pairwise(steps):
        day, next_day = step.after.today(step.event.at), step.after.today(following.event.at)
        if day < next_day:
            yield step.after, day, next_day
    yield last.after, last.after.today(last.event.at), last.after.today(until) + timedelta(days=1)
