"""Counts of the differences between actual and simulated leads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Self

from process.calendar import DAY
from process.simulation.difference import BilledTotal, Difference, MailCount, MovedDeadline, StageDays
from process.types import Model, Role, Stage


class DeadlineShift(Model):
    """What the calendar would have done otherwise, of one kind: how often, and by how many days in the middle."""

    kind: str
    earlier: int = 0
    days_earlier: float | None = None
    later: int = 0
    days_later: float | None = None
    fewer: int = 0
    """Not at all."""
    more: int = 0
    """In addition."""


class DecisionCount(Model):
    """People's decisions of one kind that would not have been taken, or would have meant something else."""

    kind: str
    refused: int
    scenario: int


class Summary(Model):
    leads: int = 0
    differ: int = 0
    deadlines: tuple[DeadlineShift, ...] = ()
    decisions: tuple[DecisionCount, ...] = ()
    mails: tuple[MailCount, ...] = ()
    invoices: int = 0
    """Invoices that would have been others, or none, or in addition."""
    sums: tuple[BilledTotal, ...] = ()
    """All that was billed, of all leads."""
    stages: tuple[StageDays, ...] = ()
    """Days in them, of the leads in which they differ."""
    stage_changes: dict[str, int] = {}
    """How many leads would be at another stage: `hub → lost`."""
    attention_actual: int = 0
    """Days on which a lead showed something that it would not have shown."""
    attention_simulated: int = 0
    """Days on which a lead would have shown something that it did not."""
    not_reproducible: tuple[str, ...] = ()
    """Leads that this code does not live again as they were lived: compared with how it lives them."""
    overdue_since: tuple[str, ...] = ()
    """Leads of which the record lacks something that was due."""

    @classmethod
    def of(cls, found: Iterable[Difference]) -> Self:
        found = tuple(found)
        moved = Counter(
            f"{each.stage_actual} → {each.stage_simulated}"
            for each in found
            if each.stage_actual is not each.stage_simulated
        )
        actual, simulated = _attention(found)
        return cls(
            leads=len(found),
            differ=sum(each.found for each in found),
            deadlines=tuple(_shifts(found)),
            decisions=tuple(_decision_counts(found)),
            mails=tuple(_mails(found)),
            invoices=sum(len(each.invoices) for each in found),
            sums=tuple(_sums(found)),
            stages=tuple(_stages(found)),
            stage_changes=dict(sorted(moved.items())),
            attention_actual=actual,
            attention_simulated=simulated,
            not_reproducible=tuple(each.lead_id for each in found if not each.reproducible),
            overdue_since=tuple(each.lead_id for each in found if each.overdue_since),
        )


def _shifts(found: Iterable[Difference]) -> Iterator[DeadlineShift]:
    kinds: defaultdict[str, list[MovedDeadline]] = defaultdict(list)
    for each in found:
        for moved in each.deadlines:
            kinds[moved.kind].append(moved)
    for kind, all_moved in sorted(kinds.items()):
        days = [moved.days for moved in all_moved if moved.days]
        earlier, later = [-n for n in days if n < 0], [n for n in days if n > 0]
        yield DeadlineShift(
            kind=kind,
            earlier=len(earlier),
            days_earlier=median(earlier) if earlier else None,
            later=len(later),
            days_later=median(later) if later else None,
            fewer=sum(moved.simulated is None for moved in all_moved),
            more=sum(moved.actual is None for moved in all_moved),
        )


def _decision_counts(found: Iterable[Difference]) -> Iterator[DecisionCount]:
    refused: Counter[str] = Counter()
    scenario: Counter[str] = Counter()
    for each in found:
        for decided in each.decisions:
            (refused if decided.simulated is None else scenario)[decided.kind] += 1
    for kind in sorted({**refused, **scenario}):
        yield DecisionCount(kind=kind, refused=refused[kind], scenario=scenario[kind])


def _mails(found: Iterable[Difference]) -> Iterator[MailCount]:
    actual: Counter[tuple[str, tuple[Role, ...]]] = Counter()
    simulated: Counter[tuple[str, tuple[Role, ...]]] = Counter()
    for each in found:
        for mailed in each.mails:
            actual[mailed.template, mailed.to] += mailed.actual
            simulated[mailed.template, mailed.to] += mailed.simulated
    for template, to in sorted({**actual, **simulated}):
        yield MailCount(
            template=template, to=to, actual=actual[template, to], simulated=simulated[template, to]
        )


def _sums(found: Iterable[Difference]) -> Iterator[BilledTotal]:
    actual: defaultdict[str, Decimal] = defaultdict(Decimal)
    simulated: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in found:
        for billed in each.sums:
            actual[billed.currency] += billed.actual
            simulated[billed.currency] += billed.simulated
    for currency in sorted({**actual, **simulated}):
        yield BilledTotal(currency=currency, actual=actual[currency], simulated=simulated[currency])


def _stages(found: Iterable[Difference]) -> Iterator[StageDays]:
    actual: Counter[Stage] = Counter()
    simulated: Counter[Stage] = Counter()
    for each in found:
        for stayed in each.stages:
            actual[stayed.stage] += stayed.actual
            simulated[stayed.stage] += stayed.simulated
    for stage in Stage:
        if stage in actual or stage in simulated:
            yield StageDays(stage=stage, actual=actual[stage], simulated=simulated[stage])


def _attention(found: Iterable[Difference]) -> tuple[int, int]:
    actual = simulated = 0
    for each in found:
        for noticed in each.attention:
            ours, theirs = _days(noticed.actual), _days(noticed.simulated)
            actual, simulated = actual + len(ours - theirs), simulated + len(theirs - ours)
    return actual, simulated


def _days(stretches: Iterable[tuple[date, date]]) -> frozenset[date]:
    """Each day of these stretches."""
    return frozenset(first + DAY * n for first, last in stretches for n in range((last - first).days + 1))
