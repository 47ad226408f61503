"""Makes one command per decision from the decision's model: name, options, help."""

import inspect
from typing import Any

from client.directory import LeadHandle
from client.errors import LeadStuck
from client.leads import LeadsClient, Waiting
from process.core.receipts import Answer
from process.decisions.base import Decision
from starter.cli.arguments import Json, LeadArgument, Timeout
from starter.cli.loading import Command
from starter.cli.options import given, with_options
from starter.cli.output import Output
from starter.cli.session import TIMEOUT, leads_of


def command_of(decision: type[Decision]) -> Command:
    """Return the command that takes this decision."""

    async def command(
        lead: LeadArgument, /, *, timeout: Timeout = TIMEOUT, json: Json = False, **values: Any
    ) -> None:
        wanted = given(decision, values)
        leads = await leads_of(timeout)
        handle = await leads.find(lead)
        answer = await leads.decide(handle, wanted)
        if isinstance(answer, Waiting):
            _pending(handle, answer, Output(as_json=json))
        else:
            await _report(leads, handle, answer, Output(as_json=json))

    command.__name__ = decision.kind
    command.__doc__ = inspect.getdoc(decision) or ""
    return with_options(command, decision)


def _pending(handle: LeadHandle, waiting: Waiting, out: Output) -> None:
    """Print that Temporal keeps the decision, and for what it waits."""
    stuck = isinstance(waiting.why, LeadStuck)
    taken = "it is repaired" if stuck else "a worker answers"
    message = f"The decision was sent; the lead takes it as soon as {taken}. {waiting.why}"
    result = {"lead_id": handle.id, "accepted": None, "pending": True, "stuck": stuck, "message": message}
    if out.value(result):
        return
    out.line(message, "yellow")
    if stuck:
        out.items([f"Repair it: leads repair {handle.id}"])
    out.items([f"See the result later: leads show {handle.id}"])


async def _report(leads: LeadsClient, handle: LeadHandle, answer: Answer, out: Output) -> None:
    """Print what became true, and the effects of it."""
    view = await leads.overview(handle)
    effects = view.effects_of(answer.seq)
    result = {"lead_id": handle.id, "pending": False, **answer.model_dump()}
    result |= {"stage": view.stage, "effects": effects, "url": leads.link(handle.id)}
    if out.value(result):
        return
    out.line(f"{answer.message}{' (that was already decided)' if answer.repeat else ''}", "green")
    if not answer.recorded:
        out.line(
            "The ledger is away. The event is written to it, and lists show it, when it is back", "yellow"
        )
    out.items(f"{effect.summary}: {effect.status}" for effect in effects)
    out.line(f"{handle.id} is at {view.stage}; next is {view.owner}: {view.next_step}", "dim")
