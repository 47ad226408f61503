"""`leads verify` replays what is open on a live server, with the code at hand."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from ledger.ledger import Ledger
from process.core.events import EventLog
from process.decisions.quoting import PriceQuoted
from process.effects import Effect
from starter.cli.verify import NAMES
from tests.support.commands import Opened, RunLeads
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncState
from workflows.runtime.plugin import WORKFLOWS


@pytest.fixture
def work(
    env: WorkflowEnvironment, queue: str, outside: Outside, tmp_path: Path
) -> Iterator[Callable[[], Worker]]:
    """A worker with the ledger that the command reads."""
    with closing(Ledger.open(f"sqlite:///{tmp_path}/.leads/ledger.sqlite")) as ledger:
        ledger.check()  # makes it, if no lead of the test does
        yield lambda: recording_worker(env.client, queue, outside, ledger)


PRICE = ("--amount", "12000", "--currency", "USD", "--per", "year")


async def test_every_open_lead_replays(leads: RunLeads, opened: Opened) -> None:
    lead = await opened()
    await leads("questionnaire-sent", lead)
    ended = await leads("verify", "--json")
    assert ended.code == 0, ended.out
    mine = next(each for each in ended.json if each["workflow"] == lead)
    assert (mine["ok"], mine["type"]) == (True, "LeadWorkflow")
    assert mine["events"] > 10
    assert "would continue with this code" in (await leads("verify")).out


def test_each_kind_of_workflow_has_a_name_for_people() -> None:
    assert set(NAMES) == {each.__name__ for each in WORKFLOWS}


async def test_other_workflows_are_replayed_too(
    leads: RunLeads, env: WorkflowEnvironment, queue: str
) -> None:
    waiting = SyncState(waiting=(ChangeNotice(repo="leads", number=1),))  # for a sync that nobody makes here
    sync = await env.client.start_workflow(
        IssueSyncWorkflow.run, waiting, id=f"issue-sync-{queue}", task_queue=queue
    )
    ended = await leads("verify", "--json")
    await sync.terminate()
    assert [(each["type"], each["ok"]) for each in ended.json if each["workflow"] == sync.id] == [
        ("IssueSyncWorkflow", True)
    ]


async def test_a_lead_that_would_get_stuck_is_reported_with_the_difference(
    leads: RunLeads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await opened()
    await leads("questionnaire-sent", lead)
    before = (await leads("verify", "--json")).json
    assert all(each["ok"] for each in before if each["workflow"] == lead)

    def plans_nothing(*_: object) -> tuple[Effect, ...]:
        return ()

    monkeypatch.setattr("process.core.aggregate.plan", plans_nothing)
    ended = await leads("verify", "--json")
    assert ended.code == 3
    mine = next(each for each in ended.json if each["workflow"] == lead)
    assert not mine["ok"]
    assert mine["detail"].startswith("[TMPRL1100] Nondeterminism error")
    assert "would not" in ended.err


async def test_a_lead_with_other_events_is_reported_with_the_differences(
    leads: RunLeads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks for the same outside, in the same order, so Temporal finds nothing."""
    quoted, other = await opened(), await opened("--id", "another", "--not-a-duplicate")
    await leads("price-quoted", quoted, *PRICE)
    resolved = PriceQuoted.resolved

    def dearer(self: PriceQuoted, history: EventLog, now: datetime) -> PriceQuoted:
        return resolved(self, history, now).replaced(amount=Decimal(13000))

    monkeypatch.setattr(PriceQuoted, "resolved", dearer)
    ended = await leads("verify", "--json")
    assert ended.code == 3
    found = {each["workflow"]: each for each in ended.json}
    assert found[other]["ok"]
    assert "price_quoted: amount '12000' → '13000'" in found[quoted]["detail"]


async def test_new_summaries_and_new_fields_are_no_difference(
    leads: RunLeads, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await opened()
    await leads("price-quoted", lead, *PRICE)
    monkeypatch.setattr(PriceQuoted, "summary", lambda *_: "In other words")
    ended = await leads("verify", "--json")
    assert next(each for each in ended.json if each["workflow"] == lead)["ok"]


async def test_without_a_ledger_nothing_is_compared(leads: RunLeads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_LEDGER_URL", "sqlite:///elsewhere/ledger.sqlite")
    ended = await leads("verify")
    assert ended.code == 5
    assert "There is no ledger yet" in ended.err
