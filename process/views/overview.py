"""State of a lead: next step, concerns, timeline, options and effects."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from process.actor import shown
from process.authorization import ANYBODY
from process.core.aggregate import LeadAggregate
from process.core.decide import decide
from process.core.due import next_due
from process.core.events import Event
from process.core.fold import corrected_by
from process.core.outbox import Outstanding
from process.core.preview import preview_decision
from process.core.receipts import Refusal
from process.core.refusal import Refused
from process.decisions.base import SET_BY_FACE, SET_BY_LEAD, Decision
from process.decisions.parsing import parse
from process.decisions.registry import DECISIONS
from process.lead.contract import VendorStatus
from process.lead.lead import Lead
from process.lead.quote import Quote, QuoteStatus
from process.types import Model, Role, Stage
from process.views.attention import attention


class NextStep(NamedTuple):
    """The next step of a lead, and the role that has to take it."""

    owner: Role
    text: str


class _Step(NamedTuple):
    """The next step, with the decisions that record it."""

    owner: Role
    text: str
    decisions: tuple[str, ...] = ()
    """Kinds of decisions, the usual one first."""


def next_step(lead: Lead) -> NextStep:
    """Return the step that this lead waits for."""
    step = _step(lead)
    return NextStep(step.owner, step.text)


def _step(lead: Lead) -> _Step:
    if lead.archived or lead.stage is Stage.CLOSED:
        return _Step(Role.NOBODY, "nothing, its service has ended")
    if lead.merged_into:
        return _Step(Role.NOBODY, f"nothing, it was merged into {lead.merged_into.lead_id}")
    if lead.lost:
        return _Step(Role.NOBODY, "nothing, it is lost", ("reopened",))
    if lead.hold:
        until = f" until {lead.hold.until}" if lead.hold.until else ""
        text = f", waiting for: {lead.hold.event}" if lead.hold.event else ""
        return _Step(Role.COMMUNITY, f"on hold{until}{text}", ("resumed",))
    if lead.undecided:
        others = " or ".join(other.lead_id for other in lead.undecided)
        return _Step(Role.SALES, f"merge it into {others}, or keep it apart", ("merged", "kept_apart"))
    return _NEXT[lead.stage](lead)


def _next_of_lead(lead: Lead) -> _Step:
    if lead.qualification.in_scope is False:
        return _Step(
            Role.SALES, "tell them it is out of scope, or assess again", ("lost", "maniac_t_assessed")
        )
    if lead.questionnaire.sent_on is None and lead.questionnaire.answered_on is None:
        return _Step(Role.SALES, "send the questionnaire", ("questionnaire_sent",))
    if lead.questionnaire.answered_on is None:
        return _Step(Role.COMMUNITY, "answer the questionnaire", ("questionnaire_answered",))
    if lead.qualification.in_scope is None:
        return _Step(Role.SALES, "assess by MANIAC-T whether it is in scope", ("maniac_t_assessed",))
    return _Step(Role.SALES, "quote a price", ("price_quoted",))


def _next_of_quoted(lead: Lead) -> _Step:
    contract = lead.contract
    if contract.signed_on:
        return _setting_up(lead)
    if lead.quote is None:
        return _Step(Role.SALES, "quote a price again, or record it as lost", ("price_quoted", "lost"))
    if approval := _approval(lead.quote):
        return approval
    if lead.quote.status is QuoteStatus.OPEN:
        return _Step(
            Role.COMMUNITY,
            f"agree to the price by {lead.quote.valid_until}",
            ("quote_accepted", "quote_declined"),
        )
    if contract.handed_over_on is None:
        return _Step(Role.SALES, "hand the contract over to the contracts team", ("contract_handed_over",))
    if contract.acknowledged_on is None:
        return _Step(Role.CONTRACTS, "acknowledge the hand-over", ("contract_acknowledged",))
    return _Step(
        Role.CONTRACTS, f"get the contract signed{_state(lead)}", ("contract_signed", "contract_progressed")
    )


def _setting_up(lead: Lead) -> _Step:
    """Return the next step of a signed lead whose vendor set-up is not settled."""
    started = lead.vendor.status is VendorStatus.STARTED
    vendor = (
        f"finish the vendor set-up{lead.vendor.latest}"
        if started
        else "set up as a vendor, or record that it is not needed"
    )
    kinds = ("vendor_setup_done" if started else "vendor_setup_started", "vendor_setup_not_needed")
    if renewing := _renewing(lead):
        return _Step(renewing.owner, f"{renewing.text}; and {vendor}", (*renewing.decisions, *kinds))
    return _Step(Role.CONTRACTS, vendor, kinds)


def _state(lead: Lead) -> str:
    contract = lead.pending
    due = f" by {contract.due}" if contract.due else ""
    return f"{due}, {contract.state} since {contract.state_on}" if contract.state else due


def _approval(quote: Quote) -> _Step | None:
    """Return the approval that the quote's discount waits for, or None if it needs none."""
    if quote.awaiting_approval_by is None:
        return None
    return _Step(
        quote.awaiting_approval_by,
        f"approve or decline the discount of {quote.reduction} by {quote.valid_until}",
        ("discount_approved", "discount_declined"),
    )


