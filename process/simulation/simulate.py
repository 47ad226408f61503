"""A lead lived again. People decide what they decided, when they did; what the calendar does is worked out anew.

Reports from outside come when they came. The calendar acts on time, except where the record shows that the service was
late or away: then it acts when it acted. So under its own rules a lead's life is exactly the one that it had.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from process.core.decide import decide
from process.core.events import Change, Deadline, Event, EventLog, Fact, Observation
from process.core.evolve import begin, evolve
from process.core.fold import apply, fold, superseded
from process.core.refusal import Refused
from process.deadlines.base import Due
from process.deadlines.schedule import due, was_due
from process.decisions.base import Decision
from process.decisions.correcting import Corrected
from process.decisions.opening import LeadOpened
from process.duplicates.observations import DuplicatesFlagged, RelationNoticed
from process.effects.observations import ChangesAdopted
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.simulation.scenario import Scenario

D = TypeVar("D", bound=Decision)

AFFECTS_DEADLINES = (ChangesAdopted, RelationNoticed, DuplicatesFlagged)
"""No other report does."""


class Step(Change):
    """A change in the life of a lead."""

    @property
    def is_deadline(self) -> bool:
        """Return True for a deadline. Only kinds that this code knows can be recomputed."""
        fact = self.event.fact
        return isinstance(fact, Deadline) or (isinstance(fact, Decision) and fact.is_by_date)

    @property
    def decided(self) -> bool:
        """Return True for a person's decision."""
        return isinstance(self.event.fact, Decision) and not self.is_deadline


class DecisionOutcome(NamedTuple):
    """A person's decision and its outcome in the simulation."""

    actual: Step
    simulated: Step | None
    refused: str = ""
    """Why it would not have been taken, where `again` is None."""


class Simulation(NamedTuple):
    """A lead's actual and simulated changes."""

    actual: tuple[Step, ...]
    simulated: tuple[Step, ...]
    outcomes: tuple[DecisionOutcome, ...]
    until: datetime
    """End of both: now, or the last recorded event."""
    overdue_since: datetime | None
    """Time of the first deadline missing from the events: the ledger lags, or no worker serves the lead."""
    reproducible: bool
    """True if this code reproduces the actual deadlines and accepts the actual decisions."""

    @property
    def exact(self) -> bool:
        """Return True if both have the same facts at the same times."""
        return [(s.event.at, s.event.fact) for s in self.actual] == [
            (s.event.at, s.event.fact) for s in self.simulated
        ]


def steps(events: Sequence[Event], lead_id: str) -> Iterator[Step]:
    """The life that these events tell. Raises ValueError where the first one does not open a lead."""
    events = tuple(events)
    fold(events[:1], lead_id)
    past: EventLog | None = None
    for number, event in enumerate(events, start=1):
        if past is None or event.fact.supersedes is not None:
            lead = fold(events[:number], lead_id)
        else:
            lead = apply(past.lead, event)
        event_log = EventLog(lead=lead, events=events[:number])
        yield Step(past or event_log, event_log)
        past = event_log


def simulate(events: Sequence[Event], lead_id: str, scenario: Scenario, now: datetime) -> Simulation:
    """The lead's life until `now` (aware), as it was and as it would have been.

    Raises ValueError where the first event does not open a lead.
    """
    actual = tuple(steps(events, lead_id))
    simulated_lead, outcomes = _SimulatedLead(actual[0], scenario), []
    past, reproducible = actual[0].event.at, True
    for step in actual[1:]:
        if step.event.at > past:
            simulated_lead.advance(past, step.event.at, step.before)
            past = step.event.at
        if simulated_lead.is_over and not step.before.archived:
            if step.decided:
                outcomes.append(DecisionOutcome(step, None, simulated_lead.over))
        elif step.is_deadline:
            reproducible = reproducible and was_due(step.past, step.event)
            simulated_lead.pass_deadlines(past, step.before)
        elif (outcome := simulated_lead.replay(step, actual)) is not None:
            outcomes.append(outcome)
            reproducible = reproducible and (outcome.simulated is not None or _was_allowed(step))
    last = actual[-1].after
    undone = _first(due(last)) if not last.archived else None
    overdue_since = undone if undone and undone <= now else None
    until = max(overdue_since or now, past)
    if not simulated_lead.is_over:
        simulated_lead.advance(past, until, last)
    return Simulation(
        actual, tuple(simulated_lead.steps), tuple(outcomes), until, overdue_since, reproducible
    )


