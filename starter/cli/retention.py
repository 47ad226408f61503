"""`leads retention`: shows the times of the policy, the erasures by them, and the leads that are due."""

from datetime import UTC, date, datetime

from client.retention import due_leads
from process.policy import Retention
from process.privacy.requests import ErasureRequest, RequestKind
from process.types import Base
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.erasure_stores import opened_stores
from starter.cli.output import Output, count_of
from starter.cli.session import demand_workers_keys

SHOWN = 20
"""Number of newest entries of the journal that are shown."""


class RetentionDay(Base):
    """The erasures by the times of the policy on one day."""

    day: date
    leads: int
    removed: int
    chores: int
    failed: list[str]

    @classmethod
    def of(cls, request: ErasureRequest) -> "RetentionDay":
        """Return the day of an entry in the journal."""
        done = sum(each.next_step is None for each in request.leads)
        return cls(
            day=request.asked_at.date(),
            leads=done,
            removed=len(request.removed),
            chores=request.chores,
            failed=list(request.failed),
        )


class RetentionReport(Base):
    """The policy's times, what was erased by them, and what is due."""

    retention: Retention
    due: list[str]
    days: list[RetentionDay]


async def retention(*, json: Json = False) -> None:
    """Show for how long personal data is kept, what was erased by that, and which leads are due.

    A schedule does it every day. The policy says for how long: LEADS_POLICY_FILE, [retention].
    """
    now, out = datetime.now(UTC), Output(as_json=json)
    await demand_workers_keys(read_settings())
    with opened_stores() as opened:
        rules, requests = opened.policy.retention, opened.journal.requests()
        due = due_leads(opened.ledger, requests, rules, now.date())
    days = [RetentionDay.of(each) for each in requests if each.kind is RequestKind.RETENTION][-SHOWN:]
    if out.value(RetentionReport(retention=rules, due=due, days=days)):
        return
    out.line(f"Names: {_months(rules.names_months)} after a lead's end", "bold")
    out.line(f"Money: {f'{rules.money_years} years' if rules.money_years else 'never'} after a lead's end")
    out.line(f"Chores: {f'{rules.chores_days} days' if rules.chores_days else 'never'} after their end")
    for day in days:
        failed = f", left: {', '.join(day.failed)}" if day.failed else ""
        out.line(
            f"{day.day}: {count_of(day.leads, 'lead')}, {day.removed} whole, {count_of(day.chores, 'chore')}{failed}"
        )
    if due:
        out.line(f"Due: {count_of(len(due), 'lead')}", "yellow")
        out.items(due)
    else:
        out.line("No lead is due.", "green")


def _months(number: int) -> str:
    return f"{number} months" if number else "never"
