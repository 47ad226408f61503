"""A lead for tests of the core: an aggregate, a clock, and an outside world that performs every effect."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from process.actor import Actor, Face, identity_of
from process.behaviour import CHANGES
from process.calendar import end_of, start_of
from process.core import inbox, intake
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.due import next_due, pass_deadlines
from process.core.events import Observation
from process.core.outbox import DriftCheck
from process.core.refusal import Refused
from process.core.requests import request_for
from process.decisions.opening import LeadOpened
from process.duplicates.notices import relation_notices
from process.effects import (
    CheckIssues,
    CreateFolder,
    Effect,
    OpenHubIssue,
    OpenIssue,
    PlaceCard,
    PrepareInvoice,
    ReadAnswers,
    ReserveIds,
    SendCorrection,
    SendMail,
)
from process.effects.observations import (
    AnswersRead,
    CardPlaced,
    DriftFound,
    FolderCreated,
    HubIssueOpened,
    IdsReserved,
    InvoicePrepared,
    IssueOpened,
    MailSent,
    Repaired,
)
from process.effects.requests import Outcome
from process.lead.duplicate_links import DuplicateLink
from process.lead.lead import Lead
from process.types import Link, Role, one_line

KEY = "a key that signs envelopes in tests"
MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
"""Default start of a life: a Monday morning (UTC)."""

QUOTE = {"amount": "12000", "currency": "USD", "per": "year"}
BOOK_QUOTE = {"book": "2026-06", "plan": "General membership"}
DISCOUNTED = QUOTE | {"discount_percent": "20", "discount_reason": "A pilot", "by": "Grace Example"}
"""A quote with a discount beyond the limit of sales."""
RENEWAL = QUOTE | {"amount": "15000"}
SIGNED = {"evidence": "https://drive.example.org/signed.pdf"}
HUB = {
    "name": "Example Hub",
    "background": "A course",
    "auth_type": "CILogon",
    "administrators": "Ada Example",
    "url": "example.cluster.2i2c.cloud",
    "hub_type": "basehub",
    "cluster": "cluster",
    "image": "example/image:1",
    "representatives": "Ada Example",
    "start_date": "2026-08-01",
}


ORIGINAL = {
    "lead_id": "lead-original",
    "reasons": ["same organisation"],
    "heading": "[Example University / Grace Example] - A hub",
    "url": "https://example.org/original",
}
"""An open lead that another one matches."""


def known_person(name: str, face: Face = Face.COMMENT, *roles: Role) -> Actor:
    """Return a person whom the face has authenticated. Without roles, they have every one."""
    identity = identity_of({}, one_line(name)[:60]) or "somebody"
    return Actor(face=face, identity=identity, roles=roles or None, authenticated=True)


def link(name: str) -> Link:
    """Return a link with this id."""
    return Link(id=name, url=f"https://example.org/{name}")


def brought_back(effect: Effect, life: Life) -> Outcome:
    """Return the outcome of this effect outside."""
    observation: Observation | None = None
    match effect:
        case OpenIssue():
            observation = IssueOpened(link=link("issue"))
        case PlaceCard():
            observation = CardPlaced(item="card", stage=life.lead.stage) if life.lead.card is None else None
        case ReserveIds():
            ids = {number: f"file-{number}" for number in effect.numbers}
            observation = IdsReserved(folder_id="folder", invoice_ids=ids)
        case CreateFolder():
            observation = FolderCreated(link=Link(id=effect.folder_id, url="https://example.org/folder"))
        case ReadAnswers():
            observation = AnswersRead(response_id=effect.response_id, answers=(("Which cloud?", "Any"),))
        case OpenHubIssue():
            observation = HubIssueOpened(link=link("hub"))
        case PrepareInvoice():
            observation = InvoicePrepared(number=effect.number, file=link(effect.file_id))
        case SendMail():
            reached = {role: life.addresses_of(role) for role in effect.to}
            to = effect.addresses or tuple(dict.fromkeys(a for known in reached.values() for a in known))
            observation = MailSent(
                template=effect.template,
                recipients=to,
                message_id=f"<{effect.key}@example.org>",
                reached=reached,
                released_role=effect.released_role,
                cause=effect.cause,
            )
        case SendCorrection():
            (corrected_decision,) = request_for(life.aggregate, effect, life.now).corrected_decisions
            if recipients := corrected_decision.wrongly_notified:
                observation = MailSent(
                    template=effect.template,
                    recipients=recipients,
                    message_id=f"<{effect.key}@example.org>",
                    reached={},
                    cause=effect.cause,
                )
        case _:
            pass
    return Outcome(observation=observation)


class Life:
    """One lead that takes decisions, lets time pass, and performs effects."""

    def __init__(self, now: datetime = MONDAY, lead_id: str = "lead-example", **opened: Any) -> None:
        person = {"org": "Example University", "person": "Ada Example", "title": "Hub for a course"}
        fields = {"changes": CHANGES} | person | opened
        self.now = now
        opened_now = LeadAggregate.open(lead_id, LeadOpened.model_validate(fields), now)
        self.aggregate = opened_now.replaced(keys=())  # its worker has said that the service has no key
        self.planned: list[Effect] = [item.effect for item in self.aggregate.outbox]
        """Effects planned so far, in order."""
        self.addresses: dict[str, str] = {}
        """Addresses in the settings that differ from the usual ones, by role."""

    @property
    def lead(self) -> Lead:
        """The lead as it is now."""
        return self.aggregate.lead

    def addresses_of(self, role: Role) -> tuple[str, ...]:
        """Return the addresses that get a mail to the role now."""
        named = self.lead.policy.addresses.get(role)
        return named or (self.addresses.get(role, f"{role}@example.org"),)

    @property
    def today(self) -> date:
        return self.lead.today(self.now)

    def _set(self, aggregate: LeadAggregate) -> None:
        known = {effect.key for effect in self.planned}
        self.planned += [item.effect for item in aggregate.outbox if item.effect.key not in known]
        self.aggregate = aggregate

    def take(self, kind: str, **body: Any) -> Answer:
        """Send a decision, and return the answer.

        Beside its fields, `source` may name the face and `actor` the person. By default, that is a person with every role
        whom the face knows by the name `by`.
        """
        face = Face(body.pop("source", Face.COMMAND_LINE))
        name = str(body.get("by") or body.get("exception_by") or "")
        actor = body.pop("actor", None) or known_person(name, face)
        aggregate, answer = intake.take_from(self.aggregate, kind, (body,), actor, self.now)
        self._set(aggregate)
        return answer

    def does(self, kind: str, **body: Any) -> Answer:
        """Take a decision that must be accepted."""
        answer = self.take(kind, **body)
        assert answer.accepted, f"{kind}: {answer!s}"
        assert not answer.repeat, f"{kind} is a repeat: {answer!s}"
        return answer

    def refused(self, kind: str, **body: Any) -> str:
        """Send a decision that must be refused without changing the lead, and return the refusal."""
        before = self.aggregate.event_log
        answer = self.take(kind, **body)
        assert not answer.accepted, f"{kind} was accepted: {answer!s}"
        assert self.aggregate.event_log is before
        assert self.aggregate.refusals[-1].refused == answer.refused
        return str(answer)

    def checks_drift(self) -> Life:
        """Queue all drift checks."""
        self._set(self.aggregate.check_drift(DriftCheck()))
        return self

    def finds_drift(self, drifted: DriftFound) -> Life:
        """Check the issues, with this observation as the result."""
        self.checks_drift()
        looking = next(effect for effect in reversed(self.planned) if isinstance(effect, CheckIssues))
        self._set(self.aggregate.done(looking, Outcome(observation=drifted), self.now))
        return self

    def gets_team(self, since: datetime | None = None, **addresses: tuple[str, ...]) -> Life:
        """Receive the roles' addresses from a worker's settings."""
        people = {"addresses": addresses, "read_at": (since or self.now).isoformat()}
        self._set(inbox.set_team(self.aggregate, (people,), self.now))
        return self

    def receives_notice_from(self, other: Life) -> DuplicateLink | Refused:
        """Receive the other lead's relation notice."""
        notice = relation_notices(other.lead)[self.lead.id].model_dump(mode="json")
        aggregate, answer = inbox.receive_relation_notice(self.aggregate, (notice,), self.now)
        self._set(aggregate)
        return answer

    def flag_duplicates(self, *originals: dict[str, Any]) -> Life:
        """Receive matching leads from a reconciliation."""
        self._set(inbox.flag_duplicates(self.aggregate, ({"originals": originals},), self.now))
        return self

    def repaired(self) -> Life:
        """Go on after a repair."""
        self._set(self.aggregate.record(Repaired(run_id="the stuck run", taken_until=9), self.now))
        return self

    # ---- time

    def at(self, moment: datetime) -> Life:
        """Move to this moment. Each deadline passes at its own time, as with a running worker."""
        while (when := next_due(self.aggregate.lead)) is not None and when <= moment:
            self.now = max(when, self.now)
            self._set(pass_deadlines(self.aggregate, self.now))
        self.now = moment
        return self

    def wait(self, days: int = 0, **more: float) -> Life:
        """Let this time pass."""
        return self.at(self.now + timedelta(days=days, **more))

    def until(self, day: str, hour: int = 12) -> Life:
        """Move to noon (or another hour) of a day in the lead's zone."""
        return self.at(start_of(date.fromisoformat(day), self.lead.zone) + timedelta(hours=hour))

    def end_of(self, day: str) -> datetime:
        return end_of(date.fromisoformat(day), self.lead.zone)

    # ---- the outside world

    def perform(self, but: str = "") -> Life:
        """Perform effects until none can start, except those of one queue."""
        while startable := self.aggregate.startable(frozenset({but})):
            for effect in startable:
                if effect.ready(self.lead) and any(item.effect is effect for item in self.aggregate.outbox):
                    self.performs(effect)
        return self

    def performs(self, effect: Effect) -> None:
        """Perform this effect alone."""
        self._set(self.aggregate.done(effect, brought_back(effect, self), self.now))

    def mails(self, template: str) -> list[SendMail]:
        return [
            effect for effect in self.planned if isinstance(effect, SendMail) and effect.template == template
        ]

    def kinds(self) -> list[str]:
        """Return the kinds of all events, in order."""
        return [event.kind for event in self.aggregate.event_log.events]

    # ---- the main path

    def quoted(self, **quote: Any) -> Life:
        self.does("price_quoted", **(quote or QUOTE))
        return self

    def accepted(self, **quote: Any) -> Life:
        self.quoted(**quote).does("quote_accepted")
        return self

    def handed_over(self, **quote: Any) -> Life:
        self.accepted(**quote).does("contract_handed_over")
        return self

    def signed(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        self.handed_over(**(quote or {})).does("contract_signed", **(SIGNED | contract))
        return self

    def contracted(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        self.signed(quote, **contract).does("vendor_setup_not_needed")
        return self

    def requested(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        self.contracted(quote, **contract).does("hub_information_given", **HUB)
        self.does("hub_requested")
        return self

    def live(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        self.requested(quote, **contract).does("hub_live")
        return self

    def renewing(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        """Reach the renewal: three months before the contract's end, a price for the next year is accepted."""
        return self.live(quote, **contract).until("2027-03-01").accepted(**(quote or RENEWAL))

    def renewed(self, quote: dict[str, Any] | None = None, **contract: Any) -> Life:
        self.renewing(quote).does("contract_handed_over")
        self.does("contract_signed", **(SIGNED | contract))
        return self

    def lost(self) -> Life:
        self.does("lost", reason="budget")
        return self

    def decommissioned(self, **contract: Any) -> Life:
        self.live(**contract).does("decommission_decided", on=str(self.today), reason="The course is over")
        self.does("hub_decommissioned", data_confirmed_by="Ada Example")
        return self


def moments(life: Life, kind: str) -> list[str]:
    """Return the times of the events of this kind, in UTC."""
    return [f"{event.at:%Y-%m-%dT%H:%M}" for event in life.aggregate.event_log.events if event.kind == kind]


def only(life: Life, kind: str) -> str:
    """Return the time of the only event of this kind, in UTC."""
    (moment,) = moments(life, kind)
    return moment


PROGRESS = {"last_seq", "progressed_at", "stale_on", "unresolved"}
"""Fields of a lead that every decision changes, also a correction."""


def without_progress(lead: Lead) -> dict[str, Any]:
    """Return the lead's fields, except those that every decision changes."""
    return lead.model_dump(exclude=PROGRESS)


def last_seq(life: Life, kind: str = "") -> int:
    """Return the number of the last event, or of the last one of a kind."""
    return next(
        event.seq for event in reversed(life.aggregate.event_log.events) if not kind or event.kind == kind
    )


def a_life(name: str, **opened: Any) -> Life:
    """Return a new lead `lead-NAME` of the University of NAME."""
    return Life(lead_id=f"lead-{name}", org=f"University of {name.title()}", **opened)


def lives_at_each_stage() -> dict[str, Life]:
    """Return leads at each stage: ada (lead), bo and cy (quoted), di (lost), ed (hub), flo (contracted)."""
    return {
        "ada": a_life("ada"),
        "bo": a_life("bo").quoted(),
        "cy": a_life("cy").quoted(**QUOTE | {"amount": "15000"}),
        "di": a_life("di").wait(hours=1).quoted().lost(),
        "ed": a_life("ed").live(),
        "flo": a_life("flo").contracted(),
    }
