"""Makes one command per decision from the decision's model: name, options, help."""

import inspect
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from temporalio.service import RPCError

from client.answers import Waiting
from client.directory import LeadHandle
from client.errors import LeadsError, LeadStuck
from client.leads import LeadsClient
from process.core.answers import Answer
from process.decisions.base import Decision
from process.views.lead_overview import EffectLine, Overview
from starter.cli.arguments import Json, LeadArgument, Timeout, Verbose
from starter.cli.loading import Command
from starter.cli.options import given, with_options
from starter.cli.output import Output
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.spelling import write_refusal


def command_of(decision: type[Decision]) -> Command:
    """Return the command that takes this decision."""

    async def command(
        lead: LeadArgument,
        /,
        *,
        timeout: Timeout = TIMEOUT,
        verbose: Verbose = False,
        json: Json = False,
        **values: Any,
    ) -> None:
        wanted = given(decision, values)
        leads = await leads_of(timeout)
        handle = await leads.exactly(lead)
        answer = await leads.decide(handle, wanted)
        if isinstance(answer, Waiting):
            _pending(handle, await leads.heading_of(handle), answer, Output(as_json=json))
        else:
            await _report(leads, handle, answer, Output(as_json=json), verbose=verbose)

    command.__name__ = decision.kind
    command.__doc__ = inspect.getdoc(decision) or ""
    return with_options(command, decision)


def _pending(handle: LeadHandle, heading: str, waiting: Waiting, out: Output) -> None:
    """Print that Temporal keeps the decision, and for what it waits."""
    stuck = isinstance(waiting.why, LeadStuck)
    taken = "it is repaired" if stuck else "a worker answers"
    message = f"The decision was sent; the lead takes it as soon as {taken}. {waiting.why}"
    result = {"lead_id": handle.id, "accepted": None, "pending": True, "stuck": stuck, "message": message}
    if out.value({"heading": heading} | result):
        return
    out.line(heading, "bold")
    out.line(message, "yellow")
    if stuck:
        out.items([f"Repair it: leads repair {handle.id}"])
    out.items([f"See the result later: leads show {handle.id}"])


def _chores(effects: Sequence[EffectLine], *, verbose: bool) -> list[str]:
    """Return a line about the effects, and one for each that failed; with `verbose` one for each."""
    if verbose:
        return [f"{effect.summary}: {effect.status}" for effect in effects]
    failed = [f"{e.summary}: failed for good: {e.reason}" for e in effects if e.status == "parked"]
    done = sum(effect.status == "done" for effect in effects)
    under_way = len(effects) - done - len(failed)
    counts = [f"{done} done"] if done else []
    counts += [f"{under_way} under way"] if under_way else []
    chores = "chore" if done + under_way == 1 else "chores"
    return [*([f"{chores.capitalize()}: {', '.join(counts)}"] if counts else []), *failed]


async def _report(
    leads: LeadsClient, handle: LeadHandle, answer: Answer, out: Output, *, verbose: bool
) -> None:
    """Print what became true, and the effects of it as far as the lead tells them: the decision is taken in any case."""
    view: Overview | None = None
    with suppress(LeadsError, RPCError):
        view = await leads.overview(handle)
    effects = view.effects_of(answer.seq) if view else []
    heading = view.lead.heading if view else handle.id
    result = {"heading": heading, "lead_id": handle.id, "pending": False, **answer.model_dump()}
    result |= {"stage": view and view.stage, "effects": effects, "url": leads.link(handle.id)}
    if out.value(result):
        return
    out.line(heading, "bold")
    out.line(f"{answer.message}{' (that was already decided)' if answer.repeat else ''}", "green")
    if answer.follow_ups:
        out.line(write_refusal(answer.follow_ups, handle.id), "yellow")
    if not answer.recorded:
        out.line(
            "The ledger is away. The event is written to it, and lists show it, when it is back", "yellow"
        )
    out.items(_chores(effects, verbose=verbose))
    if view is None:
        out.line(
            f"The decision is taken. The lead does not answer now; see `leads show {handle.id}`.", "yellow"
        )
        return
    out.line(f"{handle.id} is at {view.stage}; next is {view.owner}: {view.next_step}", "dim")
