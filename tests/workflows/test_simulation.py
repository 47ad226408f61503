"""Simulations under their own rules repeat exactly what the real workflow did."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from temporalio.worker import Replayer

from client.replays import EventCapture
from process.core.events import Event
from process.policy import Periods
from process.simulation.difference import difference
from process.simulation.scenario import Scenario
from process.simulation.simulate import simulate
from starter.demo.years import Years
from tests.support.histories import HISTORIES, as_history, read_history
from tests.support.workflow_lives import Life
from tests.support.years_player import YearsPlayer
from workflows.runtime.plugin import leads_plugin


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return each event once, as the ledger would have them."""
    return [event for _, event in sorted({event.seq: event for event in events}.items())]


async def replayed(paths: Iterable[Path]) -> tuple[str, list[Event]]:
    """Return the lead's id, and the events that its runs make."""
    capture = EventCapture()
    replayer = Replayer(workflows=[], plugins=[leads_plugin()], interceptors=[capture])
    for path in paths:
        await replayer.replay_workflow(as_history(read_history(path)))
    ((lead_id, events),) = capture.events.items()
    return lead_id, in_order(events.values())


RUNS: dict[str, list[Path]] = {}
"""The histories of each recorded lead's runs."""
for path in HISTORIES:
    RUNS.setdefault(path.name.removesuffix(".json.gz").partition("-before-")[0], []).append(path)


@pytest.mark.parametrize("lead", RUNS)
async def test_committed_histories_are_simulated_exactly(lead: str) -> None:
    lead_id, events = await replayed(RUNS[lead])
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    simulation = simulate(events, lead_id, Scenario(), events[-1].at)
    assert simulation.exact
    assert simulation.reproducible


@pytest.mark.thorough
async def test_years_of_a_real_lead_are_simulated_exactly(life: Life) -> None:
    now = await life.env.get_current_time(life.handle)
    start = date(now.year + 1, 2, 1) if now.month < 12 else date(now.year + 2, 2, 1)
    await Years(YearsPlayer(life), 2, start).play()
    view = await life.settled()
    events = in_order(life.outside.events[life.id])
    assert len(events) == len(view.timeline)
    now = await life.env.get_current_time(life.handle)
    simulation = simulate(events, life.id, Scenario(), now)
    assert simulation.exact
    assert (simulation.reproducible, simulation.overdue_since) == (True, None)
    assert simulation.simulated[-1].after == view.lead
    found = difference(events, life.id, Scenario(periods=Periods(stale=10)), now)
    assert {each.kind for each in found.deadlines} == {"gone_stale"}
