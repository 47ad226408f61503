"""One worker after the other serves a lead, as with every deploy: each goes on where the one before was."""

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tests.workflows.lives import Life
from tests.workflows.outside import Outside
from workflows.plugin import leads_plugin


async def test_a_decision_that_a_new_worker_hears_first_does_not_wedge_the_lead(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """The last thing that the worker before had heard was the end of an effect, to which there was nothing to say."""
    life = None
    for title in ("One", "Two", "Three"):
        async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
            life = life or await Life.begin(env, outside, lead_id, queue=lead_id)
            assert (await life.decide("details_changed", title=title)).accepted
            assert (await life.settled()).facts.title == title
    assert life
    history = await life.handle.fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
