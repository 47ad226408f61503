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
from process.simulation.simulate import Relived, Ruling, Step, simulate
from process.types import OPEN_STAGES, Model, Role, Stage
from process.views.attention import concerns, next_look

AGAIN_AND_AGAIN = frozenset(
    {"gone_stale", "questionnaire_nudged", "invoices_unsent", "usage_missing", "hub_information_missed"}
)
"""What the calendar repeats while nothing moves."""


class Moved(Model):
    """Something that the calendar did, and would have done another day, or never; or would have done as well."""

    kind: str
    summary: str
    was: AwareDatetime | None
    would: AwareDatetime | None
    days: int | None = None
    """So much later; earlier where negative. None where it came in only one of both lives."""


class Decided(Model):
    """A person's decision that would not have been taken, or would have meant something else."""

    seq: int
    at: AwareDatetime
    kind: str
    by: str
    was: str
    would: str | None
    refused: str = ""


class Billed(Model):
    """An invoice that would have been another, or none; or would have been there as well. What was voided is not here."""

    start: date
    end: date
    was: Money | None
    would: Money | None


class Sum(Model):
    """All that was billed in one currency."""

    currency: str
    was: Decimal
    would: Decimal


class Mailed(Model):
    """Mails of one template to the same roles."""

    template: str
    to: tuple[Role, ...]
    was: int
    would: int


class Stayed(Model):
    """Days in a stage, in the lead's zone."""

    stage: Stage
    was: int
    would: int


class Noticed(Model):
    """Something that needed attention on other days: each stretch from its first to its last."""

    what: str
    owner: Role
    was: tuple[tuple[date, date], ...]
    would: tuple[tuple[date, date], ...]


class Difference(Model):
    """How a lead would have gone. Where nothing would have been different, every list is empty."""

    lead: str
    heading: str
    zone: str
    stage_was: Stage
    stage_would: Stage
    until: AwareDatetime
    """How far it is told."""
    behind: AwareDatetime | None = None
    """Since when something is due that the record does not have."""
    faithful: bool = True
    """Else an older code lived it otherwise than this one would; it is compared with how this one lives it."""
    calendar: tuple[Moved, ...] = ()
    decisions: tuple[Decided, ...] = ()
    invoices: tuple[Billed, ...] = ()
    mails: tuple[Mailed, ...] = ()
    stages: tuple[Stayed, ...] = ()
    attention: tuple[Noticed, ...] = ()
    sums: tuple[Sum, ...] = ()
    """All that was billed, also where it is the same."""

    @property
    def found(self) -> bool:
        """Whether anything would have been different."""
        kinds = (self.calendar, self.decisions, self.invoices, self.mails, self.stages, self.attention)
        return any(kinds) or self.stage_was is not self.stage_would


def difference(events: Sequence[Event], lead_id: str, scenario: Scenario, now: datetime) -> Difference:
    """What would have been different in this lead until `now` (aware).

    Raises ValueError where the first event does not open a lead.
    """
    lived = simulate(events, lead_id, scenario, now)
    if lived.faithful:
        return compared(lived)
    # What this code does otherwise than the one that wrote the record is not what was asked for.
    own = simulate(events, lead_id, Scenario(), now)
    lived = simulate([step.event for step in own.would], lead_id, scenario, own.until)
    return compared(lived).replaced(faithful=False, behind=own.behind)


def compared(lived: Relived) -> Difference:
    """Both lives, side by side."""
    was, would = lived.was[-1].after, lived.would[-1].after
    return Difference(
        lead=was.id,
        heading=was.heading,
        zone=was.zone,
        stage_was=was.stage,
        stage_would=would.stage,
        until=lived.until,
        behind=lived.behind,
        calendar=tuple(_calendar(lived)),
        decisions=tuple(filter(None, map(_decided, lived.rulings))),
        invoices=tuple(_invoices(was, would)),
        mails=tuple(_mails(lived)),
        stages=tuple(_stages(lived)),
        attention=tuple(_attention(lived)),
        sums=tuple(_sums(was, would)),
    )


# ---- the calendar


class _Done(NamedTuple):
    """Something that the calendar did: on its day, after the person's decision that it follows."""

    step: Step
    day: date
    after: tuple[datetime, str] | None


def _calendar(lived: Relived) -> Iterator[Moved]:
    was, would = _by_name(lived.was), _by_name(lived.would)
    found = [_moved(*pair) for name in {**was, **would} for pair in _paired(was[name], would[name])]
    yield from sorted(found, key=lambda moved: (min(filter(None, (moved.was, moved.would))), moved.kind))


def _by_name(steps: Iterable[Step]) -> defaultdict[tuple[object, ...], list[_Done]]:
    """What the calendar did, by what it did: the same name for the same chore in both lives."""
    found: defaultdict[tuple[object, ...], list[_Done]] = defaultdict(list)
    after = None
    for step in steps:
        fact = step.event.fact
        if step.of_the_calendar:
            about = (getattr(fact, name, None) for name in ("number", "version", "days", "event", "first"))
            day = day_of(step.event.at, step.before.zone)
            found[fact.kind, *about].append(_Done(step, day, after))
        elif step.decided:
            after = (step.event.at, step.event.kind)
    return found


