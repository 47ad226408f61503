"""The input of a lead's workflow, and its memo."""

from typing import Any

from process.core.aggregate import LeadAggregate
from process.core.refusal import Refused, refuse
from process.decisions.opening import LeadOpened
from process.decisions.parsing import parse_as
from process.lead.lead import Lead
from process.policy import Policy, Team
from process.types import Model


class RunState(Model):
    """Everything that one run of the workflow hands to the next (continue-as-new)."""

    aggregate: LeadAggregate


def read_start(args: tuple[Any, ...], *, continued: bool) -> LeadOpened | LeadAggregate | Refused:
    """Return the opening of a new lead, the aggregate of a continued one, or the reason to refuse the input.

    Raises ValidationError for a continued one: a lead in flight waits for code that can read it, and does not end.
    """
    if continued:
        return RunState.model_validate(*args).aggregate
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


def policy_memo(policy: Policy) -> dict[str, str]:
    """Return the memo's part about the policy: its version, and a digest of the people and addresses that have roles."""
    return {"policy": policy.version, "people": Team.of(policy).digest()}
