"""A running service and its users: they use the sandbox's GitHub by REST, and a real worker answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from temporalio.common import RetryPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workflows.issue_sync
import workflows.performing
import workflows.reconcile
from activities import settling
from activities.issue_sync import edits, intake
from activities.issue_sync.sync import IssueSync
from activities.reconcile.activities import reconcile_activities
from activities.registry import activities
from client.chores import Chores
from client.directory import LeadHandle
from client.leads import LeadsClient
from client.lists import lead_lists
from client.notices import request_sync
from client.reconcile import reconcile_now
from client.worker_options import working
from config.settings import Settings
from ledger.ledger import Ledger
from process.decisions.opening import LeadOpened
from process.views.lead_overview import Overview
from process.views.lead_row import LeadRow
from sandbox.server import Sandbox
from tests.support.lives import KEY
from tests.support.sandboxes import running_sandbox, sandbox
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT, long_heartbeat_timeouts
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncResult
from workflows.reconcile import Reconciliation

__all__ = ["running_sandbox", "sandbox"]

SALES, CONTRACTS, COMMUNITY, OUTSIDER = "amara-sales", "chidi-contracts", "cora-community", "jo-outside"
OWNER = "olu-owner"

_numbers = count(1)


@pytest.fixture(scope="package")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture(name="env")
async def own_env() -> AsyncIterator[WorkflowEnvironment]:
    """Start a server for one test."""
    async with real_time() as server:
        yield server


@pytest.fixture(autouse=True, scope="package")
def quick_retries() -> Iterator[None]:
    """Retry after a tenth of a second instead of two seconds, and give up what is missing after three."""
    soon = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=0.4))
    modules = (workflows.issue_sync, workflows.performing, workflows.reconcile)
    with long_heartbeat_timeouts(*modules) as patch:
        for module in modules:
            patch.setattr(module, "RETRIES", soon)
        patch.setattr(settling, "SETTLING", timedelta(seconds=3))
        patch.setattr(edits, "RETRY_AFTER", timedelta(milliseconds=500))
        patch.setattr(intake, "RETRY_AFTER", timedelta(milliseconds=100))
        yield


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take for deleted what is missing, without time in which it may yet appear."""
    monkeypatch.setattr(settling, "SETTLING", timedelta())


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEADS_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    monkeypatch.setenv("LEADS_SIGNING_KEY", KEY)
    monkeypatch.setenv("LEADS_TASK_QUEUE", f"issue-sync-{next(_numbers)}")
    return Settings(_env_file=None)


