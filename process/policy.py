"""The policy: periods, names and people of the process as data, under a version that each lead records."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from process.actor import Face
from process.addresses import EXAMPLE, complaint_about, domain_of
from process.hashing import short_hash
from process.types import Coded, Given, Login, Role, Stage, line_complaint

MAX_DAYS = 3650
"""Maximum length of a period in days, so that every date can be represented."""

Days = Annotated[int, Field(ge=0, le=MAX_DAYS)]
"""A number of days."""


class Periods(Given):
    """Periods in days in the lead's time zone; working days where stated (defaults: process.md)."""

    questionnaire_nudge: int = Field(
        7, ge=1, le=MAX_DAYS, description="questionnaire unanswered: reminder, and again after as many days"
    )
    stale: int = Field(30, ge=1, le=MAX_DAYS, description="no progress: stale, and again after as many days")
    stale_in: dict[Stage, Annotated[int, Field(ge=1, le=MAX_DAYS)]] = Field(
        {}, description="stages with another period until a lead is stale"
    )
    quote_validity: int = Field(30, ge=1, le=MAX_DAYS, description="validity of a quote that names no date")
    quote_reminder: int = Field(7, ge=0, le=MAX_DAYS, description="before a quote expires: reminder")
    discount_approval: int = Field(
        3,
        ge=1,
        le=MAX_DAYS,
        description="working days without a decision on a discount: reminder, and again after as many days",
    )
    handover_reminder: int = Field(
        3, ge=1, le=MAX_DAYS, description="working days without an answer from the contracts team: reminder"
    )
    handover_escalation: int = Field(
        10, ge=1, le=MAX_DAYS, description="working days until sales is notified"
    )
    contract_due: int = Field(
        20,
        ge=1,
        le=MAX_DAYS,
        description="working days from the hand-over until the contract should be signed",
    )
    news_reminder: int = Field(
        10, ge=1, le=MAX_DAYS, description="working days without news of an acknowledged contract: reminder"
    )
    news_escalation: int = Field(
        20, ge=1, le=MAX_DAYS, description="working days without news until sales is notified"
    )
    usage_reminder: int = Field(
        5, ge=0, le=MAX_DAYS, description="after a month: engineering is asked for its usage, then every week"
    )
    invoice_unsent: int = Field(
        14, ge=1, le=MAX_DAYS, description="prepared and not sent: reminder, and again after as many days"
    )
    invoice_overdue: int = Field(
        60, ge=1, le=MAX_DAYS, description="after sending: an unpaid invoice is overdue"
    )
    renewal_windows: tuple[Days, ...] = Field(
        (180, 90, 30), description="before the contract ends: renewal reminders"
    )
    renewal_start: int = Field(
        60, ge=0, le=MAX_DAYS, description="before the contract ends: its renewal needs a price"
    )
    hub_information: int = Field(
        7, ge=1, le=MAX_DAYS, description="between reminders about missing information on a hub"
    )
    event_notice: tuple[Days, ...] = Field(
        (7, 1), description="before an event begins: notices to engineering"
    )
    lapse_extension: int = Field(
        14, ge=1, le=MAX_DAYS, description="length of one extension of a lapsed service"
    )
    lapse_decision: int = Field(
        42, ge=1, le=MAX_DAYS, description="after the contract's end: a decision is due"
    )
    decommission_notice: tuple[Days, ...] = Field((14, 2), description="before decommission: notices")
    archive: int = Field(
        365, ge=1, le=MAX_DAYS, description="after its end: a lead still answers (data is kept for a year)"
    )

    def stale_after(self, stage: Stage) -> int:
        """Return the number of days without progress after which a lead in this stage is stale."""
        return self.stale_in.get(stage, self.stale)


class Labels(Given):
    """Names of the issues' labels (process.md, The lead's issue, The hub's issue)."""

    lead: Coded = "lead"
    hub_service: Coded = Field("service:hub", description="a lead of the hub service")
    customer: Coded = Field("customer", description="a lead with a signed contract")
    hub: Coded = Field("Hub", description="the hub's issue")


class Faces(Given):
    """Faces at which anybody may write any name. Approvals are refused there in any case."""

    cli: Literal["accepted", "refused"] = Field("accepted", description="decisions at the command line")
    signal: Literal["accepted", "refused"] = Field(
        "accepted",
        description="decisions by a signal that no face of the service has signed, as in Temporal's UI",
    )
    update: Literal["accepted", "refused"] = Field("accepted", description="the same by an update")

    def refuses(self, face: Face) -> bool:
        """Return True if decisions are not taken through this face."""
        return getattr(self, face.value, "accepted") == "refused"


class Discounts(Given):
    """Limits of discounts on a list price."""

    without_approval: Decimal = Field(
        Decimal(10), ge=0, le=100, description="percent up to which sales gives a discount without approval"
    )
    approver: Literal[Role.SALES, Role.CONTRACTS, Role.ENGINEERING] = Field(
        Role.CONTRACTS, description="the role that approves larger discounts"
    )


