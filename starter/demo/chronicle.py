"""Plays and prints years of a hub (`leads demo --years`), with time skipping on the real server."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any

from dateutil.relativedelta import relativedelta
from rich.progress import Progress
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from client.answers import Waiting
from client.directory import LeadHandle
from client.leads import LeadsClient
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.lead.lead import Lead
from process.money.amounts import Money
from process.policy import Team
from process.types import Role
from process.views.lead_overview import Overview, TimelineLine
from starter.cli.options import given
from starter.cli.output import Output
from starter.demo.errors import StepFailed
from starter.demo.github_story import STEP_TIMEOUT
from starter.demo.player import settled
from starter.demo.story import OPENED, Step
from starter.demo.years import Years

DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="10ms"',  # otherwise each skipped timer takes a second
)
"""Dynamic configuration that allows the server to skip time."""


class Chronicle:
    """Plays years of one lead and prints what happens each day."""

    def __init__(self, leads: LeadsClient, out: Output, progress: Progress, years: int) -> None:
        self.leads, self.out, self.progress = leads, out, progress
        self.skipper = TimeSkipper(leads.client, config=TimeSkippingConfig(enabled=False))
        self.years, self.start = years, _start(datetime.now(UTC).date())
        self.bar = progress.add_task("", total=12 * years)
        self.printed: list[dict[str, Any]] = []
        self.handle: LeadHandle
        self.view: Overview

    async def play(self) -> None:
        """Play all years. Raises StepFailed if the lead does not do as it should."""
        opened = await self.leads.open(given(LeadOpened, OPENED))
        self.handle = await self.leads.find(opened.lead_id)
        await self._news()
        await Years(self, self.years, self.start).play()

    # ---- used by Years

    async def until(self, day: date) -> Lead:
        """Skip time until noon (UTC) of that day on the lead's clock."""
        now = await self.skipper.get_current_time(self.handle)
        noon = datetime.combine(day, time(12), UTC)
        if noon > now:
            await self.skipper.fast_forward(self.handle, noon - now)
        past = relativedelta(day, self.start)
        self.progress.update(self.bar, completed=past.years * 12 + past.months, description=f"{day:%B %Y}")
        await self._news()
        return self.view.lead

    async def decide(self, *steps: Step) -> int:
        """Take the decisions one after the other and return the number of the last event."""
        seq = 0
        for step in steps:
            wanted = given(DECISIONS[step.kind], {"by": step.by, **step.body})
            answer = await self.leads.decide(self.handle, wanted)
            if isinstance(answer, Waiting) or answer.seq is None:
                raise StepFailed("the lead did not answer", step.kind)
            seq = answer.seq
        await self._news()
        return seq

    async def set_team(self, team: Team) -> None:
        """Tell the lead who has the roles, as a worker with changed settings does."""
        await self.leads.set_team(self.handle.id, team)
        known = len(self.printed)
        while len(self.printed) == known:
            await self._news()

    # ---- output

    async def _news(self) -> None:
        """Wait until all effects are performed, and print the new events."""
        try:
            async with asyncio.timeout(STEP_TIMEOUT):
                while not settled(view := await self.leads.overview(self.handle)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)  # queries do not notify of changes
        except TimeoutError:
            raise StepFailed("Not all effects were performed in time") from None
        self.view = view
        last_day = self.printed[-1]["on"] if self.printed else ""
        for line in view.timeline[len(self.printed) :]:
            on = str(view.lead.today(line.at))
            self.printed.append({"on": on, "by": line.by, "summary": line.summary, "kind": line.kind})
            if self.out.as_json or _is_chore(line):
                continue
            if on != last_day:
                self.out.heading(on)
                last_day = on
            self.out.items([f"{line.by}: {line.summary}"])

    def sum_up(self, seconds: float, pages: str) -> None:
        """Print the summary of all years. `pages`: root URL of the pages."""
        lead = self.view.lead
        standing = [invoice for invoice in lead.invoices if invoice.is_valid]
        billed = sum((i.total for i in standing), start=Money.zero(standing[0].total.currency))
        paid = sum((i.total for i in standing if i.paid_on), start=Money.zero(billed.currency))
        mailed = self._mailed(Role.CONTRACTS)
        result = {
            "lead_id": self.view.lead_id,
            "stage": self.view.stage,
            "years": self.years,
            "invoices": len(standing),
            "billed": str(billed),
            "paid": str(paid),
            "renewals": len(lead.former),
            "mails": len(lead.mails),
            "mails_to_contracts": {address: len(days) for address, days in mailed.items()},
            "events": len(self.view.timeline),
        }
        if self.out.value(result | {"events_by_day": self.printed, "seconds": round(seconds, 1)}):
            return
        self.out.heading(f"{self.view.heading}: {self.years} years, now {self.view.stage}")
        self.out.items(
            [
                f"{len(standing)} invoices, {billed} billed and {paid} paid; {_renewed(len(lead.former))}; "
                f"{len(lead.mails)} mails; {len(self.view.timeline)} events, in {seconds:.0f} seconds",
                *(
                    f"mail to the contracts team: {len(days)} to {address}, from {days[0]} to {days[-1]}"
                    for address, days in mailed.items()
                ),
                f"Temporal UI: {self.leads.link(self.view.lead_id)}",
                f"Page: {pages}/leads/{self.view.lead_id}",
            ]
        )

    def _mailed(self, role: Role) -> dict[str, list[date]]:
        """Return the addresses that had the role, with the days on which mail went to them."""
        found: dict[str, list[date]] = {}
        for mail in self.view.lead.mails:
            for address in mail.reached.get(role, ()):
                found.setdefault(address, []).append(self.view.lead.today(mail.at))
        return found


def _is_chore(line: TimelineLine) -> bool:
    """Return True for frequent events of the service itself; a mail about a new address is not one of them."""
    return line.kind in _CHORES and "“address " not in line.summary


_CHORES = frozenset({"mail_sent", "ids_reserved", "invoice_prepared", "card_placed", "prices_read"})
"""Kinds of events that are counted in the summary only."""


def _start(today: date) -> date:
    """Return the first day of the month after next, which leaves time to sign."""
    month = today.year * 12 + today.month + 1
    return date(month // 12, month % 12 + 1, 1)


def _renewed(times: int) -> str:
    return {0: "never renewed", 1: "renewed once", 2: "renewed twice"}.get(times, f"renewed {times} times")
