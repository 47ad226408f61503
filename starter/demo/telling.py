"""The story of `leads demo`, told: each step when all that it causes is done outside as well."""

import asyncio
import json
import shlex
import urllib.request
from collections.abc import Mapping
from typing import Any

from rich.progress import Progress

from client.directory import LeadHandle
from client.errors import DecisionRefused, LeadsError
from client.leads import LeadsClient
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.types import Stage
from process.views.overview import Overview
from starter.cli.options import given
from starter.cli.output import Output
from starter.cli.spelling import as_command, write_refusal
from starter.demo.errors import StepFailed
from starter.demo.github_story import IN_TIME, Desk, Reply, in_time
from starter.demo.story import AFTER_ANSWERS, ANSWERS, BEFORE_ANSWERS, COMMENT, ISSUE, ON_GITHUB, OPENED, Step
from starter.local.parts import SandboxPlace

_EVERY_TIME = frozenset({"Write the events to the ledger", "Bring the lead's issue up to date"})
"""Chores that follow from nearly every step, and would hide the others."""

STEPS = 1 + len(BEFORE_ANSWERS) + 1 + len(AFTER_ANSWERS) + Desk.STEPS


class Story:
    """Tells the story step by step, each when it is true outside as well."""

    def __init__(self, leads: LeadsClient, sandbox: SandboxPlace, out: Output, progress: Progress) -> None:
        self.leads, self.sandbox, self.out, self.progress = leads, sandbox, out, progress
        self.bar = progress.add_task("", total=STEPS)
        self.links: dict[str, str] = {}
        self.done: set[str] = set()
        self.steps: list[dict[str, Any]] = []
        self.on_github: list[dict[str, Any]] = []
        self.command = ""
        self.desk = Desk(leads, sandbox)
        self.lead: LeadHandle
        self.view: Overview

    async def tell(self) -> None:
        """All of it. Raises StepFailed, which names the step."""
        try:
            await self._tell()
        except LeadsError as failure:
            raise StepFailed(str(failure), self.command) from failure

    async def _tell(self) -> None:
        await self._open()
        for step in BEFORE_ANSWERS:
            await self._decide(step)
        response = await asyncio.to_thread(self._answer)
        await self._decide(Step("questionnaire_answered", OPENED["person"], {"response_id": response}))
        for step in AFTER_ANSWERS:
            await self._decide(step)
        if self.view.stage is not Stage.HUB or not self.view.facts.invoices:
            raise StepFailed(f"The lead is at {self.view.stage}, not a billed hub")
        await self._tell_of_the_desk()

    async def _tell_of_the_desk(self) -> None:
        """Another lead, for which nobody types a command: it lives on GitHub alone."""
        self._step(ON_GITHUB, "issue", f"opens an issue, labelled “lead”: {ISSUE['title']}")
        self._heard(await in_time(self.desk.opens_an_issue()))
        self._step(ON_GITHUB, "comment", f"comments on it: {COMMENT}")
        self._heard(await in_time(self.desk.comments()))

    async def _open(self) -> None:
        self._begin(OPENED["by"], "start", "", OPENED)
        opened = await self.leads.open(given(LeadOpened, OPENED))
        self.lead = await self.leads.find(opened.lead)
        await self._became_true(f"{OPENED['org']} is a lead")

    async def _decide(self, step: Step) -> None:
        self._begin(step.by, as_command(step.kind), self.lead.id, step.body)
        wanted = given(DECISIONS[step.kind], {"by": step.by, **step.body})
        try:
            answer = await self.leads.decide(self.lead, wanted)
        except DecisionRefused as refused:
            if not step.refused:
                raise
            self._end(accepted=False, summary=write_refusal(refused.refusal, refused.lead_id))
            return
        if answer is None or step.refused:
            raise StepFailed("The lead did not answer as it should")
        await self._became_true(answer.message)

    def _answer(self) -> str:
        """Somebody outside fills in the questionnaire; answers with the response's id."""
        form = self.sandbox.environment["LEADS_GOOGLE__QUESTIONNAIRE_FORM"]
        request = urllib.request.Request(  # noqa: S310 - our own sandbox
            f"{self.sandbox.url}/_sandbox/forms/{form}/responses",
            json.dumps({"answers": ANSWERS}).encode(),
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return str(json.load(answer)["response_id"])

    async def _became_true(self, summary: str) -> None:
        """Waits until everything that follows from it is done outside."""
        try:
            async with asyncio.timeout(IN_TIME):
                while not settled(view := await self.leads.overview(self.lead)):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)  # a query tells of a moment, not of changes
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
        """What a person would open."""
        facts, organization = view.facts, self.sandbox.environment["LEADS_GITHUB__ORG"]
        known = {
            "Temporal UI": self.leads.link(view.lead),
            "Issue": facts.issue and facts.issue.url,
            "Board": facts.card and f"{self.sandbox.url}/orgs/{organization}/projects/1",
            "Drive folder": facts.folder and facts.folder.url,
            "Mailbox": facts.mails and f"{self.sandbox.url}/mail",
            "Hub's issue": facts.hub_issue and facts.hub_issue.url,
            "Invoice 1": facts.invoices and facts.invoices[0].file and facts.invoices[0].file.url,
        }
        return {name: str(url) for name, url in known.items() if url}

    # ---- what it looks like

    def _begin(self, by: str, command: str, lead: str, body: Mapping[str, Any]) -> None:
        self._step(by, command, f"$ {_typed(command, lead, body)}")

    def _step(self, by: str, command: str, does: str) -> None:
        self.command = command
        self.progress.update(self.bar, description=f"{by}: {command}")
        if self.out.as_json:
            return
        self.out.heading(by)
        self.out.items([does], "dim")

    def _heard(self, told: Reply) -> None:
        """What came back from GitHub."""
        self.on_github.append({"step": self.command, **told._asdict()})
        self.progress.advance(self.bar)
        if self.out.as_json:
            return
        reaction = "👍, and " if told.reaction == "+1" else ""
        self.out.items([f"✓ {reaction}the service answers there: {told.answer}"], "green")
        self.out.items([f"  The lead is at: {told.stage}"], "bold")
        self.out.items([f"  Issue: {told.issue}"])

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
            [f"{'✓' if accepted else '✗ Refused, as it should be:'} {summary}"],
            "green" if accepted else "yellow",
        )
        if stage:
            self.out.items([f"  The lead is at: {stage}"], "bold")
        chores = dict.fromkeys(chore for chore in outside or [] if chore not in _EVERY_TIME)
        if chores:
            self.out.items([f"  Done outside: {' · '.join(chores)}"])
        self.out.items(f"  {name}: {url}" for name, url in (links or {}).items())

    def sum_up(self, seconds: float) -> None:
        told: dict[str, Any] = {
            "lead": self.lead.id,
            "stage": self.view.stage,
            "steps": self.steps,
            "links": self.links,
        }
        told["on_github"] = self.on_github
        if self.out.value(told | {"seconds": round(seconds, 1)}):
            return
        mails, events = len(self.view.facts.mails), len(self.view.timeline)
        self.out.heading(f"{self.view.heading} is a running hub: {self.view.facts.hub.url}")
        self.out.items(
            [
                f"{len(self.steps)} decisions, {events} events, {len(self.done)} effects outside, {mails} mails, "
                f"{len(self.view.refused)} refusal, in {seconds:.1f} seconds",
                "each step also brought the lead's issue up to date and wrote its events to the ledger",
                *(f"{name}: {url}" for name, url in self.links.items()),
            ]
        )
        self.out.heading(f"{ISSUE['title']} lives on GitHub alone, and is {self.on_github[-1]['stage']}")
        self.out.items([f"Issue: {self.on_github[-1]['issue']}"])


def settled(view: Overview) -> bool:
    """Whether nothing is left to be done outside. Raises StepFailed if one failed for good."""
    for effect in view.effects:
        if effect.status == "parked":
            raise StepFailed(f"{effect.summary} failed: {effect.reason}")
    return all(effect.status == "done" for effect in view.effects)


def _typed(command: str, lead: str, body: Mapping[str, Any]) -> str:
    """The command as a person would have typed it, cut short where it is long."""
    summary = [
        f"--{as_command(name)} {shlex.quote(str(value))}" for name, value in body.items() if value is not True
    ]
    summary += [f"--{as_command(name)}" for name, value in body.items() if value is True]
    typed = " ".join(filter(None, ["leads", command, lead, *summary]))
    return typed if len(typed) <= 150 else f"{typed[:149]}…"
