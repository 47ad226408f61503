"""A player that takes a lead of a test through years (see starter/demo/years.py)."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time

from process.lead.lead import Lead
from process.policy import Team
from starter.demo.story import Step
from tests.support.workflow_lives import Life


class YearsPlayer:
    """Plays the years of a demo on a workflow of a test."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.decided: Counter[str] = Counter()

    async def until(self, day: date) -> Lead:
        """Move to noon (UTC) of this day, and return the lead once its effects are done."""
        now = await self.life.env.get_current_time(self.life.handle)
        noon = datetime.combine(day, time(12), UTC)
        if noon > now:
            await self.life.env.fast_forward(self.life.handle, noon - now)
        return (await self.life.settled()).lead

    async def decide(self, *steps: Step) -> int:
        answers = await asyncio.gather(
            *(self.life.decide(step.kind, by=step.by, **step.body) for step in steps)
        )
        for step, answer in zip(steps, answers, strict=True):
            assert answer.accepted, f"{step}: {answer!s}"
            self.decided[step.kind] += 1
        return max((answer.seq or 0 for answer in answers), default=0)

    async def set_team(self, team: Team) -> None:
        for _ in range(2):  # a worker at its start, and a reconciliation
            await self.life.signal("set_team", team.model_dump(mode="json"))
        await self.life.until(lambda view: view.lead.policy.addresses == team.addresses)
        await self.life.settled()