@dataclass
class Deployment:
    """The running service and its users."""

    env: WorkflowEnvironment
    sandbox: Sandbox
    settings: Settings
    leads: LeadsClient
    issue_sync: IssueSync

    def rows(self) -> list[LeadRow]:
        """Return the rows of the leads that are not archived, from the ledger."""
        with lead_lists(self.settings) as rows:
            return list(rows.each())

    def as_person(self, login: str, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request to GitHub with the person's own token."""
        return self._ask(f"sandbox-token-{login}", verb, path, body)

    def as_service(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request to GitHub with the service's token."""
        return self._ask("sandbox-token", verb, path, body)

    def _ask(self, token: str, verb: str, path: str, body: dict[str, Any] | None) -> Any:
        answer = requests.request(
            verb,
            f"{self.sandbox.url}/api/v3/repos/2i2c-org/{path}",
            json=body,
            headers={"authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    async def open(self, title: str = "A hub") -> LeadHandle:
        """Open a lead, and wait for its issue."""
        wanted = LeadOpened(org=f"University of {next(_numbers)}", person="Ada Example", title=title)
        lead = await self.leads.find((await self.leads.open(wanted)).lead_id)
        await self.until(lead, lambda view: view.lead.issue is not None)
        return lead

    async def row(self, handle: LeadHandle) -> LeadRow | None:
        """Return the lead's row in the ledger."""
        ledger = Ledger.open(self.settings.ledger_url.get_secret_value())
        try:
            return await asyncio.to_thread(ledger.row, handle.id)
        finally:
            ledger.close()

    async def until_row(self, handle: LeadHandle, holds: Callable[[LeadRow], object]) -> LeadRow:
        """Wait until the lead's row in the ledger is so."""
        async with asyncio.timeout(TIMEOUT):
            while not ((row := await self.row(handle)) and holds(row)):
                await asyncio.sleep(0.05)
        return row

    async def until(self, handle: LeadHandle, holds: Callable[[Overview], object]) -> Overview:
        """Wait until the lead is so, and its row says so, too: a reconciliation reads that."""
        async with asyncio.timeout(TIMEOUT):
            while not holds(view := await self.leads.overview(handle)):
                await asyncio.sleep(0.05)
        await self.until_row(handle, lambda row: row.last_seq >= view.timeline[-1].seq)
        return view

    async def number(self, handle: LeadHandle) -> int:
        """Return the number of the lead's issue."""
        issue = (await self.leads.overview(handle)).lead.issue
        assert issue is not None
        return int(issue.id)

    async def to_hub_issue(self, handle: LeadHandle) -> int:
        """Decide everything up to the hub's request, and return the number of the hub's issue."""
        for kind, body in (
            ("price_quoted", {"amount": "12000", "currency": "USD", "per": "year"}),
            ("quote_accepted", {}),
            ("contract_handed_over", {}),
            ("contract_signed", {"evidence": "https://drive.example.org/signed.pdf"}),
            ("vendor_setup_not_needed", {}),
            ("hub_requested", {}),
        ):
            await handle.execute_update(kind, body)
        view = await self.until(handle, lambda view: view.lead.hub_issue is not None)
        assert view.lead.hub_issue is not None
        return int(view.lead.hub_issue.id)

    async def comment(self, handle: LeadHandle, text: str, *, login: str = SALES) -> int:
        """Comment on the lead's issue as a person, and return the comment's id."""
        return await self.comment_on("leads", await self.number(handle), text, login=login)

    async def comment_on(self, repo: str, number: int, text: str, *, login: str = SALES) -> int:
        path = f"{repo}/issues/{number}/comments"
        return int((await asyncio.to_thread(self.as_person, login, "POST", path, {"body": text}))["id"])

    def age(self, comment: int) -> None:
        """Let a comment be a second older, as after a wait: GitHub's times have whole seconds."""
        comments = self.sandbox.github.comments
        written, second = comments[comment], timedelta(seconds=1)
        times = {"created_at": written.created_at - second, "updated_at": written.updated_at - second}
        comments[comment] = written.replaced(**times)

    async def edit(self, comment: int, text: str, *, login: str = SALES) -> None:
        self.age(comment)
        path = f"leads/issues/comments/{comment}"
        await asyncio.to_thread(self.as_person, login, "PATCH", path, {"body": text})

    async def delete(self, comment: int) -> None:
        await asyncio.to_thread(self.as_person, SALES, "DELETE", f"leads/issues/comments/{comment}")

    async def sync(self, handle: LeadHandle, *comments: int) -> SyncResult:
        """Request a sync for these comments, as after a webhook, and return its result."""
        return await self.sync_there("leads", await self.number(handle), *comments)

    async def sync_there(self, repo: str, number: int, *comments: int) -> SyncResult:
        notices = [ChangeNotice(repo=repo, number=number, comment=comment) for comment in comments]
        await request_sync(self.env.client, *notices, task_queue=self.settings.chores_queue)
        sync = self.env.client.get_workflow_handle_for(IssueSyncWorkflow.run, notices[0].workflow_id)
        return await sync.result()

    async def answers(self, handle: LeadHandle) -> list[str]:
        """Return the service's answers on the lead's issue."""
        return await self.answers_there("leads", await self.number(handle))

    async def answers_there(self, repo: str, number: int) -> list[str]:
        found = await asyncio.to_thread(self.as_person, SALES, "GET", f"{repo}/issues/{number}/comments")
        return [c["body"] for c in found if c["user"]["type"] == "Bot" and "lead-to-hub:answer" in c["body"]]

    async def reactions(self, comment: int, *, repo: str = "leads") -> list[str]:
        path = f"{repo}/issues/comments/{comment}/reactions"
        return [r["content"] for r in await asyncio.to_thread(self.as_person, SALES, "GET", path)]

    async def reconcile(self) -> Reconciliation:
        """Reconcile all systems, and wait for all syncs that follow."""
        done = await reconcile_now(self.env.client, self.settings.chores_queue)
        await self.all_synced()
        return done

    async def all_synced(self) -> None:
        """Wait until every issue sync is done. Each is asked by its id, since a list shows it a moment late."""
        github = self.sandbox.github
        cards = [ChangeNotice(card=github.item_node_id(item)) for item in list(github.items.values())]
        issues = [
            ChangeNotice(repo=repo, number=number)
            for repo in (self.settings.github.leads_repo, self.settings.github.hubs_repo)
            for number in sorted({issue.number for issue in list(github.issues.values())})
        ]
        async with asyncio.timeout(TIMEOUT):
            for notice in (*cards, *issues, *issues):  # one sync may request another
                await self._closed(notice.workflow_id)

    async def _closed(self, workflow_id: str) -> None:
        try:
            await self.env.client.get_workflow_handle(workflow_id).result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def stage(self, handle: LeadHandle) -> str:
        return (await self.leads.overview(handle)).stage


@pytest.fixture
async def deployment(
    env: WorkflowEnvironment, sandbox: Sandbox, settings: Settings
) -> AsyncIterator[Deployment]:
    timeout = timedelta(seconds=TIMEOUT)
    leads = LeadsClient(
        env.client, settings.task_queue, settings.temporal_ui, timeout, key=settings.current_signing_key
    )
    chores = Chores.of(env.client, settings)
    issue_sync = IssueSync(leads, chores, settings, settle=timedelta(milliseconds=200))
    with ThreadPoolExecutor(8) as executor:
        leads_worker = Worker(
            env.client,
            task_queue=settings.task_queue,
            activities=activities(settings, env.client),
            activity_executor=executor,
        )
        chores_worker = Worker(
            env.client,
            task_queue=chores.task_queue,
            activities=[issue_sync.sync_issue, *reconcile_activities(leads, chores, settings)],
            activity_executor=executor,
        )
        async with working(leads_worker, chores_worker):
            yield Deployment(env, sandbox, settings, leads, issue_sync)


def all_public(deployment: Deployment) -> None:
    """Make all repositories public: issues of private ones cannot be transferred."""
    github = deployment.sandbox.github
    for number, repository in list(github.repositories.items()):
        github.repositories[number] = repository.replaced(private=False)