def _paired(was: list[_Done], would: list[_Done]) -> Iterator[tuple[_Done | None, _Done | None]]:
    """What came in only one of both lives; and what came on another day, where one is plainly the other."""
    same = Counter(done.day for done in was) & Counter(done.day for done in would)
    groups: defaultdict[object, tuple[list[_Done], list[_Done]]] = defaultdict(lambda: ([], []))
    for place, life in enumerate((was, would)):
        for done in _without(life, same):
            groups[done.after if done.step.event.kind in AGAIN_AND_AGAIN else None][place].append(done)
    for left, right in groups.values():
        yield from zip_longest(left, right)


def _without(life: list[_Done], same: Counter[date]) -> Iterator[_Done]:
    left = Counter(same)
    for done in life:
        if left[done.day]:
            left[done.day] -= 1
        else:
            yield done


def _moved(was: _Done | None, would: _Done | None) -> Moved:
    step = next(done.step for done in (was, would) if done)
    return Moved(
        kind=step.event.kind,
        summary=step.event.fact.summary(step.event_log),
        was=was and was.step.event.at,
        would=would and would.step.event.at,
        days=(would.day - was.day).days if was and would else None,
    )


# ---- people's decisions


def _decided(ruling: Ruling) -> Decided | None:
    first, again = ruling.first, ruling.again
    was = first.event.fact.summary(first.event_log)
    # in the words of its own number of a correction or an invoice, which may be another one here
    would = again and again.event.summary
    if again and _numbered(ruling):
        would = first.event.fact.summary(first.event_log.replaced(lead=again.after))
    if was == would:
        return None
    return Decided(
        seq=first.event.seq,
        at=first.event.at,
        kind=first.event.kind,
        by=first.event.fact.by,
        was=was,
        would=would,
        refused=ruling.refused,
    )


def _numbered(ruling: Ruling) -> bool:
    fact = ruling.first.event.fact
    return fact.supersedes is not None or hasattr(fact, "number")


# ---- money


def _invoices(was: Lead, would: Lead) -> Iterator[Billed]:
    ours, theirs = _standing(was), _standing(would)
    for days in sorted({**ours, **theirs}):
        one, other = ours.get(days), theirs.get(days)
        known = one or other
        if known and (one and one.total) != (other and other.total):
            totals = {"was": one and one.total, "would": other and other.total}
            yield Billed(start=known.period_start, end=known.period_end, **totals)


def _standing(lead: Lead) -> dict[tuple[date, bool], Invoice]:
    """Those that count, by the days that they are of; of the same days there is one at most."""
    return {(i.period_start, i.index is None): i for i in lead.invoices if i.stands}


def _sums(was: Lead, would: Lead) -> Iterator[Sum]:
    ours, theirs = _billed(was), _billed(would)
    for currency in sorted({**ours, **theirs}):
        yield Sum(currency=currency, was=ours[currency], would=theirs[currency])


def _billed(lead: Lead) -> defaultdict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for invoice in lead.invoices:
        if invoice.stands:
            found[invoice.total.currency] += invoice.total.amount
    return found


# ---- mails


def _mails(lived: Relived) -> Iterator[Mailed]:
    was, would = (
        Counter(mail for step in steps for mail in _mailed(step)) for steps in (lived.was, lived.would)
    )
    for template, to in sorted({**was, **would}):
        if was[template, to] != would[template, to]:
            yield Mailed(template=template, to=to, was=was[template, to], would=would[template, to])


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


def _stages(lived: Relived) -> Iterator[Stayed]:
    was, would = _days_in(lived.was, lived.until), _days_in(lived.would, lived.until)
    for stage in Stage:
        if stage in OPEN_STAGES and was[stage] != would[stage]:
            yield Stayed(stage=stage, was=was[stage], would=would[stage])


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


def _attention(lived: Relived) -> Iterator[Noticed]:
    was, would = _noticed(lived.was, lived.until), _noticed(lived.would, lived.until)
    for owner, what in {**was, **would}:
        ours, theirs = was[owner, what], would[owner, what]
        if ours != theirs:
            yield Noticed(what=what, owner=owner, was=tuple(ours), would=tuple(theirs))


def _noticed(
    steps: Sequence[Step], until: datetime
) -> defaultdict[tuple[Role, str], list[tuple[date, date]]]:
    """What must not be overlooked, and from when to when it stood there, as of the end of each day."""
    found: defaultdict[tuple[Role, str], list[tuple[date, date]]] = defaultdict(list)
    for lead, day, until_day in _days(steps, until):
        while day < until_day:
            look = min(next_look(lead, day) or until_day, until_day)
            for concern in concerns(lead, day):
                stretches = found[concern.owner, concern.what]
                if stretches and stretches[-1][1] == day - DAY:
                    stretches[-1] = (stretches[-1][0], look - DAY)
                else:
                    stretches.append((day, look - DAY))
            day = look
    return found


def _days(steps: Sequence[Step], until: datetime) -> Iterator[tuple[Lead, date, date]]:
    """The lead as it was at the end of a day, from that day on until the day on which something happens to it."""
    last = steps[-1]
    for step, following in pairwise(steps):
        day, next_day = step.after.today(step.event.at), step.after.today(following.event.at)
        if day < next_day:
            yield step.after, day, next_day
    yield last.after, last.after.today(last.event.at), last.after.today(until) + timedelta(days=1)
