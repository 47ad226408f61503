"""Simulation of a lead under other rules.

People's decisions and observations are repeated at their recorded times; deadlines are recomputed. A deadline
passes on time, except where the events show that the service was late or down: then it passes when it did.
Therefore a simulation under the lead's own rules reproduces its events exactly.
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
"""Observations that can change deadlines; all others cannot."""


class Step(Change):
    """One event of a lead, with the lead before and after it."""

    @property
    def is_deadline(self) -> bool:
        """True for a deadline. Only kinds that this code knows can be recomputed."""
        fact = self.event.fact
        return isinstance(fact, Deadline) or (isinstance(fact, Decision) and fact.is_by_date)

    @property
    def decided(self) -> bool:
        """True for a person's decision."""
        return isinstance(self.event.fact, Decision) and not self.is_deadline


class DecisionOutcome(NamedTuple):
    """A person's decision and its outcome in the simulation."""

    actual: Step
    simulated: Step | None
    refused: str = ""
    """Reason why the decision would not have been taken, if `simulated` is None."""


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
        """True if both have the same facts at the same times."""
        return [(s.event.at, s.event.fact) for s in self.actual] == [
            (s.event.at, s.event.fact) for s in self.simulated
        ]


def steps(events: Sequence[Event], lead_id: str) -> Iterator[Step]:
    """Yield the steps of these events. Raises ValueError if the first event does not open a lead."""
    events = tuple(events)
    fold(events[:1], lead_id)
    past: EventLog | None = None
    for number, event in enumerate(events, start=1):
        if past is None or event.fact.supersedes is not None:
            lead = fold(events[:number], lead_id)
        else:
            lead = apply(past.lead, event)
        event_log = past.then(event, lead) if past else EventLog.of((event,), lead)
        yield Step(past or event_log, event_log)
        past = event_log


def simulate(events: Sequence[Event], lead_id: str, scenario: Scenario, now: datetime) -> Simulation:
    """Return the lead's actual and simulated changes until `now` (aware).

    Raises ValueError if the first event does not open a lead.
    """
    actual = tuple(steps(events, lead_id))
    simulated_lead, outcomes = _SimulatedLead(actual[0], scenario), []
    past, reproducible = actual[0].event.at, True
    for step in actual[1:]:
        if step.event.at > past:
            simulated_lead.advance(past, step.event.at, step.before)
            past = step.event.at
        if simulated_lead.is_archived and not step.before.archived:
            if step.decided:
                outcomes.append(DecisionOutcome(step, None, simulated_lead.archived_message))
        elif step.is_deadline:
            reproducible = reproducible and was_due(step.past, step.event)
            simulated_lead.pass_deadlines(past, step.before)
        elif (outcome := simulated_lead.replay(step, actual)) is not None:
            outcomes.append(outcome)
            reproducible = reproducible and (outcome.simulated is not None or _was_allowed(step))
    last = actual[-1].after
    missed = _first(due(last)) if not last.archived else None
    overdue_since = missed if missed and missed <= now else None
    until = max(overdue_since or now, past)
    if not simulated_lead.is_archived:
        simulated_lead.advance(past, until, last)
    return Simulation(
        actual, tuple(simulated_lead.steps), tuple(outcomes), until, overdue_since, reproducible
    )