def _renewing(lead: Lead) -> _Step | None:
    """Return the next step of the renewal, or None if no price is quoted for it."""
    if lead.quote is None:
        return None
    if approval := _approval(lead.quote):
        return approval
    if lead.quote.status is QuoteStatus.OPEN:
        return _Step(
            Role.COMMUNITY,
            f"agree to the price of the renewal by {lead.quote.valid_until}",
            ("quote_accepted", "quote_declined"),
        )
    if lead.renewal.handed_over_on is None:
        return _Step(Role.SALES, "hand the renewal over to the contracts team", ("contract_handed_over",))
    if lead.renewal.acknowledged_on is None:
        return _Step(Role.CONTRACTS, "acknowledge the hand-over of the renewal", ("contract_acknowledged",))
    return _Step(
        Role.CONTRACTS, f"get the renewal signed{_state(lead)}", ("contract_signed", "contract_progressed")
    )


def _next_of_contracted(lead: Lead) -> _Step:
    if renewing := _renewing(lead):
        return renewing
    if ending := _ending(lead):
        return ending
    if lead.hub.requested_on:
        return _Step(Role.ENGINEERING, "bring the hub up", ("hub_live",))
    if not lead.awaits_hub:
        return _Step(Role.NOBODY, f"nothing, no hub is to come; contract until {lead.contract.term_ends}")
    if lead.service != "hub":
        return _Step(Role.SALES, "request the hub, if there is to be one", ("hub_requested",))
    if missing := lead.hub.missing():
        return _Step(
            Role.SALES,
            f"request the hub; still missing: {', '.join(missing)}",
            ("hub_information_given", "hub_requested"),
        )
    return _Step(Role.SALES, "request the hub", ("hub_requested",))


def _ending(lead: Lead) -> _Step | None:
    """Return the next step for a contract that ends without a hub, or None if it is not ending."""
    contract = lead.contract
    if contract.lapsed:
        return _Step(
            Role.SALES,
            "renew, extend, or record it as lost: the contract has ended",
            ("price_quoted", "service_extended", "lost"),
        )
    if contract.extended_until:
        return _extended(lead)
    if contract.windows and not lead.awaits_hub:
        return _Step(Role.SALES, f"renew: the contract ends on {contract.end}", ("price_quoted",))
    return None


def _extended(lead: Lead) -> _Step:
    contract = lead.contract
    until = f"the contract ended on {contract.end}, and the service goes on until {contract.extended_until}"
    return _Step(
        Role.SALES, f"renew, or decide how it ends: {until}", ("price_quoted", "decommission_decided")
    )


