"""`leads policy`: shows the current policy and those of the leads, and lets leads adopt the current one."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

from cyclopts import Parameter
from temporalio.service import RPCError

from client.answers import Waiting
from client.errors import LeadsError, LeadStuck
from client.leads import LeadsClient
from client.lists import lead_lists
from config.settings import Settings
from process.decisions.policy import PolicyAdopted
from process.policy import TEAMS, Policy, differences
from process.types import Base
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.errors import rendered
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.options import given
from starter.cli.output import Output, progress
from starter.cli.session import leads_of
from starter.cli.spelling import write_refusal

MAX_CONCURRENT = 20
"""Number of leads asked at the same time."""


class Version(Base):
    """A policy that open leads have, their number, and its differences to the current one."""

    version: str
    leads: int
    differs: list[str] = []


class Adoption(Base):
    """The result of adopting the policy, or its preview, for one lead."""

    lead_id: str
    accepted: bool
    summary: str
    dates: list[str] = []


async def policy(
    *names: Annotated[str, Parameter(help="Leads that would adopt it: ids, or their beginnings.")],
    every: Annotated[bool, flag("Every open lead that has another policy.", "--all")] = False,
    adopt: Annotated[bool, flag("Let them adopt it. Without this, only a preview is shown.")] = False,
    note: Annotated[str | None, Parameter(help="With --adopt: a note for the record.")] = None,
    limit: Annotated[int, Parameter(help="With --all: number of leads whose dates the preview shows.")] = 20,
    json: Json = False,
) -> None:
    """Show the current policy and those of the leads; with leads, the dates that the current one would move.

    The current policy comes from the settings here, so run this with the worker's settings. Changed names and addresses
    of roles reach every lead by themselves.

    Examples: leads policy --all (preview), leads policy --all --adopt
    """
    if every and names:
        raise CommandFailed(
            ExitCode.USAGE, "Give either leads, or --all for every open one with another policy."
        )
    if adopt and not (every or names):
        raise CommandFailed(ExitCode.USAGE, "Give the leads, or --all.")
    settings, leads, out = read_settings(), await leads_of(), Output(as_json=json)
    if not (every or names):
        await _show(leads, settings, out)
        return
    wanted, others = list(names), 0
    if every:
        wanted = _under_another_policy(leads, settings)
        if not adopt:
            wanted, others = wanted[:limit], max(0, len(wanted) - limit)
    found = await _each(leads, wanted, out, adopt=adopt, note=note)
    if not out.value([each.model_dump() for each in found]):
        _print_adoptions(found, others, leads.policy, out, adopt=adopt)
    refused = [each for each in found if not each.accepted]
    if refused and (adopt or names):
        raise CommandFailed(ExitCode.REFUSED, f"{len(refused)} of {len(found)} leads refused.", printed=True)


def _under_another_policy(leads: LeadsClient, settings: Settings) -> list[str]:
    """Return the ids of the open leads that have another policy, oldest first."""
    with lead_lists(settings) as rows:
        return [row.lead_id for row in rows.under_another_policy(leads.policy.version)]


async def _each(
    leads: LeadsClient, names: Sequence[str], out: Output, *, adopt: bool, note: str | None
) -> list[Adoption]:
    ready = asyncio.Semaphore(MAX_CONCURRENT)
    with progress(hidden=out.as_json) as shown:
        bar = shown.add_task("Asking the leads", total=len(names))

        async def one(name: str) -> Adoption:
            async with ready:
                answer = await _one(leads, name, adopt=adopt, note=note)
            shown.advance(bar)
            return answer

        return list(await asyncio.gather(*(one(name) for name in names)))


async def _one(leads: LeadsClient, name: str, *, adopt: bool, note: str | None) -> Adoption:
    decision = given(PolicyAdopted, {"note": note})
    handle = await (leads.exactly(name) if adopt else leads.find(name))
    try:
        preview = await leads.preview(handle, decision)
    except LeadStuck as stuck:
        return Adoption(lead_id=handle.id, accepted=False, summary=str(rendered(stuck)))
    answered, dates = preview.answer, preview.dates
    refused = answered.refused
    summary = write_refusal(refused, handle.id) if refused else answered.message
    if not preview.answer.accepted or not adopt:
        return Adoption(lead_id=handle.id, accepted=preview.answer.accepted, summary=summary, dates=dates)
    try:
        answer = await leads.decide(handle, decision)
    except LeadsError as failed:
        return Adoption(lead_id=handle.id, accepted=False, summary=str(rendered(failed)))
    summary = f"Sent. {answer.why}" if isinstance(answer, Waiting) else answer.message
    return Adoption(lead_id=handle.id, accepted=True, summary=summary, dates=dates)


def _print_adoptions(found: list[Adoption], others: int, policy: Policy, out: Output, *, adopt: bool) -> None:
    if not found:
        out.line(f"Every open lead is under the policy {policy.version}.", "green")
    for each in found:
        out.heading(each.lead_id)
        out.items([each.summary], "" if each.accepted else "yellow")
        out.items([f"  {date}" for date in each.dates])
    if others:
        out.line()
        out.line(f"{others} more leads have another policy; --limit shows more.", "dim")
    if not adopt and any(each.accepted for each in found):
        out.line()
        out.line("Nothing was changed. Add --adopt to do it.", "dim")


async def _show(leads: LeadsClient, settings: Settings, out: Output) -> None:
    versions = await _versions(leads, settings)
    if out.value({"policy": leads.policy, "versions": versions}):
        return
    origin = f" (from {settings.policy_file})" if settings.policy_file else ""
    out.line(f"Current policy: {leads.policy.version}{origin}", "bold")
    others = differences(Policy(), leads.policy)
    out.items(others or ["same rules as the built-in policy"])
    for role in sorted(TEAMS):
        known = (*leads.policy.addresses.get(role, ()), *leads.policy.people.get(role, ()))
        out.items([f"{role}: {', '.join(known) or 'nobody is named'}"])
    out.heading("Policies of the leads")
    for each in versions:
        out.items([f"{each.version}: {each.leads} open"])
        out.items([f"  differs: {what}" for what in each.differs])
    if any(each.version != leads.policy.version for each in versions):
        out.line()
        out.line("To preview the change for them: leads policy --all", "dim")


async def _versions(leads: LeadsClient, settings: Settings) -> list[Version]:
    """Return the policies of open leads; one lead of each version is asked for its differences."""
    with lead_lists(settings) as rows:
        known = [
            (version, number, rows.under_policy(version, 1)) for version, number in rows.policies().items()
        ]
    return [
        Version(version=version, leads=number, differs=await _differs(leads, [row.lead_id for row in some]))
        for version, number, some in known
    ]


async def _differs(leads: LeadsClient, lead_ids: Iterable[str]) -> list[str]:
    """Return the differences between the policy of the first lead and the current one."""
    for lead_id in lead_ids:
        try:
            known = (await leads.overview(await leads.find(lead_id))).lead.policy
        except (LeadsError, RPCError) as error:
            return [f"{lead_id} did not answer: {error}"]
        return [*differences(known, leads.policy)]
    return []
