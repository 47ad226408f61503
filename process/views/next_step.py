"""The step that a lead waits for, and the role that has to take it."""

from typing import NamedTuple

from process.core.cache import cached_per_lead
from process.lead.contract import VendorStatus
from process.lead.lead import Lead
from process.lead.quote import Quote, QuoteStatus
from process.types import Role, Stage


class NextStep(NamedTuple):
    """The next step of a lead, and the role that has to take it."""

    owner: Role
    text: str


class Step(NamedTuple):
    """The next step, with the decisions that record it."""

    owner: Role
    text: str
    decisions: tuple[str, ...] = ()
    """Kinds of decisions, the usual one first."""
    later: tuple[str, ...] = ()
    """Kinds of decisions that people may look for, and that are possible only after the step."""

    def rank(self, kind: str, *, allowed: bool) -> tuple[bool, int]:
        """Return the sort key of a kind of decision: first those of the step, then the others that are allowed."""
        is_next = allowed and kind in self.decisions
        return not allowed, self.decisions.index(kind) if is_next else len(self.decisions)


def next_step(lead: Lead) -> NextStep:
    """Return the step that this lead waits for."""
    step = step_of(lead)
    return NextStep(step.owner, step.text)


@cached_per_lead
def step_of(lead: Lead) -> Step:
    """Return the step that this lead waits for, with the decisions that record it."""
    if lead.archived or lead.stage is Stage.CLOSED:
        return Step(Role.NOBODY, "nothing, its service has ended")
    if lead.merged_into:
        return Step(Role.NOBODY, f"nothing, it was merged into {lead.merged_into.lead_id}")
    if lead.lost:
        return Step(Role.NOBODY, "nothing, it is lost", ("reopened",))
    if lead.hold:
        until = f" until {lead.hold.until}" if lead.hold.until else ""
        text = f", waiting for: {lead.hold.event}" if lead.hold.event else ""
        return Step(Role.COMMUNITY, f"on hold{until}{text}", ("resumed",))
    if lead.undecided:
        others = " or ".join(other.lead_id for other in lead.undecided)
        return Step(Role.SALES, f"merge it into {others}, or keep it apart", ("merged", "kept_apart"))
    return _NEXT[lead.stage](lead)


def _next_of_lead(lead: Lead) -> Step:
    if lead.qualification.in_scope is False:
        return Step(
            Role.SALES, "tell them it is out of scope, or assess again", ("lost", "maniac_t_assessed")
        )
    if lead.questionnaire.sent_on is None and lead.questionnaire.answered_on is None:
        return Step(Role.SALES, "send the questionnaire", ("questionnaire_sent",))
    if lead.questionnaire.answered_on is None:
        return Step(Role.COMMUNITY, "answer the questionnaire", ("questionnaire_answered",))
    if lead.qualification.in_scope is None:
        return Step(Role.SALES, "assess by MANIAC-T whether it is in scope", ("maniac_t_assessed",))
    return Step(Role.SALES, "quote a price", ("price_quoted",))


def _next_of_quoted(lead: Lead) -> Step:
    contract = lead.contract
    if contract.signed_on:
        return _setting_up(lead)
    if lead.quote is None:
        return Step(Role.SALES, "quote a price again, or record it as lost", ("price_quoted", "lost"))
    if approval := _approval(lead.quote):
        return approval
    if lead.quote.status is QuoteStatus.OPEN:
        return _answer("price", lead.quote)
    if contract.handed_over_on is None:
        return Step(Role.SALES, "hand the contract over to the contracts team", ("contract_handed_over",))
    if contract.acknowledged_on is None:
        return Step(Role.CONTRACTS, "acknowledge the hand-over", ("contract_acknowledged",))
    return Step(
        Role.CONTRACTS, f"get the contract signed{_state(lead)}", ("contract_signed", "contract_progressed")
    )


def _setting_up(lead: Lead) -> Step:
    """Return the next step of a signed lead whose vendor set-up is not settled."""
    started = lead.vendor.status is VendorStatus.STARTED
    vendor = (
        f"finish the vendor set-up{lead.vendor.latest}"
        if started
        else "set up as a vendor, or record that it is not needed"
    )
    kinds = ("vendor_setup_done" if started else "vendor_setup_started", "vendor_setup_not_needed")
    if renewing := _renewing(lead):
        return Step(renewing.owner, f"{renewing.text}; and {vendor}", (*renewing.decisions, *kinds))
    return Step(Role.CONTRACTS, f"{vendor}: the contract is signed, and only that is missing", kinds)


