"""The input of a lead's workflow, and its memo."""

from typing import Any

from process.core.aggregate import LeadAggregate
from process.core.checkpoint import pack, unpack
from process.core.refusal import Refused, refuse
from process.decisions.opening import LeadOpened
from process.decisions.parsing import parse_as
from process.lead.lead import Lead
from process.types import Model, Stage


class RunSummary(Model):
    """What people see of a run's input in the Temporal UI. Beside it stands the packed lead."""

    lead: str
    stage: Stage
    events: int


def run_state(aggregate: LeadAggregate) -> tuple[RunSummary, bytes]:
    """Return everything that one run of the workflow hands to the next (continue-as-new), as its input."""
    lead = aggregate.lead
    return RunSummary(lead=lead.heading, stage=lead.stage, events=lead.last_seq), pack(aggregate)


def read_start(args: tuple[Any, ...], *, continued: bool) -> LeadOpened | LeadAggregate | Refused:
    """Return the opening of a new lead, the aggregate of a continued one, or the reason to refuse the input.

    Raises ValueError for a continued one: a lead in flight waits for code that can read it, and does not end.
    """
    if continued:
        packed = args[-1] if args else None
        if not isinstance(packed, bytes):
            raise ValueError("the packed lead is missing in the input of its new run")
        return unpack(packed)
    if len(args) == 1 and isinstance(args[0], dict):
        opened = parse_as(LeadOpened, args[0])
        return opened if isinstance(opened, Refused) else opened.complaint() or opened
    return refuse(
        "A lead starts with one object",
        'Give org, person and title, as {"org": "Example University", "person": "Ada Example", "title": "A hub"}',
    )


def memo_of(lead: Lead) -> dict[str, str]:
    """Return the memo by which a person knows a lead in a list: heading and links."""
    links = {"issue": lead.issue, "folder": lead.folder, "hub": lead.hub_issue}
    return {"heading": lead.heading} | {name: link.url for name, link in links.items() if link}
