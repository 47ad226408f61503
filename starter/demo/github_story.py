"""The second story of the demo: a lead that lives on GitHub alone, opened as an issue and decided by comments."""

import asyncio
import re
from collections.abc import Awaitable
from typing import Any, ClassVar, NamedTuple, TypeVar

import requests

from client.directory import LeadHandle
from client.leads import LeadsClient
from process.types import Stage
from process.views.lead_overview import Overview
from starter.demo.errors import StepFailed
from starter.demo.story import COMMENT, ISSUE, LOGIN
from starter.local.parts import SandboxInfo

T = TypeVar("T")

STEP_TIMEOUT = 30.0
"""Seconds within which all effects of a step must be performed."""


class Reply(NamedTuple):
    """The service's reply to an act on GitHub: first line of its comment, its reaction, and the lead's stage."""

    answer: str
    stage: Stage
    issue: str
    reaction: str = ""


class GitHubStory:
    """Acts on the sandbox's GitHub as a person from sales, and waits for the service's reply."""

    STEPS: ClassVar = 2

    def __init__(self, leads: LeadsClient, sandbox: SandboxInfo) -> None:
        self.leads = leads
        self.sandbox = sandbox
        self.number = 0
        self.url = ""
        self.handle: LeadHandle

    async def open_issue(self) -> Reply:
        """Open an issue, which becomes a lead."""
        issue = await self._ask("POST", "issues", ISSUE)
        self.number, self.url = int(issue["number"]), str(issue["html_url"])
        while (handle := await self.leads.by_issue("leads", self.number)) is None:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.1)
        self.handle = handle
        answer = await self._answer(0)
        return Reply(_first_line(answer), (await self._settled()).stage, self.url)

    async def comment(self) -> Reply:
        """Comment with a command, which is taken and answered."""
        comment = await self._ask("POST", f"issues/{self.number}/comments", {"body": COMMENT})
        answer = await self._answer(int(comment["id"]))
        reactions = await self._ask("GET", f"issues/comments/{comment['id']}/reactions")
        reaction = ", ".join(each["content"] for each in reactions)
        return Reply(_first_line(answer), (await self._settled()).stage, self.url, reaction)

    async def _answer(self, after: int) -> str:
        """Return the service's first comment after the comment with this id."""
        while True:  # the sandbox does not notify us
            found = await self._ask("GET", f"issues/{self.number}/comments")
            for comment in found:
                if comment["user"]["type"] == "Bot" and comment["id"] > after:
                    return str(comment["body"])
            await asyncio.sleep(0.1)

    async def _settled(self) -> Overview:
        while True:
            view = await self.leads.overview(self.handle)
            if all(effect.status == "done" for effect in view.effects):
                return view
            await asyncio.sleep(0.1)

    async def _ask(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.sandbox.url}/api/v3/repos/{self.sandbox.environment['LEADS_GITHUB__ORG']}/leads/{path}"
        headers = {"authorization": f"Bearer sandbox-token-{LOGIN}"}
        answer = await asyncio.to_thread(
            requests.request, verb, url, json=body, headers=headers, timeout=STEP_TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()


async def within_timeout(work: Awaitable[T]) -> T:
    """Await the work. Raises StepFailed if none comes in time, or if GitHub refuses."""
    try:
        async with asyncio.timeout(STEP_TIMEOUT):
            return await work
    except TimeoutError:
        raise StepFailed("No answer came from GitHub in time") from None
    except requests.RequestException as error:
        raise StepFailed(f"The sandbox's GitHub refused it: {type(error).__name__}") from None


def _first_line(answer: str) -> str:
    """Return the first line as plain text."""
    return re.sub(r"[*`\\✅]", "", answer.strip().partition("\n")[0]).strip()
