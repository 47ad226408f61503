"""An issue in a running service: acts of people, and syncs as after a webhook."""

import asyncio
from typing import Any

from client.notices import request_sync
from sandbox.github.records import Issue
from tests.support.deployment import Deployment
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncResult


class SyncedIssue:
    """An issue on the sandbox's GitHub."""

    def __init__(self, deployment: Deployment, repo: str, number: int) -> None:
        self.deployment = deployment
        self.repo = repo
        self.number = number

    async def act_as(self, login: str, act: str, *args: Any, **more: Any) -> Any:
        """Perform an action of a person in the repository; `act` is a method of `sandbox.github.people`."""
        person = self.deployment.sandbox.person(login)
        return await asyncio.to_thread(getattr(person, act), self.repo, *args, **more)

    async def act(self, login: str, act: str, *args: Any, **more: Any) -> None:
        """Perform an action of a person at the issue."""
        await self.act_as(login, act, self.number, *args, **more)

    async def synced(self, **more: Any) -> SyncResult:
        """Request a sync of the issue, as after a webhook, and return its result."""
        notice = ChangeNotice(repo=self.repo, number=self.number, **more)
        client = self.deployment.env.client
        await request_sync(client, notice, task_queue=self.deployment.settings.chores_queue)
        return await client.get_workflow_handle_for(IssueSyncWorkflow.run, notice.workflow_id).result()

    def issue(self) -> Issue:
        """Return the issue as it is now."""
        state = self.deployment.sandbox.github
        repository = state.repository("2i2c-org", self.repo)
        assert repository is not None
        issue = state.issue(repository, self.number)
        assert issue is not None
        return issue

    def labels(self) -> set[str]:
        """Return the names of its labels."""
        return {self.deployment.sandbox.github.labels[each].name for each in self.issue().label_ids}
