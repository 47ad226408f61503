"""The process changes under leads in flight: they replay as they were, and take the change up with a new run."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workflows.lead
from process.behaviour import CHANGES
from process.core.events import Event
from process.decisions.base import mail
from process.decisions.qualifying import QuestionnaireSent
from process.effects.base import Effect
from process.lead.lead import Lead
from process.types import Role
from tests.support.outside import Outside
from tests.support.workflow_lives import Life


def _effects(self: QuestionnaireSent, before: Lead, after: Lead, event: Event) -> list[Effect]:
    """The new way: sales gets a mail. The old way: nothing."""
    return (
        [mail(after, event, "questionnaire_unanswered", Role.SALES)] if "tell-sales" in after.changes else []
    )


async def test_a_lead_in_flight_takes_a_change_up_with_a_new_run(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worker() -> Worker:
        return Worker(env.client, task_queue=lead_id, activities=outside.activities(), max_cached_workflows=0)

    async with worker():
        life = await Life.begin(env, outside, lead_id, queue=lead_id)
        await life.decide("questionnaire_sent")
        await life.settled()

    # a deploy: new code, which would plan more for what has already happened
    monkeypatch.setattr(workflows.lead, "CHANGES", (*CHANGES, "tell-sales"))
    monkeypatch.setattr(QuestionnaireSent, "effects", _effects)
    async with worker():
        assert (await life.decide("details_changed", person="Grace Example")).accepted
        assert (await life.settled()).facts.changes == CHANGES, "in the middle of a run nothing changes"
        assert outside.templates(lead_id) == []

        await life.signal("adopt")
        view = await life.until(lambda view: view.facts.changes == (*CHANGES, "tell-sales"))
        assert [line.words for line in view.timeline][-1] == "From here on under the changes 0.2, tell-sales"
        await asyncio.sleep(0)
        await life.decide("corrected", seq=2, reason="not sent at all")
        assert (await life.decide("questionnaire_sent")).accepted
        await life.settled()
        assert outside.templates(lead_id) == ["questionnaire_unanswered"]

        other = await Life.begin(env, outside, f"{lead_id}-new", queue=lead_id)
        assert (await other.look()).facts.changes == (*CHANGES, "tell-sales"), (
            "a new lead has all changes at once"
        )
