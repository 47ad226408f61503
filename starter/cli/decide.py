"""Makes one command per decision from the decision's model: name, options, help."""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from cyclopts import App, Group
from temporalio.service import RPCError

from client.directory import LeadHandle
from client.errors import LeadsError, LeadStuck
from client.leads import LeadsClient, Waiting
from process.core.receipts import Answer
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from process.views.overview import EffectLine, Overview
from starter.cli.options import Json, LeadArgument, Timeout, Verbose, given, with_options
from starter.cli.output import Output
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.spelling import as_command

Command = Callable[..., Coroutine[Any, Any, None]]


def add(app: App, commands: Iterable[Command | str], group: Group) -> None:
    """Add the commands in this order. A command given as `module:name` is imported when it is used."""
    for position, command in enumerate(commands):
        title = command.partition(":")[2] if isinstance(command, str) else command.__name__
        name = title.rstrip("_").replace("_", "-")
        app.command(command, name=name, group=group, sort_key=position, help_epilogue="")


def add_decisions(app: App) -> None:
    """Add a command for every decision, in the order of the process."""
    group = Group("Decisions (each takes a LEAD first)", sort_key=2)
    for position, (kind, decision) in enumerate(DECISIONS.items()):
        app.command(
            _command(decision), name=as_command(kind), group=group, sort_key=position, help_epilogue=""
        )


def _command(decision: type[Decision]) -> Command:
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
