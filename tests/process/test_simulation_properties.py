"""Simulations: under its own rules a lead is repeated exactly, under any others it stays consistent."""

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
from tests.process.test_properties import Lives

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
OTHERWISE = st.builds(
    Scenario,
    periods=CLOCKS,
    holidays=st.lists(st.dates(date(2026, 6, 1), date(2026, 8, 1)), max_size=3).map(tuple),
    books=st.sampled_from([(), BOOKS[:1], BOOKS]),
)


class LivedAgain(Lives):
    """Whatever happened to a lead, at its end it is lived again."""

    scenario = Scenario()

    @rule(scenario=OTHERWISE)
    def ask(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        events, lead, now = self.life.aggregate.event_log.events, self.life.lead, self.life.now
        same = simulate(events, lead.id, Scenario(), now)
        assert differing(same) == []
        assert same.simulated[-1].after == lead
        assert same.overdue_since is None
        assert same.reproducible
        assert all(ruling.simulated for ruling in same.outcomes)
        nothing = difference(events, lead.id, Scenario(), now)
        assert not nothing.differs
        assert all(billed.actual == billed.simulated for billed in nothing.sums)
        anew = simulate(events, lead.id, self.scenario, now)
        events = tuple(step.event for step in anew.simulated)
        assert fold(events, lead.id) == anew.simulated[-1].after
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert len(anew.outcomes) == sum(step.decided for step in anew.actual) - 1
        for step in anew.actual:  # what a life lived again counts on
            if isinstance(step.event.fact, Observation) and not isinstance(
                step.event.fact, AFFECTS_DEADLINES
            ):
                assert due(step.before) == due(step.after)
        assert difference(events, lead.id, self.scenario, now).reproducible
        twice = simulate(events, lead.id, self.scenario, now)
        assert differing(twice) == []


def differing(lived: Simulation) -> list[object]:
    """The first thing in which both lives differ."""

    def content(event: Event) -> tuple[Any, ...]:
        return event.at, event.fact

    pairs = zip(lived.actual, lived.simulated, strict=False)
    found = [(one.event, other.event) for one, other in pairs if content(one.event) != content(other.event)]
    rest: tuple[Step, ...] = (*lived.actual[len(lived.simulated) :], *lived.simulated[len(lived.actual) :])
    return [*found, *(step.event for step in rest)][:1]


TestLivedAgain = LivedAgain.TestCase
TestLivedAgain.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
