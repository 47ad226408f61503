"""Counts of the differences between actual and simulated leads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Self

from process.calendar import DAY
from process.simulation.difference import BilledTotal, Difference, MailCount, MovedDeadline, StageDays
from process.types import Code, Id, Model, Role, Stage


class DeadlineShift(Model):
    """Number of deadlines of one kind that would have passed earlier or later, and the median days."""

    kind: Code
    earlier: int = 0
    days_earlier: float | None = None
    later: int = 0
    days_later: float | None = None
    fewer: int = 0
    """Number of deadlines that would not have passed."""
    more: int = 0
    """Number of deadlines that would have passed in addition."""


class DecisionCount(Model):
    """Number of decisions of one kind that would have been refused or changed."""

    kind: Code
    refused: int
    changed: int


class Summary(Model):
    """Differences of all leads, counted."""

    leads: int = 0
    differ: int = 0
    deadlines: tuple[DeadlineShift, ...] = ()
    decisions: tuple[DecisionCount, ...] = ()
    mails: tuple[MailCount, ...] = ()
    invoices: int = 0
    """Number of invoices that would have been changed, missing or additional."""
    sums: tuple[BilledTotal, ...] = ()
    """Totals of all leads' invoices, by currency."""
    stages: tuple[StageDays, ...] = ()
    """Days in each stage, of the leads in which they differ."""
    stage_changes: dict[Code, int] = {}
    """Number of leads that would be at another stage, by change, e.g. `hub → lost`."""
    attention_actual: int = 0
    """Days with concerns that a lead would not have had in the simulation."""
    attention_simulated: int = 0
    """Days with concerns that a lead would have had only in the simulation."""
    not_reproducible: tuple[Id, ...] = ()
    """Ids of leads whose events this code does not reproduce."""
    overdue_since: tuple[Code, ...] = ()
    """Ids of leads with due deadlines that are missing from the events."""

    @classmethod
    def of(cls, found: Iterable[Difference]) -> Self:
        """Return the counts of these differences, one for each lead."""
        found = tuple(found)
        moved = Counter(
            f"{each.stage_actual} → {each.stage_simulated}"
            for each in found
            if each.stage_actual is not each.stage_simulated
        )
        actual, simulated = _attention(found)
        return cls(
            leads=len(found),
            differ=sum(each.differs for each in found),
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
    changed: Counter[str] = Counter()
    for each in found:
        for decided in each.decisions:
            (refused if decided.simulated is None else changed)[decided.kind] += 1
    for kind in sorted({**refused, **changed}):
        yield DecisionCount(kind=kind, refused=refused[kind], changed=changed[kind])


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


def _days(periods: Iterable[tuple[date, date]]) -> frozenset[date]:
    """Return all days of these periods; each is a first and a last day."""
    return frozenset(first + DAY * n for first, last in periods for n in range((last - first).days + 1))
