"""`leads policy`: the policy in force, those that leads are under, and what it would change if they went on under it."""

import asyncio
from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter
from pydantic import BaseModel
from temporalio.service import RPCError

from client.directory import LeadPolicy
from client.errors import LeadsError, LeadStuck
from client.leads import LeadsClient
from config.settings import Settings
from process.decisions.policy import PolicyAdopted
from process.policy import TEAMS, Policy, differences
from process.types import OPEN_STAGES
from starter.cli.errors import CommandError, ExitCode, rendered
from starter.cli.options import Json, flag, given
from starter.cli.output import Output
from starter.cli.session import leads_of, read_settings
from starter.cli.spelling import write_refusal

AT_ONCE = 20
"""Leads that are asked at the same time."""


class Version(BaseModel):
    """A policy that leads are under, and in what the one in force differs."""

    version: str
    leads: list[str]
    differs: list[str] = []


class Outcome(BaseModel):
    """What became, or would become, of one lead."""

    lead: str
    accepted: bool
    summary: str
    dates: list[str] = []


async def policy(
    *names: Annotated[str, Parameter(help="Leads that are to go on under it: ids, or their beginnings.")],
    every: Annotated[bool, flag("Every open lead that is under another.", "--all")] = False,
    adopt: Annotated[
        bool, flag("Have them do it. Without this, it is only shown what would change.")
    ] = False,
    note: Annotated[str | None, Parameter(help="With --adopt: anything worth remembering.")] = None,
    json: Json = False,
) -> None:
    """Show the policy in force and those that leads are under; with leads, which dates the one in force would move.

    It is the one of the settings here: run this where the worker's are. Who is behind a role reaches every lead by itself.
    """
    if every and names:
        raise CommandError(
            ExitCode.USAGE, "Name leads, or say --all for every open one that is under another."
        )
    if adopt and not (every or names):
        raise CommandError(ExitCode.USAGE, "Which leads? Name them, or say --all.")
    leads, out = await leads_of(), Output(as_json=json)
    if not (every or names):
        await _show(leads, read_settings(), out)
        return
    wanted = list(names) if names else [each.lead for each in await _others(leads)]
    found = await _each(leads, wanted, adopt=adopt, note=note)
    if not out.value([each.model_dump() for each in found]):
        _tell(found, leads.policy, out, adopt=adopt)
    refused = [each for each in found if not each.accepted]
    if refused and (adopt or names):
        raise CommandError(ExitCode.REFUSED, f"{len(refused)} of {len(found)} leads refused.", printed=True)


async def _others(leads: LeadsClient) -> list[LeadPolicy]:
    """Return the open leads that are under another policy."""
    return [
        each
        for each in await leads.list_policies()
        if each.version != leads.policy.version and each.stage in OPEN_STAGES
    ]


async def _each(leads: LeadsClient, names: Iterable[str], *, adopt: bool, note: str | None) -> list[Outcome]:
    ready = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Outcome:
        async with ready:
            return await _one(leads, name, adopt=adopt, note=note)

    return list(await asyncio.gather(*(one(name) for name in names)))


async def _one(leads: LeadsClient, name: str, *, adopt: bool, note: str | None) -> Outcome:
    decision = given(PolicyAdopted, {"note": note})
    handle = await leads.find(name)
    try:
        preview = await leads.preview(handle, decision)
    except LeadStuck as stuck:
        return Outcome(lead=handle.id, accepted=False, summary=str(rendered(stuck)))
    answered, dates = preview.answer, preview.dates
    refused = answered.refused
    summary = write_refusal(refused, handle.id) if refused else answered.message
    if not preview.answer.accepted or not adopt:
        return Outcome(lead=handle.id, accepted=preview.answer.accepted, summary=summary, dates=dates)
    try:
        answer = await leads.decide(handle, decision)
    except LeadsError as failed:
        return Outcome(lead=handle.id, accepted=False, summary=str(rendered(failed)))
    summary = answer.message if answer else "Handed in; no worker answers now."
    return Outcome(lead=handle.id, accepted=True, summary=summary, dates=dates)


def _tell(found: list[Outcome], policy: Policy, out: Output, *, adopt: bool) -> None:
    if not found:
        out.line(f"Every open lead is under the policy {policy.version}.", "green")
    for each in found:
        out.heading(each.lead)
        out.items([each.summary], "" if each.accepted else "yellow")
        out.items([f"  {date}" for date in each.dates])
    if not adopt and any(each.accepted for each in found):
        out.line()
        out.line("Nothing has changed. The same again with --adopt does it.", "dim")


async def _show(leads: LeadsClient, settings: Settings, out: Output) -> None:
    versions = await _versions(leads)
    if out.value({"policy": leads.policy, "versions": versions}):
        return
    where = f" (from {settings.policy_file})" if settings.policy_file else ""
    out.line(f"Policy in force: {leads.policy.version}{where}", "bold")
    others = differences(Policy(), leads.policy)
    out.items(others or ["its rules are the built-in ones"])
    for role in sorted(TEAMS):
        known = (*leads.policy.addresses.get(role, ()), *leads.policy.people.get(role, ()))
        out.items([f"{role}: {', '.join(known) or 'nobody is named'}"])
    out.heading("Leads are under")
    for each in versions:
        out.items([f"{each.version or 'not known yet'}: {len(each.leads)} open"])
        out.items([f"  differs: {what}" for what in each.differs])
    if any(each.version != leads.policy.version for each in versions):
        out.line()
        out.line("What would change for them: leads policy --all", "dim")


async def _versions(leads: LeadsClient) -> list[Version]:
    """By version; one lead of each is asked what that is."""
    by: dict[str, list[str]] = {}
    for each in await leads.list_policies():
        if each.stage in OPEN_STAGES:
            by.setdefault(each.version, []).append(each.lead)
    found = []
    for version, names in sorted(by.items()):
        try:
            known = (await leads.overview(await leads.find(names[0]))).facts.policy
            differs = [*differences(known, leads.policy)]
        except (LeadsError, RPCError) as error:
            differs = [f"{names[0]} did not answer: {error}"]
        found.append(Version(version=version, leads=names, differs=differs))
    return found
