"""One sub-command per decision, made from the decision's own model: its name, its options, their help."""

import inspect
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from cyclopts import App, Group

from client.directory import LeadHandle
from client.leads import LeadsClient
from process.core.receipts import Answer
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from starter.cli.options import Json, Lead, Timeout, given, with_options
from starter.cli.output import Output
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.spelling import as_command

Command = Callable[..., Coroutine[Any, Any, None]]


def add(app: App, commands: Iterable[Command | str], group: Group) -> None:
    """Gives the command line these commands, in this order. One that is named by its place is loaded when it is wanted."""
    for place, command in enumerate(commands):
        called = command.partition(":")[2] if isinstance(command, str) else command.__name__
        name = called.rstrip("_").replace("_", "-")
        app.command(command, name=name, group=group, sort_key=place, help_epilogue="")


def add_decisions(app: App) -> None:
    """Gives the command line its sub-commands, in the order of the process."""
    group = Group("Decisions (each takes a LEAD first)", sort_key=2)
    for place, (kind, decision) in enumerate(DECISIONS.items()):
        app.command(_command(decision), name=as_command(kind), group=group, sort_key=place, help_epilogue="")


def _command(decision: type[Decision]) -> Command:
    async def command(
        lead: Lead, /, *, timeout: Timeout = TIMEOUT, json: Json = False, **values: Any
    ) -> None:
        wanted = given(decision, values)
        leads = await leads_of(timeout)
        handle = await leads.find(lead)
        answer = await leads.decide(handle, wanted)
        if answer is None:
            _pending(handle, Output(as_json=json))
        else:
            await _report(leads, handle, answer, Output(as_json=json))

    command.__name__ = decision.kind
    command.__doc__ = inspect.getdoc(decision) or ""
    return with_options(command, decision)


def _pending(lead: LeadHandle, out: Output) -> None:
    summary = "No worker answers now. The decision is handed in; the lead takes it as soon as a worker runs."
    if out.value({"lead": lead.id, "accepted": None, "pending": True, "summary": summary}):
        return
    out.line(summary, "yellow")
    out.items([f"What became of it: leads show {lead.id}"])


async def _report(leads: LeadsClient, lead: LeadHandle, answer: Answer, out: Output) -> None:
    """Says what became true, and what is done outside because of it."""
    view = await leads.overview(lead)
    doing = view.effects_of(answer.seq)
    result = {"lead": lead.id, "pending": False, **answer.model_dump()}
    result |= {"stage": view.stage, "effects": doing, "url": leads.link(lead.id)}
    if out.value(result):
        return
    out.line(f"{answer.message}{' (that was already decided)' if answer.repeat else ''}", "green")
    out.items(f"{effect.summary}: {effect.status}" for effect in doing)
    out.line(f"{lead.id} is at {view.stage}; next is {view.owner}: {view.next_step}", "dim")
