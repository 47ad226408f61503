"""The issue and card of one lead in a running service, as tests use them."""

from collections.abc import Callable
from typing import Any

import pytest

from client.directory import LeadHandle
from process.views.lead_overview import Overview
from tests.support.deployment import Deployment
from tests.support.synced_issue import SyncedIssue


class LeadIssue(SyncedIssue):
    """The issue of one lead: actions of people, and the issue's present state."""

    def __init__(self, deployment: Deployment, handle: LeadHandle, repo: str, number: int) -> None:
        super().__init__(deployment, repo, number)
        self.lead = handle

    @classmethod
    async def open(cls, deployment: Deployment) -> "LeadIssue":
        lead = await deployment.open()
        issue = cls(deployment, lead, "leads", await deployment.number(lead))
        await issue.settled(lambda view: view.lead.card is not None)
        return issue

    sync = SyncedIssue.synced

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

    def text(self) -> list[str]:
        """Return the lines of the description that people see."""
        lines = (self.issue().body or "").splitlines()
        return [line for line in lines if not line.startswith("<!--")]

    def box(self, text: str) -> bool:
        line = next(line for line in (self.issue().body or "").splitlines() if text in line and "- [" in line)
        return "[x]" in line.lower()

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
