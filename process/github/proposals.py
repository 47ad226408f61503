"""Translates an edit on GitHub into the decision that would make the lead as the edit shows it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from process.github.edits import Edit, EditKind
from process.github.titles import read_heading, same_title
from process.lead.lead import Lead
from process.types import Stage
from process.views.checklist import Body, ChecklistItem, checklist, todo, vendor_checklist
from process.views.lead_overview import TimelineLine


class Proposal(NamedTuple):
    """Alternative decisions. A single one is taken, if the edit gives all its fields."""

    decisions: tuple[Body, ...] = ()
    note: str = ""
    """Advice for the person, or the reason why no decision is proposed."""
    examples: tuple[str, ...] = ()
    """Kinds of decisions to show as examples where none is proposed."""


def propose(edit: Edit, lead: Lead, timeline: Sequence[TimelineLine]) -> Proposal:
    """Return the proposal. Never raises."""
    match edit.kind:
        case EditKind.TICKED:
            return _ticked(edit, lead)
        case EditKind.UNTICKED:
            item = _item(edit, lead)
            return _correction_of([kind for kind, _ in item.decisions] if item else [], timeline)
        case EditKind.CLOSED:
            return _closed(edit, lead)
        case EditKind.REOPENED:
            if edit.hub and lead.hub.withdrawn_on and not lead.ended:
                return Proposal((("hub_requested", {}),))
            return _open_again(lead, timeline)
        case EditKind.LABELLED | EditKind.UNLABELLED:
            return _labelled(edit, lead, timeline)
        case EditKind.RETITLED:
            return _retitled(edit, lead)
        case EditKind.PLACED:
            return _placed(edit, lead, timeline)
        case EditKind.OVERWRITTEN:
            return Proposal(note="The text that was overwritten is restored, which is no decision")


def agrees(edit: Edit, lead: Lead) -> bool:
    """Return True if the lead is as the edit shows it, so that there is nothing to revert."""
    match edit.kind:
        case EditKind.TICKED | EditKind.UNTICKED:
            item = _item(edit, lead)
            return item is None or item.done in (None, edit.kind is EditKind.TICKED)
        case EditKind.CLOSED:
            return lead.ended or (edit.hub and not lead.hub.wanted)
        case EditKind.REOPENED:
            return not lead.ended and (not edit.hub or lead.hub.withdrawn_on is None)
        case EditKind.LABELLED:
            return edit.hub or edit.name in lead.labels
        case EditKind.UNLABELLED:
            return not edit.hub and edit.name not in lead.labels
        case EditKind.RETITLED:
            return same_title(edit.name, lead.hub_heading if edit.hub else lead.heading)
        case EditKind.PLACED:
            return edit.stage is lead.stage
        case EditKind.OVERWRITTEN:
            return False


def _item(edit: Edit, lead: Lead) -> ChecklistItem | None:
    items = todo(lead) if edit.hub else (*checklist(lead), *vendor_checklist(lead))
    return next((item for item in items if item.name == edit.name), None)


def _ticked(edit: Edit, lead: Lead) -> Proposal:
    item = _item(edit, lead)
    if item is None or not item.decisions:
        return Proposal(note="The service ticks this itself, once it is so")
    several = "Which of them is it?" if len(item.decisions) > 1 else ""
    return Proposal(item.decisions, several)


def _correction_of(kinds: Sequence[str], timeline: Sequence[TimelineLine]) -> Proposal:
    """Propose to correct the newest decision of these kinds that counts."""
    found = [line for line in timeline if line.kind in kinds and not line.corrected]
    if not found:
        return Proposal(note="No decision led to it that could be corrected")
    newest = found[-1]
    note = f"Event {newest.seq} still counts ({newest.summary}). If it was a mistake, correct it"
    return Proposal((("corrected", {"seq": newest.seq}),), note)


def _closed(edit: Edit, lead: Lead) -> Proposal:
    if edit.hub or (edit.name == "completed" and lead.hub.running):
        return Proposal((("hub_decommissioned", {}),))
    if edit.name == "duplicate":
        if len(lead.undecided) == 1:
            return Proposal((("merged", {"into": lead.undecided[0].lead_id}),))
        return Proposal((("lost", {"reason": "duplicate"}),))
    note = "" if edit.name == "not_planned" else "No service of this lead has run that could have ended"
    return Proposal((("lost", {}),), note)


def _open_again(lead: Lead, timeline: Sequence[TimelineLine]) -> Proposal:
    if lead.merged_into:
        return _correction_of(["merged"], timeline)
    if lead.lost:
        return Proposal((("reopened", {}),))
    return _correction_of(["hub_decommissioned"], timeline)


def _labelled(edit: Edit, lead: Lead, timeline: Sequence[TimelineLine]) -> Proposal:
    names, on = lead.policy.labels, edit.kind is EditKind.LABELLED
    if edit.hub:
        return Proposal(note="It marks the issues of hubs")
    if edit.name == names.hub_service:
        return Proposal((("details_changed", {"service": "hub" if on else "other"}),))
    if edit.name == names.customer:
        return Proposal((("contract_signed", {}),)) if on else _correction_of(["contract_signed"], timeline)
    return Proposal(
        (("lost", {}),), f"The label “{edit.name}” marks what is a lead. If it is none any more, it is lost"
    )


def _retitled(edit: Edit, lead: Lead) -> Proposal:
    if edit.hub:
        name = re.fullmatch(r"\s*\[Hub\]\s*-\s*(.*\S)\s*", edit.name)
        if name is None:
            return _unreadable("hub", "[Hub] - name", "hub_information_given")
        return Proposal((("hub_information_given", {"name": name[1]}),))
    read = read_heading(edit.name, lead)
    if read is None:
        return _unreadable("lead", "[organisation / person] - title", "details_changed")
    was = {"org": lead.org, "person": lead.person, "title": lead.title}
    changed = {name: value for (name, old), value in zip(was.items(), read, strict=True) if value != old}
    return Proposal((("details_changed", changed),))


def _unreadable(owner: str, form: str, kind: str) -> Proposal:
    return Proposal(
        note=f"The title of a {owner}'s issue is “{form}”, and this one can't be read as that. "
        "Change it again in that form, or say what has changed",
        examples=(kind,),
    )


_MAIN_PATH = (Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB)
_MADE_BY: dict[Stage, tuple[str, ...]] = {
    Stage.QUOTED: ("price_quoted",),
    Stage.CONTRACTED: ("contract_signed", "vendor_setup_done", "vendor_setup_not_needed"),
    Stage.HUB: ("hub_live",),
}
"""Decisions that bring a lead to a stage of the main path."""


def _placed(edit: Edit, lead: Lead, timeline: Sequence[TimelineLine]) -> Proposal:
    stage = edit.stage
    if stage is None:
        return Proposal(note="No stage of a lead has that column")
    if stage is Stage.LOST:
        return Proposal((("lost", {}),))
    if stage is Stage.CLOSED:
        return Proposal((("hub_decommissioned", {}),))
    if lead.ended:
        return _open_again(lead, timeline)
    if _MAIN_PATH.index(stage) < _MAIN_PATH.index(lead.stage):
        return _correction_of(_MADE_BY[lead.stage], timeline)
    return _next_towards(lead)


def _next_towards(lead: Lead) -> Proposal:
    """Propose the next decision on the lead's way to its hub."""
    if not lead.quoted:
        return Proposal((("price_quoted", {}),))
    if not lead.contract.signed_on:
        return Proposal((("contract_signed", {}),))
    if not lead.vendor.settled:
        vendor: tuple[Body, ...] = (("vendor_setup_done", {}), ("vendor_setup_not_needed", {}))
        return Proposal(vendor, "The contract is signed. Is the vendor set-up done, or not needed?")
    return Proposal((("hub_live", {}),))