class _SimulatedLead:
    """The simulated lead, extended step by step."""

    def __init__(self, opened: Step, scenario: Scenario) -> None:
        fact = scenario.fact(opened.event.fact)
        if not isinstance(fact, LeadOpened):
            raise TypeError("a lead's event log begins with lead_opened")
        self.scenario = scenario
        self.event_log = begin(fact, opened.after.id, opened.event.at)
        self.steps = [Step(self.event_log, self.event_log)]
        self.numbers: dict[int, int] = {}
        """Number of an actual event -> number of its simulated counterpart."""
        self.items: tuple[Due, ...] | None = None
        """Cached deadlines of the simulated lead; None if they must be computed."""

    @property
    def lead(self) -> Lead:
        """The simulated lead now."""
        return self.event_log.lead

    @property
    def is_archived(self) -> bool:
        """True if the simulated workflow has ended, so that nothing reaches it any more."""
        return self.lead.archived

    @property
    def archived_message(self) -> str:
        """The sentence with which a decision after the archiving is refused."""
        archived = next(s.event.at for s in reversed(self.steps) if s.event.kind == "archived")
        return f"The lead would have been archived on {self.lead.today(archived)}."

    # ---- deadlines

    def advance(self, since: datetime, until: datetime, actual: Lead) -> None:
        """Pass the deadlines between two actual events, during which the lead was `actual`.

        A deadline that was due for the actual lead and did not pass shows that the service was down from then on.
        """
        if (when := _first(self._due())) is None or when >= until:
            return
        missed = _first(due(actual)) if not actual.archived else None
        limit = min(missed, until) if missed else until
        while not self.is_archived and (items := self._due()) and items[0].when < limit:
            self._apply_deadline(items[0], max(items[0].when, since))

    def pass_deadlines(self, now: datetime, actual: Lead) -> None:
        """Pass all deadlines that are due at `now`, when the actual lead passed one."""
        while (actual.archived or not self.is_archived) and (items := self._due()) and items[0].when <= now:
            self._apply_deadline(items[0], now)

    def _due(self) -> tuple[Due, ...]:
        if self.items is None:
            self.items = due(self.lead)
        return self.items

    def _apply_deadline(self, item: Due, at: datetime) -> None:
        fact = decide(self.event_log, item.fact, at)
        if isinstance(fact, Refused):
            raise TypeError(f"a due deadline must be allowed: {fact}")
        self._append(fact, at)

    # ---- decisions and observations

    def replay(self, step: Step, actual: Sequence[Step]) -> DecisionOutcome | None:
        """Repeat a decision or an observation; return the outcome of a decision, or None."""
        fact, at = step.event.fact, step.event.at
        if not isinstance(fact, Decision):
            observation = self._with_simulated_invoice(fact, step.before)
            if observation is not None:
                self._append(self.scenario.fact(self._with_simulated_notice(observation)), at)
                self.numbers[step.event.seq] = self.lead.last_seq
            return None
        decision = as_given(fact, step.past, at)
        translated = (
            self._with_simulated_event(decision, actual)
            if isinstance(decision, Corrected)
            else self._with_simulated_invoice(decision, step.before)
        )
        if translated is None:
            return DecisionOutcome(step, None, "What it is about would not have been.")
        translated = self.scenario.fact(translated)
        taken = decide(self.event_log, translated, at)
        if isinstance(taken, Refused) and isinstance(translated, Corrected) and translated.compensate:
            # the correction counts even if the simulated lead has nothing to compensate
            taken = decide(self.event_log, translated.replaced(compensate=()), at)
        if isinstance(taken, Refused):
            return DecisionOutcome(step, None, str(taken))
        self._append(taken, at)
        self.numbers[step.event.seq] = self.lead.last_seq
        return DecisionOutcome(step, self.steps[-1])

    def _with_simulated_event(self, decision: Corrected, actual: Sequence[Step]) -> Corrected | None:
        """Return the correction with the number of the simulated event, or None if there is no such event."""
        wrong = next((step for step in actual if step.event.seq == decision.seq), None)
        if wrong is None:
            return decision
        seq = self.numbers.get(decision.seq)
        if wrong.is_deadline:
            seq = self._closest_deadline(wrong.event)
        return None if seq is None else decision.replaced(seq=seq)

    def _with_simulated_notice(self, fact: Fact) -> Fact:
        """Return a relation notice with the number of the simulated event that it replaces."""
        if not isinstance(fact, RelationNoticed) or fact.replaces is None:
            return fact
        return fact.replaced(replaces=self.numbers.get(fact.replaces))

    def _closest_deadline(self, event: Event) -> int | None:
        """Return the number of the same simulated deadline closest in time, or None if there is none."""
        out = superseded(self.event_log.corrections)
        alike = [
            step.event
            for step in self.steps
            if step.is_deadline and step.event.fact == event.fact and step.event.seq not in out
        ]
        return min(alike, key=lambda other: abs(other.at - event.at)).seq if alike else None

    def _with_simulated_invoice(self, fact: Fact, actual: Lead) -> Fact | None:
        """Return the fact with the number of the simulated invoice, or None if there is no such invoice."""
        invoice = actual.invoice(getattr(fact, "number", 0))
        if invoice is None:
            return fact
        ours, simulated = (
            [i for i in lead.invoices if same_days(i, invoice)] for lead in (actual, self.lead)
        )
        position = ours.index(invoice)  # several, if voided invoices were billed again
        return fact.replaced(**{"number": simulated[position].number}) if position < len(simulated) else None

    def _append(self, fact: Fact, at: datetime) -> None:
        past = self.event_log
        self.event_log = evolve(past, fact, at)
        self.steps.append(Step(past, self.event_log))
        if not isinstance(fact, Observation) or isinstance(fact, AFFECTS_DEADLINES):
            self.items = None


def as_given(decision: D, event_log: EventLog, now: datetime) -> D:
    """Return the decision without the values that the lead's rules filled in.

    A given value that equals the rules' own value cannot be distinguished, and is removed, too.
    """
    if type(decision).resolved is Fact.resolved:
        return decision
    given = decision
    for name, field in type(decision).model_fields.items():
        if field.default is None and getattr(given, name) is not None:
            without = given.replaced(**{name: None})
            if without.resolved(event_log, now) == decision:
                given = without
    return given


def _was_allowed(step: Step) -> bool:
    """Return True if this code would have allowed the person's decision at that time."""
    return not isinstance(decide(step.past, step.event.fact, step.event.at), Refused)


def _first(items: tuple[Due, ...]) -> datetime | None:
    return items[0].when if items else None


def same_days(one: Invoice, other: Invoice) -> bool:
    """Return True if both invoices have the same start and both bill a fee, or both only usage."""
    return (one.period_start, one.index is None) == (other.period_start, other.index is None)
