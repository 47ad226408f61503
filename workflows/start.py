"""With what a lead's workflow starts."""

from typing import Any

from process.core.aggregate import LeadAggregate
from process.core.refusal import Refused, refuse
from process.decisions.opening import LeadOpened
from process.decisions.parsing import parse_as
from process.policy import People, Policy
from process.types import Model


def policy_memo(policy: Policy) -> dict[str, str]:
    """What a list of leads tells of the policy that each is under: its version, and a digest of who is behind the roles."""
    return {"policy": policy.version, "people": People.of(policy).digest()}


class RunState(Model):
    """All of a lead, handed from one run of its workflow to the next (continue-as-new)."""

    aggregate: LeadAggregate


def read_start(args: tuple[Any, ...], *, continued: bool) -> LeadOpened | LeadAggregate | Refused:
    """What a lead starts with: its facts, or why those are none; where it is `continued`, all that its earlier run knew.

    Raises ValidationError for the latter: a lead in flight waits for code that can read it, and does not end.
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