def _next_of_hub(lead: Lead) -> _Step:
    if lead.hub.decommission_on:
        return _Step(
            Role.ENGINEERING, f"take the hub down on {lead.hub.decommission_on}", ("hub_decommissioned",)
        )
    if renewing := _renewing(lead):
        return renewing
    if lead.contract.lapsed:
        return _Step(
            Role.SALES,
            "renew, extend, or decide the decommission: the contract has ended",
            ("price_quoted", "service_extended", "decommission_decided"),
        )
    if lead.contract.extended_until:
        return _extended(lead)
    if lead.contract.windows:
        return _Step(Role.SALES, f"renew: the contract ends on {lead.contract.end}", ("price_quoted",))
    if lead.hub.validated_on is None:
        return _Step(
            Role.ENGINEERING,
            "have the hub validated: a representative satisfied, five users logged in",
            ("hub_validated",),
        )
    return _Step(Role.NOBODY, f"steady state, contract until {lead.contract.term_ends}")


_NEXT = {
    Stage.LEAD: _next_of_lead,
    Stage.QUOTED: _next_of_quoted,
    Stage.CONTRACTED: _next_of_contracted,
    Stage.HUB: _next_of_hub,
}


class TimelineLine(Model):
    """One line of the timeline."""

    seq: int
    at: datetime
    kind: str
    by: str
    source: str
    summary: str
    authenticated: bool = True
    """False for a person's decision if the face did not know who it was."""
    corrected: bool = False
    corrected_by: int | None = None
    """Number of the correction that superseded the event."""
    key: str | None = None
    """Idempotency key of the decision."""
    policy: str = ""
    """Version of the policy under which it was decided."""

    @property
    def who(self) -> str:
        """The person as the history shows them."""
        return shown(self.by, authenticated=self.authenticated)


def timeline(aggregate: LeadAggregate, newest: int = 0) -> tuple[TimelineLine, ...]:
    """Return all events, or only the `newest` ones, oldest first.

    Corrected decisions stay in the timeline and are marked as corrected.
    """
    out = corrected_by(aggregate.event_log.corrections)
    return tuple(_line(event, out.get(event.seq)) for event in aggregate.event_log.events[-newest:])


def _line(event: Event, corrected_by: int | None) -> TimelineLine:
    fact = event.fact
    return TimelineLine(
        seq=event.seq,
        at=event.at,
        kind=fact.kind,
        by=fact.by,
        source=fact.source,
        summary=event.summary,
        authenticated=not isinstance(fact, Decision) or fact.actor is None or fact.actor.authenticated,
        corrected=corrected_by is not None,
        corrected_by=corrected_by,
        key=event.key,
        policy=event.policy,
    )


def with_correction(line: TimelineLine) -> str:
    """Return the line's summary, with a note if it was corrected."""
    by = f" by {line.corrected_by}" if line.corrected_by else ""
    return f"{line.summary} (corrected{by})" if line.corrected else line.summary


class Option(Model):
    """A kind of decision: if it is allowed now, its effect and its fields."""

    kind: str
    allowed: bool
    next: bool = False
    """True if it records the lead's next step."""
    does: str
    refused: Refused | None = None
    """Refusal if the decision is not allowed now."""
    needs: tuple[str, ...] = ()
    """Names of the fields without which it is refused."""
    would: tuple[str, ...] = ()
    """Message and effects that the example would have."""
    takes: tuple[str, ...] = ()
    """Names of the decision's fields."""
    example: dict[str, object] = {}


def options(aggregate: LeadAggregate, now: datetime) -> tuple[Option, ...]:
    """Return all kinds of decisions: first those of the next step, then the others that are allowed now."""
    step = _step(aggregate.lead).decisions
    found = [_option(aggregate, kind, now, step) for kind in DECISIONS]
    return tuple(sorted(found, key=lambda option: _rank(option, step)))