class _SimulatedLead:
    """The second life, as it comes about."""

    def __init__(self, opened: Step, scenario: Scenario) -> None:
        fact = scenario.fact(opened.event.fact)
        if not isinstance(fact, LeadOpened):
            raise TypeError("a lead's history begins with lead_opened")
        self.scenario = scenario
        self.event_log = begin(fact, opened.after.id, opened.event.at)
        self.steps = [Step(self.event_log, self.event_log)]
        self.numbers: dict[int, int] = {}
        """Number of a person's decision in the first life -> in this one."""
        self.items: tuple[Due, ...] | None = None
        """What is due, where that is known already."""

    @property
    def lead(self) -> Lead:
        return self.event_log.lead

    @property
    def is_over(self) -> bool:
        """Its workflow has ended: nothing comes to it any more."""
        return self.lead.archived

    @property
    def over(self) -> str:
        archived = next(s.event.at for s in reversed(self.steps) if s.event.kind == "archived")
        return f"The lead would have been archived on {self.lead.today(archived)}."

    # ---- the calendar

    def advance(self, since: datetime, until: datetime, first: Lead) -> None:
        """From one moment to another in which nothing came, and in which in the first life the lead was `first`.

        What was due there and not done tells since when nobody looked at the calendar.
        """
        if (when := _first(self._due())) is None or when >= until:
            return
        undone = _first(due(first)) if not first.archived else None
        limit = min(undone, until) if undone else until
        while not self.is_over and (items := self._due()) and items[0].when < limit:
            self._apply_deadline(items[0], max(items[0].when, since))

    def pass_deadlines(self, now: datetime, first: Lead) -> None:
        """The calendar was looked at when it was: all that has become due by now is done."""
        while (first.archived or not self.is_over) and (items := self._due()) and items[0].when <= now:
            self._apply_deadline(items[0], now)

    def _due(self) -> tuple[Due, ...]:
        if self.items is None:
            self.items = due(self.lead)
        return self.items

    def _apply_deadline(self, item: Due, at: datetime) -> None:
        fact = decide(self.event_log, item.fact, at)
        if isinstance(fact, Refused):
            raise TypeError(f"what is due may happen: {fact}")
        self._append(fact, at)

    # ---- people, and the outside

    def replay(self, step: Step, actual: Sequence[Step]) -> DecisionOutcome | None:
        """What came to the lead then comes to it again; what became of it, where that is a person's decision."""
        fact, at = step.event.fact, step.event.at
        if not isinstance(fact, Decision):
            observation = self._about_same_invoice(fact, step.before)
            if observation is not None:
                self._append(self.scenario.fact(self._about_same_word(observation)), at)
                self.numbers[step.event.seq] = self.lead.last_seq
            return None
        decision = as_given(fact, step.past, at)
        meant = (
            self._about_same_event(decision, actual)
            if isinstance(decision, Corrected)
            else self._about_same_invoice(decision, step.before)
        )
        if meant is None:
            return DecisionOutcome(step, None, "What it is about would not have been.")
        meant = self.scenario.fact(meant)
        taken = decide(self.event_log, meant, at)
        if isinstance(taken, Refused) and isinstance(meant, Corrected) and meant.compensate:
            # whom it would have reached is another matter
            taken = decide(self.event_log, meant.replaced(compensate=()), at)
        if isinstance(taken, Refused):
            return DecisionOutcome(step, None, str(taken))
        self._append(taken, at)
        self.numbers[step.event.seq] = self.lead.last_seq
        return DecisionOutcome(step, self.steps[-1])

    def _about_same_event(self, decision: Corrected, actual: Sequence[Step]) -> Corrected | None:
        """The correction of what is here what it took out there; None where there is nothing of it."""
        wrong = next((step for step in actual if step.event.seq == decision.seq), None)
        if wrong is None:
            return decision
        seq = self.numbers.get(decision.seq)
        if wrong.is_deadline:
            seq = self._same_of_the_calendar(wrong.event)
        return None if seq is None else decision.replaced(seq=seq)

    def _about_same_word(self, fact: Fact) -> Fact:
        """What another lead says takes back here the event that it took back there."""
        if not isinstance(fact, RelationNoticed) or fact.replaces is None:
            return fact
        return fact.replaced(replaces=self.numbers.get(fact.replaces))

    def _same_of_the_calendar(self, event: Event) -> int | None:
        """What the calendar decided here, too, at about that time."""
        out = superseded(self.event_log.events)
        alike = [
            step.event
            for step in self.steps
            if step.is_deadline and step.event.fact == event.fact and step.event.seq not in out
        ]
        return min(alike, key=lambda other: abs(other.at - event.at)).seq if alike else None

    def _about_same_invoice(self, fact: Fact, first: Lead) -> Fact | None:
        """The same about the invoice that is here what its own was there; None where there is none."""
        invoice = first.invoice(getattr(fact, "number", 0))
        if invoice is None:
            return fact
        alike, mine = ([i for i in lead.invoices if same_days(i, invoice)] for lead in (first, self.lead))
        place = alike.index(invoice)  # what was voided is billed again
        return fact.replaced(**{"number": mine[place].number}) if place < len(mine) else None

    def _append(self, fact: Fact, at: datetime) -> None:
        past = self.event_log
        self.event_log = evolve(past, fact, at)
        self.steps.append(Step(past, self.event_log))
        if not isinstance(fact, Observation) or isinstance(fact, AFFECTS_DEADLINES):
            self.items = None


def as_given(decision: D, event_log: EventLog, now: datetime) -> D:
    """The decision without what the rules of the lead had filled in: other rules may fill in something else.

    What a person gave and the rules would have filled in alike can't be told apart: it is taken as the rules'.
    """
    if type(decision).resolved is Fact.resolved:
        return decision
    came = decision
    for name, field in type(decision).model_fields.items():
        if field.default is None and getattr(came, name) is not None:
            without = came.replaced(**{name: None})
            if without.resolved(event_log, now) == decision:
                came = without
    return came


def _was_allowed(step: Step) -> bool:
    """Return True if this code would have allowed the person's decision at that time."""
    return not isinstance(decide(step.past, step.event.fact, step.event.at), Refused)


def _first(items: tuple[Due, ...]) -> datetime | None:
    return items[0].when if items else None


def same_days(one: Invoice, other: Invoice) -> bool:
    """Return True if two invoices are of the same: of a fee for the same days, or of usage alone."""
    return (one.period_start, one.index is None) == (other.period_start, other.index is None)
