"""An issue that may become a lead, and the texts that people open it with."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from activities.issue_sync import intake
from client.directory import LeadHandle
from process.views.lead_overview import Overview
from tests.support.deployment import OWNER, SALES, Deployment
from tests.support.synced_issue import SyncedIssue

TITLE = "[Example University / Ada Example] - A hub for whales"
TEMPLATE = "[Lead org / Lead person] - [Lead title]"
FORM = """\
### Organisation

{org}

### Contact person

{person}

### What it is about

{title}

### E-mail

{email}

### Time zone

{zone}

### Background and notes

We met them at a conference.

```yaml
### Organisation
```
"""
"""Text that GitHub makes of a submitted issue form."""
NOTHING = "_No response_"


def form(**given: str) -> str:
    return FORM.format_map(dict.fromkeys(("org", "person", "title", "email", "zone"), NOTHING) | given)


class Seen(NamedTuple):
    """A comment by the service."""

    id: int
    text: str


class IntakeIssue(SyncedIssue):
    """An issue, and the acts of people on it."""

    def __init__(self, deployment: Deployment, repo: str = "leads") -> None:
        super().__init__(deployment, repo, 0)

    async def open(
        self, title: str = TITLE, body: str = "", *, by: str = SALES, labels: tuple[str, ...] = ("lead",)
    ) -> "IntakeIssue":
        self.number = (await self.act_as(by, "open", title, body, labels=labels)).number
        return self

    async def sync(self, **more: Any) -> str:
        """Sync the issue, as after a webhook, and return what was done."""
        return "; ".join((await self.synced(**more)).done)

    async def lead(self) -> LeadHandle:
        """Return the lead that the issue has become."""
        found = await self.found()
        assert found is not None
        return found

    async def found(self) -> LeadHandle | None:
        if known := await self.deployment.leads.by_issue(self.repo, self.number):
            return known
        for lead_id in intake.intake_lead_ids(await self.seen()):
            if known := await self.deployment.leads.by_id(lead_id):
                return known
        return None

    async def seen(self) -> Any:
        github = self.deployment.issue_sync.github
        return await asyncio.to_thread(github.issue, self.repo, self.number)

    async def settled(self, holds: Callable[[Overview], object] = bool) -> Overview:
        """Return the overview as soon as this holds and no effect is waiting."""
        return await self.deployment.until(
            await self.lead(),
            lambda view: holds(view) and all(effect.status in ("done", "blocked") for effect in view.effects),
        )

    async def become_lead(self) -> Overview:
        """Sync the issue, which must open a lead, and return its overview."""
        assert "It is lead-" in await self.sync()
        return await self.settled(lambda view: view.lead.card)

    async def ours(self) -> list[Seen]:
        """Return the service's comments."""
        found = await asyncio.to_thread(
            self.deployment.as_person, OWNER, "GET", f"{self.repo}/issues/{self.number}/comments"
        )
        return [Seen(c["id"], c["body"]) for c in found if c["user"]["type"] == "Bot"]

    async def comment(self) -> Seen:
        """Return the service's only comment."""
        (comment,) = await self.ours()
        return comment

    async def check_ignored(self) -> None:
        """Check that it has no lead and no comment."""
        assert await self.found() is None
        assert await self.ours() == []
