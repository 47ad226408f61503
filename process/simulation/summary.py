"""What would have been different over all leads, counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Self

from process.calendar import DAY
from process.simulation.difference import Difference, Mailed, Moved, Stayed, Sum
from process.types import Model, Role, Stage


class Shift(Model):
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


class Judged(Model):
    """People's decisions of one kind that would not have been taken, or would have meant something else."""

    kind: str
    refused: int
    scenario: int


class Summary(Model):
    leads: int = 0
    differ: int = 0
    calendar: tuple[Shift, ...] = ()
    decisions: tuple[Judged, ...] = ()
    mails: tuple[Mailed, ...] = ()
    invoices: int = 0
    """Invoices that would have been others, or none, or in addition."""
    sums: tuple[Sum, ...] = ()
    """All that was billed, of all leads."""
    stages: tuple[Stayed, ...] = ()
    """Days in them, of the leads in which they differ."""
    elsewhere: dict[str, int] = {}
    """How many leads would be at another stage: `hub → lost`."""
    attention_was: int = 0
    """Days on which a lead showed something that it would not have shown."""
    attention_would: int = 0
    """Days on which a lead would have shown something that it did not."""
    unfaithful: tuple[str, ...] = ()
    """Leads that this code does not live again as they were lived: compared with how it lives them."""
    behind: tuple[str, ...] = ()
    """Leads of which the record lacks something that was due."""

    @classmethod
    def of(cls, found: Iterable[Difference]) -> Self:
        found = tuple(found)
        moved = Counter(
            f"{each.stage_was} → {each.stage_would}"
            for each in found
            if each.stage_was is not each.stage_would
        )
        was, would = _attention(found)
        return cls(
            leads=len(found),
            differ=sum(each.found for each in found),
            calendar=tuple(_shifts(found)),
            decisions=tuple(_judged(found)),
            mails=tuple(_mails(found)),
            invoices=sum(len(each.invoices) for each in found),
            sums=tuple(_sums(found)),
            stages=tuple(_stages(found)),
            elsewhere=dict(sorted(moved.items())),
            attention_was=was,
            attention_would=would,
            unfaithful=tuple(each.lead for each in found if not each.faithful),
            behind=tuple(each.lead for each in found if each.behind),
        )


def _shifts(found: Iterable[Difference]) -> Iterator[Shift]:
    kinds: defaultdict[str, list[Moved]] = defaultdict(list)
    for each in found:
        for moved in each.calendar:
            kinds[moved.kind].append(moved)
    for kind, all_moved in sorted(kinds.items()):
        days = [moved.days for moved in all_moved if moved.days]
        earlier, later = [-n for n in days if n < 0], [n for n in days if n > 0]
        yield Shift(
            kind=kind,
            earlier=len(earlier),
            days_earlier=median(earlier) if earlier else None,
            later=len(later),
            days_later=median(later) if later else None,
            fewer=sum(moved.would is None for moved in all_moved),
            more=sum(moved.was is None for moved in all_moved),
        )


def _judged(found: Iterable[Difference]) -> Iterator[Judged]:
    refused: Counter[str] = Counter()
    scenario: Counter[str] = Counter()
    for each in found:
        for decided in each.decisions:
            (refused if decided.would is None else scenario)[decided.kind] += 1
    for kind in sorted({**refused, **scenario}):
        yield Judged(kind=kind, refused=refused[kind], scenario=scenario[kind])


def _mails(found: Iterable[Difference]) -> Iterator[Mailed]:
    was: Counter[tuple[str, tuple[Role, ...]]] = Counter()
    would: Counter[tuple[str, tuple[Role, ...]]] = Counter()
    for each in found:
        for mailed in each.mails:
            was[mailed.template, mailed.to] += mailed.was
            would[mailed.template, mailed.to] += mailed.would
    for template, to in sorted({**was, **would}):
        yield Mailed(template=template, to=to, was=was[template, to], would=would[template, to])


def _sums(found: Iterable[Difference]) -> Iterator[Sum]:
    was: defaultdict[str, Decimal] = defaultdict(Decimal)
    would: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in found:
        for billed in each.sums:
            was[billed.currency] += billed.was
            would[billed.currency] += billed.would
    for currency in sorted({**was, **would}):
        yield Sum(currency=currency, was=was[currency], would=would[currency])


def _stages(found: Iterable[Difference]) -> Iterator[Stayed]:
    was: Counter[Stage] = Counter()
    would: Counter[Stage] = Counter()
    for each in found:
        for stayed in each.stages:
            was[stayed.stage] += stayed.was
            would[stayed.stage] += stayed.would
    for stage in Stage:
        if stage in was or stage in would:
            yield Stayed(stage=stage, was=was[stage], would=would[stage])


def _attention(found: Iterable[Difference]) -> tuple[int, int]:
    was = would = 0
    for each in found:
        for noticed in each.attention:
            ours, theirs = _days(noticed.was), _days(noticed.would)
            was, would = was + len(ours - theirs), would + len(theirs - ours)
    return was, would


def _days(stretches: Iterable[tuple[date, date]]) -> frozenset[date]:
    """Each day of these stretches."""
    return frozenset(first + DAY * n for first, last in stretches for n in range((last - first).days + 1))
