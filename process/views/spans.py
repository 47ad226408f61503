"""Spans of a lead's past: how long it was at each stage, and what money was expected of it from when to when.

Two books are kept. *As told* is what was believed at each time, and never changes afterwards: an event closes what it
ends and opens what begins. *Now* is the past without the decisions that were corrected since.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from process.core.events import Event
from process.core.fold import leads_as_told, leads_now
from process.lead.lead import Lead
from process.types import Stage
from process.views.snapshot import Flow, Snapshot, next_snapshot


class StageSpan(NamedTuple):
    """Time that a lead was at a stage."""

    from_seq: int
    """Number of the event with which it began."""
    stage: Stage
    before: Stage | None
    """The stage before; None for the first one."""
    before_days: int | None
    """Number of whole days at the stage before."""
    reason: str
    """Reason for which it was lost."""
    from_at: datetime
    opened_at: datetime
    """Time at which the lead was opened."""
    is_first: bool
    """True if the lead was not at this stage before."""
    to_at: datetime | None = None
    """Time at which it ended; None if it lasts."""
    to_seq: int | None = None

    @property
    def days(self) -> int | None:
        """Number of whole days that it lasted; None if it lasts."""
        return (self.to_at - self.from_at).days if self.to_at else None

    @property
    def open_days(self) -> int:
        """Number of whole days from the lead's opening to its beginning."""
        return (self.from_at - self.opened_at).days


class MoneySpan(NamedTuple):
    """Time during which money was expected."""

    from_seq: int
    flow: Flow
    from_at: datetime
    to_at: datetime | None = None
    """Time from which it was expected no longer, or differently; None if it is."""
    to_seq: int | None = None


Stages = tuple[StageSpan, ...]


class Spans(NamedTuple):
    """The spans of one lead up to an event, oldest first."""

    told: Stages = ()
    now: Stages = ()
    money: tuple[MoneySpan, ...] = ()
    """Always as told."""
    snapshot: Snapshot | None = None
    """The snapshot after the newest event."""
    lead: Lead | None = None
    """The lead after the newest event, if all events were read for it."""


def spans_of(events: Iterable[Event], lead_id: str) -> Spans:
    """Return the spans that all events of a lead make, from the first one on.

    Raises ValueError if the first event does not open a lead.
    """
    events = tuple(events)
    spans, past = Spans(), None
    for event, lead in leads_as_told(events, lead_id):
        spans = spans_after(spans, next_snapshot(spans.snapshot, past, lead, event), event.at)
        past = lead
    if any(event.fact.supersedes is not None for event in events):
        spans = spans._replace(now=_stages_now(events, lead_id))
    return spans._replace(lead=past)


def _stages_now(events: tuple[Event, ...], lead_id: str) -> Stages:
    stages: Stages = ()
    snapshot, past = None, None
    for event, lead in leads_now(events, lead_id):
        snapshot = next_snapshot(snapshot, past, lead, event)
        stages = stages_after(stages, snapshot, event.at)
        past = lead
    return stages


def spans_after(spans: Spans, snapshot: Snapshot, at: datetime) -> Spans:
    """Return the spans after one more event, which is none that makes the past look different."""
    return Spans(
        told=stages_after(spans.told, snapshot, at),
        now=stages_after(spans.now, snapshot, at),
        money=money_after(spans.money, snapshot, at),
        snapshot=snapshot,
    )


def stages_after(stages: Stages, snapshot: Snapshot, at: datetime) -> Stages:
    """Return the stages after an event at this time."""
    last = stages[-1] if stages else None
    if last and (last.stage, last.reason) == (snapshot.stage, snapshot.reason):
        return stages
    new = StageSpan(
        from_seq=snapshot.seq,
        stage=snapshot.stage,
        before=last.stage if last else None,
        before_days=(at - last.from_at).days if last else None,
        reason=snapshot.reason,
        from_at=at,
        opened_at=stages[0].opened_at if stages else at,
        is_first=all(span.stage is not snapshot.stage for span in stages),
    )
    if last is None:
        return (new,)
    return (*stages[:-1], last._replace(to_at=at, to_seq=snapshot.seq), new)


def money_after(money: tuple[MoneySpan, ...], snapshot: Snapshot, at: datetime) -> tuple[MoneySpan, ...]:
    """Return the spans of money after an event at this time."""
    lasting = {span.flow for span in money if span.to_seq is None}
    if lasting == set(snapshot.flows):
        return money
    kept = tuple(
        span
        if span.to_seq is not None or span.flow in snapshot.flows
        else span._replace(to_at=at, to_seq=snapshot.seq)
        for span in money
    )
    new = (MoneySpan(snapshot.seq, flow, at) for flow in snapshot.flows if flow not in lasting)
    return (*kept, *new)
