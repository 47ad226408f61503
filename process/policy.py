"""The process as data with a version: periods, names, people. A lead records which version it was decided under."""

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from process.types import Line, Model, Role, Stage

MAX_DAYS = 3650
"""Longest period in days, so that every date can be represented."""

Days = Annotated[int, Field(ge=0, le=MAX_DAYS)]


class Periods(Model):
    """Numbers of days in the lead's own time zone; working days where stated (defaults: process.md)."""

    questionnaire_nudge: int = Field(
        7, ge=1, le=MAX_DAYS, description="questionnaire unanswered: nudge, then again as often"
    )
    stale: int = Field(30, ge=1, le=MAX_DAYS, description="no progress: stale, then again as often")
    stale_in: dict[Stage, Annotated[int, Field(ge=1, le=MAX_DAYS)]] = Field(
        {}, description="stages in which that takes longer, or less long"
    )
    quote_validity: int = Field(
        30, ge=1, le=MAX_DAYS, description="a quote is valid this long unless it says otherwise"
    )
    quote_reminder: int = Field(7, ge=0, le=MAX_DAYS, description="reminder this long before a quote expires")
    discount_approval: int = Field(
        3,
        ge=1,
        le=MAX_DAYS,
        description="working days without a word on a discount: reminder, then again as often",
    )
    handover_reminder: int = Field(
        3, ge=1, le=MAX_DAYS, description="working days without word from the contracts team"
    )
    handover_escalation: int = Field(10, ge=1, le=MAX_DAYS, description="working days until sales is told")
    contract_due: int = Field(
        20, ge=1, le=MAX_DAYS, description="working days from the hand-over until it is to be signed"
    )
    news_reminder: int = Field(
        10, ge=1, le=MAX_DAYS, description="working days without news of a contract that is in hand"
    )
    news_escalation: int = Field(
        20, ge=1, le=MAX_DAYS, description="working days without news until sales is told"
    )
    usage_reminder: int = Field(
        5, ge=0, le=MAX_DAYS, description="after a month: engineering is asked for its usage, then weekly"
    )
    invoice_unsent: int = Field(
        14, ge=1, le=MAX_DAYS, description="prepared and not sent: reminder, then again as often"
    )
    invoice_overdue: int = Field(60, ge=1, le=MAX_DAYS, description="after sending")
    renewal_windows: tuple[Days, ...] = Field((180, 90, 30), description="before the contract ends")
    renewal_start: int = Field(
        60, ge=0, le=MAX_DAYS, description="before the contract ends, its renewal is to have a price"
    )
    hub_information: int = Field(
        7, ge=1, le=MAX_DAYS, description="what is missing of a hub's information is asked for as often"
    )
    event_notice: tuple[Days, ...] = Field((7, 1), description="before an event of the community begins")
    lapse_extension: int = Field(
        14, ge=1, le=MAX_DAYS, description="one step by which a person extends a lapsed service"
    )
    lapse_decision: int = Field(
        42, ge=1, le=MAX_DAYS, description="after the contract's end a decision is due"
    )
    decommission_notice: tuple[Days, ...] = Field((14, 2), description="before decommission")
    archive: int = Field(
        365, ge=1, le=MAX_DAYS, description="an ended lead still answers this long (data kept a year)"
    )

    def stale_after(self, stage: Stage) -> int:
        """Days without progress after which a lead in this stage is stale."""
        return self.stale_in.get(stage, self.stale)


class Labels(Model):
    """Names of the issues' labels (process.md, The lead's issue, The hub's issue)."""

    lead: Line = "lead"
    hub_service: Line = Field("service:hub", description="hub-as-a-service leads")
    customer: Line = Field("customer", description="once the contract is signed")
    hub: Line = Field("Hub", description="the hub's issue")


class Discounts(Model):
    """Who may take how much off a list price."""

    without_approval: Decimal = Field(
        Decimal(10), ge=0, le=100, description="percent up to which sales gives a discount by itself"
    )
    approver: Literal[Role.SALES, Role.CONTRACTS, Role.ENGINEERING] = Field(
        Role.CONTRACTS, description="the role that approves more than that"
    )


COLUMNS: dict[Stage, Line] = {stage: stage.capitalize() for stage in Stage}
"""Name of the board's column for each stage, unless a policy names others."""

BUILT_IN = "2026-06"
"""The version that nobody chose. What a lead under it finds on the board has the names that the settings say."""

TEAMS = frozenset({Role.SALES, Role.CONTRACTS, Role.ENGINEERING})
"""The roles that are ours, with people and addresses behind them."""


NamesByRole = dict[Role, tuple[Line, ...]]
"""Role -> names or addresses of those who have it."""


class Policy(Model):
    """What may change in the organisation without a change of the program, under one version.

    Its rules stay with a lead until a person says otherwise (`policy_adopted`). Who is behind a role is no rule: that
    changes under every lead, and the version does not tell of it.
    """

    version: Line = BUILT_IN
    periods: Periods = Periods()
    holidays: tuple[date, ...] = ()
    columns: dict[Stage, Line] = COLUMNS
    labels: Labels = Labels()
    discounts: Discounts = Discounts()
    people: NamesByRole = {}
    """Who has a role: GitHub logins, and teams as `team:SLUG`."""
    addresses: NamesByRole = {}
    """Who is behind a role by mail; for a role that is not here, the settings say it."""

    def rules(self) -> dict[str, Any]:
        """All of it but the version and who is behind the roles, name by name: `periods.stale`."""
        said = self.model_dump(mode="json", exclude={"version", "people", "addresses"})
        return dict(_leaves(said))


def _leaves(said: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def differences(before: Policy, after: Policy) -> tuple[str, ...]:
    """Return the rules that differ, as text: `periods.stale 30 → 14`."""
    old, new = before.rules(), after.rules()
    names = dict.fromkeys([*old, *new])
    return tuple(
        f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}"
        for name in names
        if old.get(name) != new.get(name)
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


class Team(Model):
    """People and mail addresses of the roles, from the settings that a worker read at `read_at`."""

    people: NamesByRole = {}
    addresses: NamesByRole = {}
    read_at: AwareDatetime | None = None

    @classmethod
    def of(cls, policy: Policy, read_at: AwareDatetime | None = None) -> Self:
        return cls(people=policy.people, addresses=policy.addresses, read_at=read_at)

    @model_validator(mode="after")
    def _of_ours(self) -> Self:
        for role in sorted({*self.people, *self.addresses} - TEAMS):
            raise ValueError(f"there is nobody behind {role}; people are behind {', '.join(sorted(TEAMS))}")
        for address in (address for known in self.addresses.values() for address in known):
            if address.count("@") != 1 or address[0] == "@" or address[-1] == "@" or " " in address:
                raise ValueError(f"{address!r} is no mail address; write it as name@example.org")
        return self

    def digest(self) -> str:
        """Return a hash that is equal for equal teams and reveals no names."""
        said = {
            name: {str(role): known for role, known in sorted(named.items()) if known}
            for name, named in (("people", self.people), ("addresses", self.addresses))
        }
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]
