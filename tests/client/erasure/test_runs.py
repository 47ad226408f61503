"""The runs of a lead in Temporal: found, read, deleted; the one that goes on stays."""

import pytest
from temporalio.testing import WorkflowEnvironment

from client.erasure.runs import delete_runs, is_running, is_under, runs_of
from client.erasure.search import Searcher, texts_in
from ledger.ledger import Ledger
from process.privacy.lead_ids import LeadIds
from process.privacy.person import Person
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

QUEUE = "erasure-runs"
ADA = Person(names=("Ada Example",))


async def renewed(life: Life, times: int) -> None:
    """Let the lead go on in so many new runs."""
    for _ in range(times):
        before = (await life.handle.describe()).run_id
        await life.signal("adopt")
        while (await life.handle.describe()).run_id == before:
            pass


async def test_earlier_runs_are_deleted_and_the_lead_goes_on(
    env: WorkflowEnvironment, outside: Outside, ledger: Ledger
) -> None:
    async with recording_worker(env.client, QUEUE, outside, ledger):
        life = await Life.begin(env, outside, "lead-with-runs", queue=QUEUE)
        await life.settled()
        await renewed(life, 3)
        runs = await runs_of(env.client, life.id)
        assert len(runs) == 4
        assert runs[0] == (await life.handle.describe()).run_id
        hits = [
            hit async for hit in Searcher(ADA, LeadIds()).temporal(env.client, f"WorkflowId = '{life.id}'")
        ]
        assert {(hit.store, hit.where) for hit in hits} == {
            ("history", life.id),
            ("visibility", life.id),
        }
        assert await delete_runs(env.client, life.id, seconds=TIMEOUT) == 3
        assert await runs_of(env.client, life.id) == runs[:1]
        await life.decide_all("put_on_hold", put_on_hold={"until": "2030-01-01"})
        assert await delete_runs(env.client, life.id, seconds=TIMEOUT) == 0

        await life.handle.terminate()
        assert await delete_runs(env.client, life.id, seconds=TIMEOUT) == 1
        assert (await runs_of(env.client, life.id), await is_running(env.client, life.id)) == ([], False)


async def test_a_run_that_is_gone_is_under_no_key(env: WorkflowEnvironment) -> None:
    assert not await is_under(env.client, "lead-nowhere", "00000000-0000-0000-0000-000000000000", 1)


@pytest.mark.parametrize("value", ["Ada", ["x", {"Ada": 1}], {"a": ("Ada",)}, ADA])
def test_every_text_is_read(value: object) -> None:
    assert any("Ada" in text for text in texts_in(value))