def _rank(option: Option, step: tuple[str, ...]) -> tuple[bool, int]:
    return not option.allowed, step.index(option.kind) if option.next else len(step)


def _option(aggregate: LeadAggregate, kind: str, now: datetime, step: tuple[str, ...]) -> Option:
    decision = DECISIONS[kind]
    example = decision.example_for(aggregate.lead)
    refused = decision.allowed(aggregate.lead)
    needs = tuple(name for name, field in decision.model_fields.items() if field.is_required())
    would: tuple[str, ...] = ()
    if refused is None:
        preview = preview_decision(aggregate, kind, (example,), now, ANYBODY)
        if preview.answer.accepted:
            would = (preview.answer.message, *preview.effects)
            needs = tuple(name for name in example if _refuses_without(aggregate, kind, example, name, now))
        elif not needs and decision.example_suffices:  # no field would help
            refused = preview.answer.refused
    return Option(
        kind=kind,
        allowed=refused is None,
        next=refused is None and kind in step,
        does=" ".join((decision.__doc__ or "").partition("\n\n")[0].split()),
        refused=refused,
        needs=needs if refused is None else (),
        would=would,
        takes=tuple(name for name in decision.model_fields if name not in {"by", *SET_BY_FACE, *SET_BY_LEAD}),
        example=example,
    )


def _refuses_without(
    aggregate: LeadAggregate, kind: str, example: Mapping[str, object], name: str, now: datetime
) -> bool:
    """Return True if the decision is refused when this field of its example is missing."""
    body = {field: value for field, value in example.items() if field != name}
    decision = parse(kind, (body,), ANYBODY)
    return isinstance(decision, Refused) or isinstance(decide(aggregate.event_log, decision, now), Refused)


class EffectLine(Model):
    """An effect: done, waiting (or running), blocked (a prerequisite is missing), or parked (failed for good)."""

    key: str
    summary: str
    status: Literal["done", "waiting", "blocked", "parked"]
    reason: str = ""
    next_attempt_at: datetime | None = None
    """Time of the next attempt, if it failed and the outside named a time."""


class Overview(Model):
    """State of a lead as shown to people. `lead_id` is the workflow's id."""

    lead_id: str
    heading: str
    stage: Stage
    owner: Role
    next_step: str
    next_date: datetime | None
    attention: tuple[str, ...]
    timeline: tuple[TimelineLine, ...]
    refused: tuple[Refusal, ...]
    effects: tuple[EffectLine, ...]
    lead: Lead

    def effects_of(self, seq: int | None) -> list[EffectLine]:
        """Return the effects of the event with this number."""
        return [effect for effect in self.effects if effect.key.startswith(f"{self.lead_id}/{seq}/")]


def overview(aggregate: LeadAggregate, now: datetime) -> Overview:
    """Return the overview of the lead at this moment."""
    step = next_step(aggregate.lead)
    done = (EffectLine(key=item.key, summary=item.summary, status="done") for item in aggregate.finished)
    outstanding = (_outstanding(item, aggregate.lead) for item in aggregate.outbox)
    return Overview(
        lead_id=aggregate.lead.id,
        heading=aggregate.lead.heading,
        stage=aggregate.lead.stage,
        owner=step.owner,
        next_step=step.text,
        next_date=next_due(aggregate.lead),
        attention=attention(aggregate.lead, aggregate.lead.today(now)),
        timeline=timeline(aggregate),
        refused=aggregate.refusals,
        effects=(*done, *outstanding),
        lead=aggregate.lead,
    )


def _outstanding(item: Outstanding, lead: Lead) -> EffectLine:
    blocked = item.status == "waiting" and not item.effect.ready(lead)
    return EffectLine(
        key=item.effect.key,
        summary=item.effect.summary(),
        status="blocked" if blocked else item.status,
        reason=item.reason,
        next_attempt_at=item.next_attempt_at,
    )
