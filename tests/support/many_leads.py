"""Many open leads at once: issues and cards on the sandbox's GitHub, and rows in the ledger."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.github import issue_block
from activities.github.issue_block import LastWritten
from activities.github.seals import Seal
from activities.heartbeat import HeartbeatInterceptor
from activities.reconcile.activities import reconcile_activities
from client.chores import Chores
from client.leads import LeadsClient
from config.settings import Settings
from ledger.ledger import Ledger
from process.types import Role, Stage
from process.views.lead_row import LeadRow
from sandbox.github.records import Issue
from sandbox.server import Sandbox

NOBODY = "nobody-works-here"
"""Task queue without a worker: these leads never answer."""


def on_github(sandbox: Sandbox, count: int, settings: Settings) -> list[Issue]:
    """Create issues as the service writes them, each with its card in the first column."""
    person, seal = sandbox.person("amara-sales"), Seal.of(settings.github, settings.signing_keys)
    issues = []
    for number in range(count):
        title = f"[University {number} / Ada Example] - A hub"
        memory = LastWritten(state="open", title=issue_block.checksum(title), labels=("lead",))
        body = issue_block.write("", lead_id(number), "What a lead's issue says.", memory)
        body = seal.sealed(body, lead_id(number))
        issue = person.open("leads", title, body, labels=("lead",))
        person.add_card("leads", issue.number)
        person.move("leads", issue.number, "Lead")
        issues.append(issue)
    sandbox.run(lambda: _a_second_apart(sandbox, issues))
    return issues


def lead_id(number: int) -> str:
    """Return the id of a lead, whose order is that of the numbers."""
    return f"lead-{number:08}"


def _a_second_apart(sandbox: Sandbox, issues: Sequence[Issue]) -> None:
    """Space the issues' last updates a second apart: updates within one second are read together."""
    github = sandbox.github
    with github.writing():
        for ago, issue in enumerate(reversed(issues), start=1):
            last = github.issues[issue.id]
            github.issues[issue.id] = last.replaced(updated_at=last.updated_at - timedelta(seconds=ago))


@asynccontextmanager
async def reconciling(client: Client, settings: Settings, queue: str) -> AsyncIterator[None]:
    """Run a worker that only reconciles; nobody carries out the syncs that it requests."""
    leads, chores = LeadsClient(client, NOBODY, settings.temporal_ui), Chores(client, NOBODY)
    async with Worker(
        client,
        task_queue=queue,
        activities=reconcile_activities(leads, chores, settings),
        interceptors=[HeartbeatInterceptor()],
    ):
        yield


@pytest.fixture(name="client")
async def reconciling_client(env: WorkflowEnvironment, settings: Settings) -> AsyncIterator[Client]:
    """Return a client of the server, with a worker that only reconciles."""
    async with reconciling(env.client, settings, settings.task_queue):
        yield env.client


def a_row(number: int, **known: Any) -> LeadRow:
    """Return the row of an open lead, with these values."""
    now = datetime.now(UTC)
    plain: dict[str, Any] = {
        "lead_id": lead_id(number),
        "heading": f"[University {number} / Ada Example] - A hub",
        "stage": Stage.LEAD,
        "owner": Role.SALES,
        "next_step": "send the questionnaire",
        "service": "hub",
        "org_key": f"university-{number}",
        "title_key": "a-hub",
        "opened_at": now,
        "last_seq": 1,
        "updated_at": now,
    }
    return LeadRow(**plain | known)


def in_ledger(settings: Settings, *rows: LeadRow) -> None:
    """Write the rows."""
    ledger = Ledger.open(settings.ledger_url.get_secret_value())
    for row in rows:
        ledger.append(row.lead_id, [], after=0, row=row)
    ledger.close()


def with_issues(settings: Settings, sandbox: Sandbox, issues: Sequence[Issue]) -> None:
    """Write a row for each issue."""
    address = f"{sandbox.url}/2i2c-org/leads/issues"
    in_ledger(
        settings,
        *(a_row(number, issue=f"{address}/{issue.number}") for number, issue in enumerate(issues)),
    )