class Retention(Given):
    """Time for which personal data is kept, after which the service erases it by itself; 0: never."""

    names_months: int = Field(
        24, ge=0, le=1200, description="months after a lead's end: everything personal in it is erased"
    )
    money_years: int = Field(
        10, ge=0, le=100, description="years after a lead's end: its amounts and dates are erased as well"
    )
    chores_days: int = Field(
        30, ge=0, le=MAX_DAYS, description="days after its end: what Temporal keeps of a chore is deleted"
    )


COLUMNS: dict[Stage, Coded] = {stage: stage.capitalize() for stage in Stage}
"""Name of the board's column for each stage, unless a policy names others."""

BUILT_IN = "2026-06"
"""Version of the built-in policy. Its leads use the names of columns and labels from the settings."""

TEAMS = frozenset({Role.SALES, Role.CONTRACTS, Role.ENGINEERING})
"""The roles of the organisation, which people have."""


TEAM_FIELDS = frozenset({"people", "addresses", "aliases"})
"""Fields of a policy that are no rules: they say who is who."""

Aliases = dict[Login, tuple[Login, ...]]
NamesByRole = dict[Role, tuple[Login, ...]]
"""Role -> names or addresses of the people who have it."""


class Policy(Given):
    """The rules that an organisation can set without changing the program, under one version.

    A lead keeps its rules until a person decides otherwise (`policy_adopted`). People and addresses of
    roles are not rules: a change of them reaches every lead, and the version does not depend on them.
    """

    version: Coded = BUILT_IN
    periods: Periods = Periods()
    holidays: tuple[date, ...] = ()
    columns: dict[Stage, Coded] = COLUMNS
    labels: Labels = Labels()
    discounts: Discounts = Discounts()
    faces: Faces = Faces()
    retention: Retention = Retention()
    mail_domains: tuple[Coded, ...] = ()
    """Domains in which people get a lead's mails, beside those of the team's own addresses."""
    people: NamesByRole = {}
    """Role -> GitHub logins, and teams as `team:SLUG`."""
    addresses: NamesByRole = {}
    """Role -> mail addresses. Other roles have those of the settings."""
    aliases: Aliases = {}
    """Person, by GitHub login -> their other names: `id:NUMBER`, mail addresses, names at the command line."""

    @property
    def own_domains(self) -> frozenset[str]:
        """The domains of the organisation; empty if the policy names none and no address: then any will do."""
        named = (name for known in self.addresses.values() for name in known)
        aliases = (name for others in self.aliases.values() for name in others if "@" in name)
        further = (f"@{domain}" for domain in self.mail_domains)
        return frozenset(map(domain_of, (*further, *named, *aliases)))

    def rules(self) -> dict[str, Any]:
        """Return the rules by name, such as `periods.stale`, without version, people and addresses."""
        values = self.model_dump(mode="json", exclude={"version", *TEAM_FIELDS})
        return dict(_flattened(values))

    @cached_property
    def team_checksum(self) -> str:
        """Checksum of the team. A lead compares it in each task."""
        return Team.of(self).checksum()


def _flattened(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def differences(before: Policy, after: Policy) -> tuple[str, ...]:
    """Return the rules that differ, as text such as `periods.stale 30 → 14`."""
    old, new = before.rules(), after.rules()
    names = dict.fromkeys([*old, *new])
    return tuple(
        f"{name} {_as_text(old.get(name))} → {_as_text(new.get(name))}"
        for name in names
        if old.get(name) != new.get(name)
    )


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


class Team(Given):
    """People and mail addresses of the roles, from the settings that a worker read at `read_at` (UTC)."""

    people: NamesByRole = {}
    addresses: NamesByRole = {}
    aliases: Aliases = {}
    read_at: AwareDatetime | None = None

    @classmethod
    def of(cls, policy: Policy, read_at: AwareDatetime | None = None) -> Self:
        """Return the team of this policy."""
        return cls(people=policy.people, addresses=policy.addresses, aliases=policy.aliases, read_at=read_at)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for role in sorted({*self.people, *self.addresses} - TEAMS):
            raise ValueError(f"nobody can have the role {role}; name people for {', '.join(sorted(TEAMS))}")
        for role, number, address in _numbered(self.addresses):
            if wrong := complaint_about(address):
                raise ValueError(f"address {number} of {role} {wrong}; write it as {EXAMPLE}")
        for number, name in enumerate(
            (n for person, others in self.aliases.items() for n in (person, *others)), 1
        ):
            if wrong := line_complaint(name):
                raise ValueError(f"alias {number} {wrong}")
        for role, number, person in _numbered(self.people):
            if wrong := line_complaint(person):
                raise ValueError(f"person {number} of {role} {wrong}")
        return self

    def checksum(self) -> str:
        """Return a hash that is equal for equal teams and reveals no names."""
        values: dict[str, Any] = {
            name: {str(role): known for role, known in sorted(named.items()) if known}
            for name, named in (("people", self.people), ("addresses", self.addresses))
        }
        if self.aliases:
            values["aliases"] = dict(sorted(self.aliases.items()))
        return short_hash(repr(values), 12)


def _numbered(named: NamesByRole) -> Iterator[tuple[Role, int, str]]:
    """Yield each name with its role and number. Errors tell these in place of the name, since they are kept for years."""
    for role, known in named.items():
        for number, name in enumerate(known, 1):
            yield role, number, name
