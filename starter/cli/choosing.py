"""`leads options`: the decisions that are possible for a lead now, the next ones first."""

from collections.abc import Sequence
from typing import Annotated

from rich.text import Text

from client.lost import running
from process.views.lead_overview import Option
from starter.cli.arguments import Json, LeadArgument, Timeout, flag
from starter.cli.output import Output, clean
from starter.cli.session import TIMEOUT, leads_of
from starter.cli.spelling import APPROVALS, as_command, as_option, write_refusal

ONLY_WHERE_KNOWN = (
    "Not at the command line: in a comment on the lead's issue, or on pages to which people sign in."
)
"""Added to an approval, for which the service must know the person."""

NAMED = 3
"""Number of options that are named where one of many is needed."""


async def options(
    lead: LeadArgument,
    /,
    *,
    every: Annotated[bool, flag("Also those that are refused now, with the reason.", "--all")] = False,
    timeout: Timeout = TIMEOUT,
    json: Json = False,
) -> None:
    """List the decisions that are possible now: first those of the next step, then the others.

    With --json, those that are refused are always there, at the end.

    Example: leads options LEAD --all
    """
    leads = await leads_of(timeout)
    handle = await running(leads, lead)
    found = await leads.options(handle)
    out = Output(as_json=json)
    if out.value(found):
        return
    rows = [_choice(option, handle.id) for option in found if option.allowed or option.later or every]
    out.table(("decision", "", "needs", "what it does, or why not now"), rows)
    if refused := _refused(found) if not every else 0:
        out.line()
        out.line(f"{refused} other decisions are refused now; --all names them and the reasons.", "dim")


def _refused(found: Sequence[Option]) -> int:
    return sum(not (option.allowed or option.later) for option in found)


def one_of_options(field_sets: Sequence[Sequence[str]]) -> str:
    """Return the options of which one is needed; of many, the first, because help names all."""
    sets = [" ".join(map(as_option, each)) for each in field_sets]
    return f"one of {', '.join(sets[:NAMED])} …" if len(sets) > NAMED else " or ".join(sets)


def _choice(option: Option, lead_id: str) -> tuple[Text, Text, str, Text]:
    name = as_command(option.kind)
    needs = " ".join(filter(None, (*map(as_option, option.needs), one_of_options(option.one_of))))
    if option.refused is None:
        state = Text("next", "green") if option.next else Text("yes")
        where = f" {ONLY_WHERE_KNOWN}" if option.kind in APPROVALS else ""
        return Text(name, "bold"), state, needs, Text(clean(option.does) + where)
    return Text(name, "dim"), Text("no"), "", Text(clean(write_refusal(option.refused, lead_id)), "dim")
