"""Checklists of the lead's issue and of the hub's issue, derived from events (process.md)."""

from datetime import date
from typing import Any, NamedTuple

from process.lead.contract import VENDOR_FORMS, VendorStatus
from process.lead.lead import Lead
from process.lead.quote import QuoteStatus

Body = tuple[str, dict[str, Any]]
"""Kind of a decision, and the known fields of its body."""


class ChecklistItem(NamedTuple):
    """One box of a checklist. `name` never changes; `text` adds details."""

    name: str
    done: bool | None
    """None if the item depends only on a person's tick."""
    text: str
    decisions: tuple[Body, ...] = ()
    """Decisions of which any one completes the item."""


def checklist(lead: Lead) -> tuple[ChecklistItem, ...]:
    """Return the items of the lead's issue."""
    questionnaire, contract, hub = lead.questionnaire, lead.contract, lead.hub
    agreed = any(quote.status is QuoteStatus.ACCEPTED for quote in lead.quotes)
    return (
        _dated("Questionnaire sent", questionnaire.sent_on, "questionnaire_sent"),
        _dated("Questionnaire answered", questionnaire.answered_on, "questionnaire_answered"),
        _scope(lead),
        ChecklistItem(
            "Leads folder",
            lead.folder is not None,
            _more("Leads folder", lead.folder.url if lead.folder else None),
        ),
        _asset(lead, "Budget", "budget"),
        _asset(lead, "Statement of work", "statement of work"),
        ChecklistItem("Price quoted", lead.quoted, "Price quoted", (("price_quoted", {}),)),
        ChecklistItem(_AGREED, agreed, _AGREED, (("quote_accepted", {}),)),
        _dated("Contract handed over", contract.handed_over_on, "contract_handed_over"),
        _dated("Contract signed", contract.signed_on, "contract_signed"),
        ChecklistItem(
            "Vendor set-up",
            lead.vendor.settled,
            f"Vendor set-up: {lead.vendor.status}{lead.vendor.latest}",
            (("vendor_setup_done", {}), ("vendor_setup_not_needed", {})),
        ),
        _dated("Hub requested (work has started)", hub.requested_on, "hub_requested"),
        ChecklistItem(
            "Infrastructure",
            hub.live_on is not None,
            f"Infrastructure: {hub.url or 'hub'}",
            (("hub_live", {}),),
        ),
    )


def vendor_checklist(lead: Lead) -> tuple[ChecklistItem, ...]:
    """Return the steps of the vendor set-up at the customer, or none if it is not needed."""
    vendor = lead.vendor
    if vendor.status is VendorStatus.NOT_NEEDED:
        return ()
    steps = (
        _dated(f"Forms {step}", vendor.forms.get(step), "vendor_setup_progressed", forms=step)
        for step in VENDOR_FORMS
    )
    number = f", number {vendor.number}" if vendor.number else ""
    done = ChecklistItem(_THERE, vendor.settled, f"{_THERE}{number}", (("vendor_setup_done", {}),))
    return (*steps, done)


def todo(lead: Lead) -> tuple[ChecklistItem, ...]:
    """Return engineering's items in the hub's issue."""
    live, validated = lead.hub.live_on is not None, lead.hub.validated_on is not None or None
    is_live: tuple[Body, ...] = (("hub_live", {}),)
    return (
        ChecklistItem("Initial deployment", live, "Initial deployment", is_live),
        ChecklistItem("Administrators can log on", live, "Administrators can log on", is_live),
        ChecklistItem("Representative is satisfied", validated, "Representative is satisfied"),
        ChecklistItem("Steady state", validated, "Steady state"),
    )


_AGREED = "Customer agreed to work with us"
_THERE = "We are a vendor there"


def _dated(name: str, day: date | None, kind: str, **body: str) -> ChecklistItem:
    return ChecklistItem(name, day is not None, f"{name} on {day}" if day else name, ((kind, body),))


def _scope(lead: Lead) -> ChecklistItem:
    scope = lead.qualification.in_scope
    text = {None: "In scope?", True: "In scope: yes", False: "In scope: no"}[scope]
    return ChecklistItem("In scope?", scope is not None, text, (("maniac_t_assessed", {"in_scope": True}),))


def _asset(lead: Lead, name: str, kind: str) -> ChecklistItem:
    """Return the item that the newest asset of this type completes."""
    known = {asset.type: asset for asset in lead.assets}.get(kind)
    text = _more(name, (known.url or known.name) if known else None)
    return ChecklistItem(name, known is not None, text, (("asset_attached", {"type": kind}),))


def _more(name: str, more: str | None) -> str:
    return f"{name}: {more}" if more else name
