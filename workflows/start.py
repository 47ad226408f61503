"""The input of a lead's workflow, and its memo."""

from datetime import date, datetime
from typing import Any

from process.calendar import start_of
from process.core.aggregate import LeadAggregate
from process.core.checkpoint import pack, unpack
from process.core.refusal import Refused, refuse
from process.decisions.opening import LeadOpened
from process.decisions.reading import parse_as
from process.lead.lead import Lead
from process.types import Mention, Model, Stage


class RunSummary(Model):
    """The part that people see of a run's input in the Temporal UI. Beside it stands the packed lead."""

    lead: Mention
    stage: Stage
    events: int
    day: date
    """The day on which the run before ended, in the lead's zone."""


def run_state(aggregate: LeadAggregate, now: datetime) -> tuple[RunSummary, bytes]:
    """Return everything that one run of the workflow hands to the next (continue-as-new), as its input."""
    lead = aggregate.lead
    summary = RunSummary(lead=lead.heading, stage=lead.stage, events=lead.last_seq, day=lead.today(now))
    return summary, pack(aggregate)


def not_before(args: tuple[Any, ...], lead: Lead) -> datetime:
    """Return the beginning of the day on which the run before ended. Whatever the zone's rules say now, it has come."""
    return start_of(RunSummary.model_validate(args[0]).day, lead.zone)


def read_start(args: tuple[Any, ...], *, continued: bool) -> LeadOpened | LeadAggregate | Refused:
    """Return the opening of a new lead, the aggregate of a continued one, or the reason to refuse the input.

    A run that a repair has begun is a continued one, too (`client.repair`). Raises ValueError for a continued one: a lead
    in flight waits for code that can read it, and does not end.
    """
    if continued or _is_run_state(args):
        packed = args[-1] if args else None
        if not isinstance(packed, bytes):
            raise ValueError("the packed lead is missing in the input of its new run")
        return unpack(packed)
    if len(args) == 1 and isinstance(args[0], dict):
        opened = parse_as(LeadOpened, args[0])
        return opened if isinstance(opened, Refused) else opened.complaint() or opened.replaced(actor=None)
    return refuse(
        "A lead starts with one object",
        'Give org, person and title, as {"org": "Example University", "person": "Ada Example", "title": "A hub"}',
    )


def _is_run_state(args: tuple[Any, ...]) -> bool:
    """Return True if the input looks like what `run_state` makes."""
    match args:
        case (dict(summary), bytes()):
            return summary.keys() == RunSummary.model_fields.keys()
    return False


MEMO = ("heading", "issue", "folder", "hub")
"""Names in the memo that a lead writes. `REQUEST` (workflows/names.py) is written once, when it is opened."""


def memo_of(lead: Lead) -> dict[str, str]:
    """Return the memo by which a person knows a lead in a list: heading and links."""
    links = {"issue": lead.issue, "folder": lead.folder, "hub": lead.hub_issue}
    return {"heading": lead.heading} | {name: link.url for name, link in links.items() if link}
