"""A rule of the process changes under leads in flight: they replay as they were, and adopt it with a new run."""

import tomllib
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from process.behaviour import CHANGES, Behaviour, Rules
from tests.support.changed_rule import NEXT_CHANGES, KnownBehaviour, NextBehaviour, deploy
from tests.support.histories import known_rules
from tests.support.outside import Outside
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin

VERSION = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"]


def adopted_too_early(
    behaviour: type[Rules], known: dict[str, list[str]], version: str = VERSION
) -> list[str]:
    """Return the rules that runs adopt although no release before this version knows them."""
    earlier = [names for release, names in known.items() if not version.startswith(f"{release}.")]
    before = {name for names in earlier for name in names}
    return [rule.name for rule in behaviour.changed() if rule.adopted and rule.name not in before]


def test_a_rule_is_adopted_only_after_a_release_that_knows_it() -> None:
    """Otherwise the release could not be taken back (docs/changing-the-process.md)."""
    assert not adopted_too_early(Behaviour, known_rules())
    assert adopted_too_early(NextBehaviour, {"1.1": list(NEXT_CHANGES)}, "1.1.0") == list(NEXT_CHANGES)
    assert not adopted_too_early(NextBehaviour, {"1.1": list(NEXT_CHANGES)}, "1.2.0")
    assert not adopted_too_early(KnownBehaviour, {}, "1.1.0")


async def _replays(history: WorkflowHistory) -> None:
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)


async def test_a_lead_in_flight_adopts_a_change_with_a_new_run(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worker() -> Worker:
        return Worker(env.client, task_queue=lead_id, activities=outside.activities(), max_cached_workflows=0)

    async with worker():
        life = await Life.begin(env, outside, lead_id, queue=lead_id)
        await life.decide("questionnaire_sent")
        await life.settled()

    deploy(monkeypatch)
    async with worker():
        assert (await life.decide("details_changed", person="Grace Example")).accepted
        assert (await life.settled()).lead.changes == CHANGES, "in the middle of a run nothing changes"
        assert outside.templates(lead_id) == []
        old_run = await life.handle.fetch_history()

        await life.signal("adopt")
        view = await life.until(lambda view: view.lead.changes == NEXT_CHANGES)
        assert [line.summary for line in view.timeline][-1] == "Changed rules apply from here on: tell-sales"
        await life.decide("corrected", seq=2, reason="not sent at all")
        assert (await life.decide("questionnaire_sent")).accepted
        await life.settled()
        assert outside.templates(lead_id) == ["questionnaire_unanswered"]

        await _replays(old_run)
        await _replays(await life.handle.fetch_history())

        other = await Life.begin(env, outside, f"{lead_id}-new", queue=lead_id)
        assert (await other.overview()).lead.changes == NEXT_CHANGES, "a new lead has all changes at once"
