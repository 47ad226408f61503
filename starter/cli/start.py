"""`leads start`: opens a lead."""

from typing import Annotated, Any

from cyclopts import Parameter

from client.errors import LeadsError
from process.decisions.opening import LeadOpened
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.options import given, with_options
from starter.cli.output import Output
from starter.cli.session import leads_of

Zone = Annotated[
    str | None,
    Parameter(help="The lead's time zone, as Europe/Berlin; its days count there. By default LEADS_ZONE."),
]


async def _start(
    *,
    zone: Zone = None,
    id_: Annotated[
        str | None, Parameter("--id", help="The lead's id. By default made from organisation and title.")
    ] = None,
    opaque_id: Annotated[bool, flag("Keep the organisation's name out of the id.")] = False,
    not_a_duplicate: Annotated[bool, flag("Open it although it looks like another open lead.")] = False,
    json: Json = False,
    **values: Any,
) -> None:
    """Open a lead: somebody showed obvious interest in working with us.

    The same organisation and title are the same lead, however often it is opened.

    Example: leads start --org "Example University" --person "Ada Example" --title "A hub for a course"
    """
    wanted = given(LeadOpened, values | {"zone": zone or read_settings().zone}, "start")
    leads = await leads_of()
    opened = await leads.open(wanted, lead_id=id_, not_a_duplicate=not_a_duplicate, opaque_id=opaque_id)
    out = Output(as_json=json)
    if out.value(opened):
        return
    if opened.already:
        out.line(f"{opened.lead_id}: this lead is already open, at {opened.stage}", "yellow")
    else:
        out.line(f"{opened.lead_id}: a new lead, {wanted.title} ({wanted.org})", "green")
    out.items([opened.url])
    if not opened.already:
        out.items(_lost_before(wanted.org, opened.lead_id), "yellow")


def _lost_before(org: str, lead_id: str) -> list[str]:
    """Return a line for each lead of the organisation that was lost. None if the ledger can't be read."""
    from client.lists import lead_lists  # only this needs the ledger, which takes a moment to load

    try:
        with lead_lists(read_settings()) as rows:
            found = rows.losses(org)
    except LeadsError:
        return []
    return [f"{org} was lost before: {row.lead_id}, {row.lost}" for row in found if row.lead_id != lead_id]


start = with_options(_start, LeadOpened, but=("zone", "key"))
start.__name__ = "start"