def _state(lead: Lead) -> str:
    contract = lead.pending
    due = f" by {contract.due}" if contract.due else ""
    return f"{due}, {contract.state} since {contract.state_on}" if contract.state else due


def _approval(quote: Quote) -> Step | None:
    """Return the step to the approval that the quote's discount needs, or None if it needs none."""
    if quote.lacks_known_giver:
        return Step(
            Role.SALES,
            f"quote the discount of {quote.reduction} again where the service knows who gives it, or quote without it, "
            f"by {quote.valid_until}: nobody can approve it as it is",
            ("price_quoted",),
            later=("discount_approved",),
        )
    if quote.awaiting_approval_by is None:
        return None
    return Step(
        quote.awaiting_approval_by,
        f"approve or decline the discount of {quote.reduction} by {quote.valid_until}",
        ("discount_approved", "discount_declined"),
    )


def _answer(price: str, quote: Quote) -> Step:
    """Return the customer's answer to an open quote."""
    return Step(
        Role.COMMUNITY, f"agree to the {price} by {quote.valid_until}", ("quote_accepted", "quote_declined")
    )


def _renewing(lead: Lead) -> Step | None:
    """Return the next step of the renewal, or None if no price is quoted for it."""
    if lead.quote is None:
        return None
    if approval := _approval(lead.quote):
        return approval
    if lead.quote.status is QuoteStatus.OPEN:
        return _answer("price of the renewal", lead.quote)
    if lead.renewal.handed_over_on is None:
        return Step(Role.SALES, "hand the renewal over to the contracts team", ("contract_handed_over",))
    if lead.renewal.acknowledged_on is None:
        return Step(Role.CONTRACTS, "acknowledge the hand-over of the renewal", ("contract_acknowledged",))
    return Step(
        Role.CONTRACTS, f"get the renewal signed{_state(lead)}", ("contract_signed", "contract_progressed")
    )


def _next_of_contracted(lead: Lead) -> Step:
    if renewing := _renewing(lead):
        return renewing
    if ending := _ending(lead):
        return ending
    if lead.hub.requested_on:
        return Step(Role.ENGINEERING, "bring the hub up", ("hub_live",))
    if not lead.awaits_hub:
        return Step(Role.NOBODY, f"nothing, no hub is to come; contract until {lead.contract.term_ends}")
    if lead.service != "hub":
        return Step(Role.SALES, "request the hub, if there is to be one", ("hub_requested",))
    if missing := lead.hub.missing():
        return Step(
            Role.SALES,
            f"request the hub; still missing: {', '.join(missing)}",
            ("hub_information_given", "hub_requested"),
        )
    return Step(Role.SALES, "request the hub", ("hub_requested",))


def _ending(lead: Lead) -> Step | None:
    """Return the next step for a contract that ends without a hub, or None if it is not ending."""
    contract = lead.contract
    if contract.lapsed:
        return Step(
            Role.SALES,
            "renew, extend, or record it as lost: the contract has ended",
            ("price_quoted", "service_extended", "lost"),
        )
    if contract.extended_until:
        return _extended(lead)
    if contract.windows and not lead.awaits_hub:
        return Step(Role.SALES, f"renew: the contract ends on {contract.end}", ("price_quoted",))
    return None


def _extended(lead: Lead) -> Step:
    contract = lead.contract
    until = f"the contract ended on {contract.end}, and the service goes on until {contract.extended_until}"
    return Step(
        Role.SALES, f"renew, or decide how it ends: {until}", ("price_quoted", "decommission_decided")
    )


def _next_of_hub(lead: Lead) -> Step:
    if lead.hub.decommission_on:
        return Step(
            Role.ENGINEERING, f"take the hub down on {lead.hub.decommission_on}", ("hub_decommissioned",)
        )
    if renewing := _renewing(lead):
        return renewing
    if lead.contract.lapsed:
        return Step(
            Role.SALES,
            "renew, extend, or decide the decommission: the contract has ended",
            ("price_quoted", "service_extended", "decommission_decided"),
        )
    if lead.contract.extended_until:
        return _extended(lead)
    if lead.contract.windows:
        return Step(Role.SALES, f"renew: the contract ends on {lead.contract.end}", ("price_quoted",))
    if lead.hub.validated_on is None:
        return Step(
            Role.ENGINEERING,
            "have the hub validated: a representative satisfied, five users logged in",
            ("hub_validated",),
        )
    return Step(Role.NOBODY, f"steady state, contract until {lead.contract.term_ends}")


_NEXT = {
    Stage.LEAD: _next_of_lead,
    Stage.QUOTED: _next_of_quoted,
    Stage.CONTRACTED: _next_of_contracted,
    Stage.HUB: _next_of_hub,
}
