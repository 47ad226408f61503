"""`leads repair` lets a stuck lead go on, and what other commands say of a stuck lead."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.collecting import CollectingActivities
from activities.ledger import LedgerActivities
from ledger.ledger import Ledger
from tests.support.commands import RunLeads, eventually
from tests.support.outside import Outside
from tests.support.stuck import code_of_another_release, impatient_env, until_stuck

__all__ = ["impatient_env"]


@pytest.fixture
def work(
    env: WorkflowEnvironment, queue: str, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Worker]]:
    """A worker with the ledger that the command line reads, to be entered."""
    monkeypatch.setenv("LEADS_LEDGER_URL", url := f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger = Ledger.open(url)
    activities = outside.activities(
        record_events=LedgerActivities(ledger).record_events,
        collect_messages=CollectingActivities(env.client).collect_messages,
    )
    with ThreadPoolExecutor(4) as threads:
        yield lambda: Worker(env.client, task_queue=queue, activities=activities, activity_executor=threads)
    ledger.close()


@pytest.fixture
async def lead(
    leads_alone: RunLeads, work: Callable[[], Worker], org: str, env: WorkflowEnvironment
) -> AsyncIterator[str]:
    """A lead with a history of another release, without a worker. It vanishes, as other tests replay all open leads."""
    with code_of_another_release():
        async with work():
            ended = await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
            lead = str(ended.json["lead_id"])
            price = ("--amount", "9000", "--currency", "USD", "--per", "year")
            assert (await leads_alone("price-quoted", lead, *price)).code == 0
            await eventually(
                lambda: leads_alone("show", lead, "--json"),
                lambda ended: all(effect["status"] != "waiting" for effect in ended.json["effects"]),
            )
    yield lead
    await env.client.get_workflow_handle(lead).terminate()


async def test_a_stuck_lead_is_told_and_repaired(
    leads_alone: RunLeads, work: Callable[[], Worker], lead: str, env: WorkflowEnvironment
) -> None:
    async with work():
        sent = await leads_alone("quote-accepted", lead, "--timeout", "1")
        assert sent.code == 0
        await until_stuck(env.client, lead)
        pending = (await leads_alone("contract-handed-over", lead, "--json", "--timeout", "1")).json
        assert (pending["pending"], pending["stuck"]) == (True, True)
        shown = await leads_alone("show", lead, "--timeout", "1")
        assert shown.code == 5
        assert (
            f"{lead} is stuck: the worker's code does not lead to its history. Nothing is lost" in shown.err
        )
        assert f"`leads repair {lead}`" in shown.err

        stuck = f"leads: 1 lead is stuck ({lead}: the worker's code does not lead to its history)."
        for command in ("list", "agenda"):
            told = await eventually(partial(leads_alone, command), lambda ended: stuck in ended.err)
            assert told.code == 0
        checked = (await leads_alone("check", "--json")).json
        (check,) = (each for each in checked if each["name"] == "reports no stuck lead")
        assert (check["ok"], check["detail"].startswith(lead)) == (False, True)

        planned = await leads_alone("repair", lead)
        assert planned.code == 0
        assert "Taken, as it waited: quote accepted" in planned.out
        assert "Taken, as it waited: contract handed over" in planned.out
        assert "Nothing was changed. Add --yes to do it." in planned.out
        assert (await leads_alone("show", lead, "--timeout", "1")).code == 5

        (done,) = (await leads_alone("repair", lead, "--yes", "--json")).json
        assert (done["result"], done["taken"]) == ("repaired", ["quote accepted", "contract handed over"])
        view = (await leads_alone("show", lead, "--json")).json
        assert [
            line["kind"] for line in view["timeline"] if line["kind"] in ("quote_accepted", "repaired")
        ] == [
            "quote_accepted",
            "repaired",
        ]
        again = await leads_alone("repair", lead)
        assert (again.code, again.out) == (0, f"{lead} is not stuck: nothing is to be repaired.\n")


async def test_it_repairs_all_that_temporal_reports(leads: RunLeads) -> None:
    ended = await leads("repair", "--all")
    assert (ended.code, ended.out) == (0, "Temporal reports no lead as stuck.\n")
    assert (await leads("repair")).code == 2
    assert (await leads("repair", "lead-x", "--all")).code == 2


async def test_a_ledger_that_cannot_be_read_is_named(
    leads_alone: RunLeads, lead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_LEDGER_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    ended = await leads_alone("repair", lead)
    assert ended.code == 5
    assert "LEADS_LEDGER_URL" in ended.err
