"""One worker after another serves a lead, as with every deploy."""

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tests.support.outside import Outside
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin


async def test_a_decision_that_reaches_a_new_worker_first_does_not_block_the_lead(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """The last task of the worker before was the end of an effect, and had no commands."""
    life = None
    for title in ("One", "Two", "Three"):
        async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
            life = life or await Life.begin(env, outside, lead_id, queue=lead_id)
            assert (await life.decide("details_changed", title=title)).accepted
            assert (await life.settled()).lead.title == title
    assert life
    history = await life.handle.fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)


async def test_a_decision_that_reaches_a_new_worker_first_keeps_its_number(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """The worker before was lost while it tried again and again to create the folder."""
    outside.broken["create_folder"] = "again"

    def worker() -> Worker:
        return Worker(env.client, task_queue=lead_id, activities=outside.activities())

    async with worker():
        life = await Life.begin(env, outside, lead_id, queue=lead_id)
        await life.settled()
        await life.decide("price_quoted", amount="12000", currency="USD", per="year")
        await life.until(lambda _: outside.begun[f"create_folder {lead_id}"] > 1)
        before = (await life.overview()).timeline
        assert "mail_sent" in [line.kind for line in before]
    async with worker():
        answer = await life.decide("details_changed", title="Two")
    async with worker():
        timeline = (await life.overview()).timeline
    assert timeline[:-1] == before
    assert (timeline[-1].seq, timeline[-1].kind) == (answer.seq, "details_changed")
