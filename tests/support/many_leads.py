"""Many open leads at once: issues and cards on the sandbox's GitHub, and workflows in Temporal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from activities.github import issue_block
from activities.github.issue_block import LastWritten
from activities.reconcile.activities import reconcile_activities
from client.chores import Chores
from client.leads import LeadsClient
from config.settings import Settings
from sandbox.github.records import Issue
from sandbox.server import Sandbox
from tests.support.waiting import TIMEOUT
from workflows import search_attributes as attributes

NOBODY = "nobody-works-here"
"""Task queue without a worker: these leads never answer."""


def on_github(sandbox: Sandbox, count: int) -> list[Issue]:
    """Create issues as the service writes them, each with its card in the first column."""
    person = sandbox.person("amara-sales")
    issues = []
    for number in range(count):
        memory = LastWritten(state="open", title="", labels=("lead",))
        body = issue_block.write("", f"lead-{number}", "What a lead's issue says.", memory)
        issue = person.open("leads", f"[University {number} / Ada Example] - A hub", body, labels=("lead",))
        person.add_card("leads", issue.number)
        person.move("leads", issue.number, "Lead")
        issues.append(issue)
    sandbox.run(lambda: _a_second_apart(sandbox, issues))
    return issues


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
    async with Worker(client, task_queue=queue, activities=reconcile_activities(leads, chores, settings)):
        yield


async def in_temporal(client: Client, sandbox: Sandbox, issues: Sequence[Issue]) -> None:
    """Start a lead's workflow for each issue, with its stage and issue visible in lists."""

    async def begin(number: int, issue: Issue) -> None:
        await client.start_workflow(
            "LeadWorkflow",
            {"org": f"University {number}", "person": "Ada Example", "title": "A hub"},
            id=f"lead-{number}",
            task_queue=NOBODY,
            memo={"heading": issue.title, "issue": f"{sandbox.url}/2i2c-org/leads/issues/{issue.number}"},
            search_attributes=TypedSearchAttributes([SearchAttributePair(attributes.STAGE, "lead")]),
        )

    for start in range(0, len(issues), 50):
        batch = enumerate(issues[start : start + 50], start)
        await asyncio.gather(*(begin(number, issue) for number, issue in batch))
    listed = f"{attributes.STAGE.name} = 'lead'"
    async with asyncio.timeout(TIMEOUT):
        while (await client.count_workflows(listed)).count < len(issues):
            await asyncio.sleep(0.05)
