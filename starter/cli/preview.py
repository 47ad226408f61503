"""`leads preview`: the consequences of a decision, without taking it."""

import difflib
from typing import Annotated

from cyclopts import Parameter

from client.errors import DecisionRefused
from client.lost import running
from client.previews import sections
from process.plain_errors import shown
from starter.cli.app import make_app
from starter.cli.arguments import Json, LeadArgument, Timeout
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.loading import decision_names, load_decision
from starter.cli.options import given
from starter.cli.output import Output
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.spelling import as_command


async def preview(
    lead: LeadArgument,
    decision: Annotated[str, Parameter(help="The decision, by the name of its command.")],
    /,
    *arguments: Annotated[str, Parameter(allow_leading_hyphen=True, help="Options of its command.")],
    timeout: Timeout = TIMEOUT,
    json: Json = False,
) -> None:
    """Show the consequences of a decision without taking it.

    Example: leads preview LEAD price-quoted --amount 9000 --currency USD --per year
    """
    command, known = as_command(decision), decision_names()
    if command not in known:
        near = difflib.get_close_matches(command, known, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise CommandFailed(
            ExitCode.USAGE, f"There is no decision {shown(decision)}.{meant} `leads --help` lists them."
        )
    kind = load_decision(command)
    _, bound, _ = make_app([command]).parse_args(
        [command, lead, *arguments], exit_on_error=False, print_error=False
    )
    fields = {name: value for name, value in bound.arguments.items() if name in kind.model_fields}
    wanted = given(kind, fields)
    leads = await leads_of(timeout)
    handle = await running(leads, lead)
    preview = await leads.preview(handle, wanted)
    out = Output(as_json=json)
    if refused := preview.answer.refused:
        raise DecisionRefused(refused, handle.id)
    if out.value(preview):
        return
    out.line(f"Nothing has happened. It would mean: {preview.answer.message}")
    out.line(f"The lead would be at {preview.stage}")
    for title, lines in sections(preview, ask="--compensate {}"):
        out.heading(title)
        out.items(lines)
