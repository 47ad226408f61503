"""Plays and prints the story of the demo, step by step, each when all its effects are performed."""

import asyncio
import json
import shlex
import urllib.request
from collections.abc import Mapping
from typing import Any

from rich.progress import Progress

from client.answers import Waiting
from client.directory import LeadHandle
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.types import Stage
from process.views.lead_overview import Overview
from starter.cli.options import given
from starter.cli.output import Output
from starter.cli.spelling import as_command, write_refusal
from starter.demo.errors import StepFailed
from starter.demo.github_story import STEP_TIMEOUT, GitHubStory, Reply, within_timeout
from starter.demo.story import AFTER_ANSWERS, ANSWERS, BEFORE_ANSWERS, COMMENT, ISSUE, ON_GITHUB, OPENED, Step
from starter.local.parts import SandboxInfo

_EVERY_TIME = frozenset({"Bring the lead's issue up to date"})
"""Effects of nearly every step, which are not printed."""

STEPS = 1 + len(BEFORE_ANSWERS) + 1 + len(AFTER_ANSWERS) + GitHubStory.STEPS


class StoryPlayer:
    """Plays the story and prints each step."""

    def __init__(self, leads: LeadsClient, sandbox: SandboxInfo, out: Output, progress: Progress) -> None:
        self.leads, self.sandbox, self.out, self.progress = leads, sandbox, out, progress
        self.bar = progress.add_task("", total=STEPS)
        self.links: dict[str, str] = {}
        self.done: set[str] = set()
        self.steps: list[dict[str, Any]] = []
        self.on_github: list[dict[str, Any]] = []
        self.command = ""
        self.github = GitHubStory(leads, sandbox)
        self.handle: LeadHandle
        self.view: Overview

    async def play(self) -> None:
        """Play the whole story. Raises StepFailed, which names the step."""
        try:
            await self._play()
        except LeadsError as failure:
            raise StepFailed(str(failure), self.command) from failure

    async def _play(self) -> None:
        await self._open()
        for step in BEFORE_ANSWERS:
            await self._decide(step)
        response = await asyncio.to_thread(self._answer)
        await self._decide(Step("questionnaire_answered", OPENED["person"], {"response_id": response}))
        for step in AFTER_ANSWERS:
            await self._decide(step)
        if self.view.stage is not Stage.HUB or not self.view.lead.invoices:
            raise StepFailed(f"The lead is at {self.view.stage}, not a billed hub")
        await self._play_on_github()

    async def _play_on_github(self) -> None:
        """Play a second lead that lives on GitHub alone."""
        self._step(ON_GITHUB, "issue", f"opens an issue, labelled “lead”: {ISSUE['title']}")
        self._replied(await within_timeout(self.github.open_issue()))
        self._step(ON_GITHUB, "comment", f"comments on it: {COMMENT}")
        self._replied(await within_timeout(self.github.comment()))

    async def _open(self) -> None:
        self._begin(OPENED["by"], "start", "", OPENED)
        opened = await self.leads.open(given(LeadOpened, OPENED))
        self.handle = await self.leads.find(opened.lead_id)
        await self._became_true(f"{OPENED['org']} is a lead")

    async def _decide(self, step: Step) -> None:
        self._begin(step.by, as_command(step.kind), self.handle.id, step.body)
        wanted = given(DECISIONS[step.kind], {"by": step.by, **step.body})
        try:
            answer = await self.leads.decide(self.handle, wanted)
        except DecisionRefused as refused:
            if not step.refused:
                raise
            self._end(accepted=False, summary=write_refusal(refused.refusal, refused.lead_id))
            return
        if isinstance(answer, Waiting) or step.refused:
            raise StepFailed("The lead did not answer as it should")
        await self._became_true(answer.message)

    def _answer(self) -> str:
        """Fill in the questionnaire in the sandbox and return the id of the response."""
        form = self.sandbox.environment["LEADS_GOOGLE__QUESTIONNAIRE_FORM"]
        request = urllib.request.Request(  # noqa: S310 - our own sandbox
            f"{self.sandbox.url}/_sandbox/forms/{form}/responses",
            json.dumps({"answers": ANSWERS}).encode(),
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return str(json.load(answer)["response_id"])

    async def _became_true(self, summary: str) -> None:
        """Wait until all effects are performed, and print them."""
        try:
            async with asyncio.timeout(STEP_TIMEOUT):
                while not settled(view := await self.leads.overview(self.handle)):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)  # queries do not notify of changes
        except TimeoutError:
            undone = ", ".join(effect.summary for effect in view.effects if effect.status != "done")
            raise StepFailed(f"Not done in time: {undone}") from None
        moved = view.stage if not self.steps or view.stage is not self.view.stage else None
        self.view = view
        outside = [effect.summary for effect in view.effects if effect.key not in self.done]
        self.done |= {effect.key for effect in view.effects}
        new = {name: url for name, url in self._links(view).items() if name not in self.links}
        self.links |= new
        self._end(accepted=True, summary=summary, stage=moved, outside=outside, links=new)

    def _links(self, view: Overview) -> dict[str, str]:
        """Return the links that a person would open."""
        lead, organization = view.lead, self.sandbox.environment["LEADS_GITHUB__ORG"]
        known = {
            "Temporal UI": self.leads.link(view.lead_id),
            "Issue": lead.issue and lead.issue.url,
            "Board": lead.card and f"{self.sandbox.url}/orgs/{organization}/projects/1",
            "Drive folder": lead.folder and lead.folder.url,
            "Mailbox": lead.mails and f"{self.sandbox.url}/mail",
            "Hub's issue": lead.hub_issue and lead.hub_issue.url,
            "Invoice 1": lead.invoices and lead.invoices[0].file and lead.invoices[0].file.url,
        }
        return {name: str(url) for name, url in known.items() if url}

    # ---- output

    def _begin(self, by: str, command: str, lead_id: str, body: Mapping[str, Any]) -> None:
        self._step(by, command, f"$ {_typed(command, lead_id, body)}")

    def _step(self, by: str, command: str, does: str) -> None:
        self.command = command
        self.progress.update(self.bar, description=f"{by}: {command}")
        if self.out.as_json:
            return
        self.out.heading(by)
        self.out.items([does], "dim")

    def _replied(self, reply: Reply) -> None:
        """Print the reply on GitHub."""
        self.on_github.append({"step": self.command, **reply._asdict()})
        self.progress.advance(self.bar)
        if self.out.as_json:
            return
        reaction = "👍, and " if reply.reaction == "+1" else ""
        self.out.items([f"✓ {reaction}the service answers: {reply.answer}"], "green")
        self.out.items([f"  The lead is at: {reply.stage}"], "bold")
        self.out.items([f"  Issue: {reply.issue}"])

    def _end(
        self,
        *,
        accepted: bool,
        summary: str,
        stage: Stage | None = None,
        outside: list[str] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> None:
        self.progress.advance(self.bar)
        self.steps.append(
            {"step": self.command, "accepted": accepted, "summary": summary, "outside": outside or []}
        )
        if self.out.as_json:
            return
        self.out.items(
            [f"{'✓' if accepted else '✗ Refused, as intended:'} {summary}"],
            "green" if accepted else "yellow",
        )
        if stage:
            self.out.items([f"  The lead is at: {stage}"], "bold")
        chores = dict.fromkeys(chore for chore in outside or [] if chore not in _EVERY_TIME)
        if chores:
            self.out.items([f"  Effects: {' · '.join(chores)}"])
        self.out.items(f"  {name}: {url}" for name, url in (links or {}).items())

    def sum_up(self, seconds: float, pages: str) -> None:
        """Print the summary of both stories. `pages`: root URL of the pages."""
        self.links["Page"] = f"{pages}/leads/{self.handle.id}"
        result: dict[str, Any] = {
            "lead_id": self.handle.id,
            "stage": self.view.stage,
            "steps": self.steps,
            "links": self.links,
        }
        result["on_github"] = self.on_github
        if self.out.value(result | {"seconds": round(seconds, 1)}):
            return
        mails, events = len(self.view.lead.mails), len(self.view.timeline)
        self.out.heading(f"{self.view.heading} is a running hub: {self.view.lead.hub.url}")
        self.out.items(
            [
                f"{len(self.steps)} decisions, {events} events, {len(self.done)} effects, {mails} mails, "
                f"{len(self.view.refused)} refusal, in {seconds:.1f} seconds",
                "each step also updated the lead's issue and wrote its events to the ledger",
                *(f"{name}: {url}" for name, url in self.links.items()),
            ]
        )
        self.out.heading(f"{ISSUE['title']} lives on GitHub alone, at stage {self.on_github[-1]['stage']}")
        self.out.items([f"Issue: {self.on_github[-1]['issue']}"])
        self.out.heading(f"All leads: {pages}")


def settled(view: Overview) -> bool:
    """Return True if all effects are performed. Raises StepFailed if one failed for good."""
    for effect in view.effects:
        if effect.status == "parked":
            raise StepFailed(f"{effect.summary} failed: {effect.reason}")
    return all(effect.status == "done" for effect in view.effects)


def _typed(command: str, lead_id: str, body: Mapping[str, Any]) -> str:
    """Return the command line that a person would type, shortened if it is long."""
    options = [
        f"--{as_command(name)} {shlex.quote(str(value))}" for name, value in body.items() if value is not True
    ]
    options += [f"--{as_command(name)}" for name, value in body.items() if value is True]
    typed = " ".join(filter(None, ["leads", command, lead_id, *options]))
    return typed if len(typed) <= 150 else f"{typed[:149]}…"
