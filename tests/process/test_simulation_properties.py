"""Simulations: under its own rules a lead is reproduced exactly; under other rules it stays consistent."""

from datetime import date
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from process.core.events import Event, Observation
from process.core.fold import fold
from process.deadlines.schedule import due
from process.money.pricing import BUILT_IN
from process.policy import Periods
from process.simulation.difference import difference
from process.simulation.scenario import Scenario
from process.simulation.simulate import AFFECTS_DEADLINES, Simulation, Step, simulate
from tests.support.examples import examples
from tests.support.lead_machine import LeadMachine

DAYS = st.sampled_from([1, 2, 5, 30, 45, 200])
CLOCKS = st.fixed_dictionaries(
    {},
    optional={name: DAYS for name, field in Periods.model_fields.items() if field.annotation is int}
    | {"renewal_windows": st.sampled_from([(), (200,), (90, 10, 1)])},
).map(lambda given: Periods(**given))
BOOKS = tuple(
    book.replaced(plans=tuple(plan.replaced(price=plan.price.times(2)) for plan in book.plans))
    for book in BUILT_IN
)
SCENARIOS = st.builds(
    Scenario,
    periods=CLOCKS,
    holidays=st.lists(st.dates(date(2026, 6, 1), date(2026, 8, 1)), max_size=3).map(tuple),
    books=st.sampled_from([(), BOOKS[:1], BOOKS]),
)


class SimulatedLeadMachine(LeadMachine):
    """Lead of a random sequence of steps, which is simulated at its end."""

    scenario = Scenario()

    @rule(scenario=SCENARIOS)
    def ask(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        events, lead, now = tuple(self.life.aggregate.event_log.events), self.life.lead, self.life.now
        same = simulate(events, lead.id, Scenario(), now)
        assert differing(same) == []
        assert same.simulated[-1].after == lead
        assert same.overdue_since is None
        assert same.reproducible
        assert all(outcome.simulated for outcome in same.outcomes)
        no_difference = difference(events, lead.id, Scenario(), now)
        assert not no_difference.differs
        assert all(billed.actual == billed.simulated for billed in no_difference.sums)
        other = simulate(events, lead.id, self.scenario, now)
        events = tuple(step.event for step in other.simulated)
        assert fold(events, lead.id) == other.simulated[-1].after
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert len(other.outcomes) == sum(step.decided for step in other.actual) - 1
        for step in other.actual:  # the simulation relies on this
            if isinstance(step.event.fact, Observation) and not isinstance(
                step.event.fact, AFFECTS_DEADLINES
            ):
                assert due(step.before) == due(step.after)
        assert difference(events, lead.id, self.scenario, now).reproducible
        twice = simulate(events, lead.id, self.scenario, now)
        assert differing(twice) == []


def differing(simulation: Simulation) -> list[object]:
    """Return the first event that differs between the actual and the simulated lead, or nothing."""

    def content(event: Event) -> tuple[Any, ...]:
        return event.at, event.fact

    pairs = zip(simulation.actual, simulation.simulated, strict=False)
    found = [(one.event, other.event) for one, other in pairs if content(one.event) != content(other.event)]
    ours, theirs = simulation.actual, simulation.simulated
    rest: tuple[Step, ...] = (*ours[len(theirs) :], *theirs[len(ours) :])
    return [*found, *(step.event for step in rest)][:1]


TestSimulations = SimulatedLeadMachine.TestCase
TestSimulations.settings = settings(max_examples=examples(8), stateful_step_count=30, deadline=None)
