"""The issue and card of one lead in a running service, as tests use them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from client.directory import LeadHandle
from client.notices import request_sync
from process.views.overview import Overview
from sandbox.github.records import Issue
from tests.support.deployment import Deployment
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncResult


class LeadIssue:
    """The issue of one lead: actions of people, and the issue's present state."""

    def __init__(self, deployment: Deployment, handle: LeadHandle, repo: str, number: int) -> None:
        self.deployment = deployment
        self.lead = handle
        self.repo = repo
        self.number = number

    @classmethod
    async def open(cls, deployment: Deployment) -> "LeadIssue":
        lead = await deployment.open()
        issue = cls(deployment, lead, "leads", await deployment.number(lead))
        await issue.settled(lambda view: view.lead.card is not None)
        return issue

    async def act(self, login: str, act: str, *args: Any, **more: Any) -> None:
        """Perform an action of a person at the issue; `act` is a method of `sandbox.github.people`."""
        person = self.deployment.sandbox.person(login)
        await asyncio.to_thread(getattr(person, act), self.repo, self.number, *args, **more)

    async def sync(self, **more: Any) -> SyncResult:
        """Request a sync of the issue, as after a webhook, and return its result."""
        notice = ChangeNotice(repo=self.repo, number=self.number, **more)
        client = self.deployment.env.client
        await request_sync(client, notice, task_queue=self.deployment.settings.chores_queue)
        return await client.get_workflow_handle_for(IssueSyncWorkflow.run, notice.workflow_id).result()

    async def settled(self, holds: Callable[[Overview], object] = bool) -> Overview:
        """Wait until this holds and every effect is done or blocked; return the overview."""
        return await self.deployment.until(
            self.lead,
            lambda view: holds(view) and all(effect.status in ("done", "blocked") for effect in view.effects),
        )

    async def decide(self, **decisions: dict[str, Any]) -> None:
        for kind, body in decisions.items():
            await self.lead.execute_update(kind, body)
        await self.settled()

    async def answers(self) -> list[str]:
        return await self.deployment.answers_there(self.repo, self.number)

    def issue(self) -> Issue:
        state = self.deployment.sandbox.github
        repository = state.repository("2i2c-org", self.repo)
        assert repository is not None
        issue = state.issue(repository, self.number)
        assert issue is not None
        return issue

    def text(self) -> list[str]:
        """Return the lines of the description that people see."""
        lines = (self.issue().body or "").splitlines()
        return [line for line in lines if not line.startswith("<!--")]

    def box(self, text: str) -> bool:
        line = next(line for line in (self.issue().body or "").splitlines() if text in line and "- [" in line)
        return "[x]" in line.lower()

    def labels(self) -> set[str]:
        return {self.deployment.sandbox.github.labels[each].name for each in self.issue().label_ids}

    def column(self) -> str:
        state = self.deployment.sandbox.github
        (card,) = state.items_with(self.issue())
        status = state.projects[card.project_id].status
        return next(option.name for option in status.options if option.id == card.values[status.id].value)


@pytest.fixture
async def lead_issue(deployment: Deployment) -> LeadIssue:
    return await LeadIssue.open(deployment)


def last(view: Overview, kind: str) -> tuple[str, str]:
    """Return who took the newest decision of this kind, and its source."""
    line = next(line for line in reversed(view.timeline) if line.kind == kind)
    return line.by, line.source
