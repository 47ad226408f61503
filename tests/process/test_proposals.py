"""Edits of issues and cards, and the decisions that they propose."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.decisions.registry import DECISIONS
from process.github.edits import Edit, EditKind
from process.github.proposals import Proposal, agrees, propose
from process.types import Stage
from process.views.checklist import checklist, todo, vendor_checklist
from process.views.overview import timeline
from tests.support.lives import QUOTE, SIGNED, Life


def new() -> Life:
    return Life()


def signed() -> Life:
    life = Life().handed_over()
    life.does("contract_signed", **SIGNED)
    return life


def running() -> Life:
    return Life().live()


def lost() -> Life:
    life = Life().quoted()
    life.does("lost", reason="budget")
    return life


def closed() -> Life:
    life = Life().live()
    life.does("decommission_decided", on="2026-06-20", reason="The course is over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    return life


def proposed(life: Life, what: EditKind, name: str = "", **more: Any) -> Proposal:
    move = Edit(kind=what, name=name, **more)
    return propose(move, life.lead, timeline(life.aggregate))


def kinds(proposal: Proposal) -> tuple[str, ...]:
    return tuple(kind for kind, _ in proposal.decisions)


@pytest.mark.parametrize(
    ("what", "name", "decision"),
    [
        (EditKind.TICKED, "Questionnaire sent", ("questionnaire_sent", {})),
        (EditKind.TICKED, "Questionnaire answered", ("questionnaire_answered", {})),
        (EditKind.TICKED, "In scope?", ("maniac_t_assessed", {"in_scope": True})),
        (EditKind.TICKED, "Budget", ("asset_attached", {"type": "budget"})),
        (EditKind.TICKED, "Statement of work", ("asset_attached", {"type": "statement of work"})),
        (EditKind.TICKED, "Price quoted", ("price_quoted", {})),
        (EditKind.TICKED, "Customer agreed to work with us", ("quote_accepted", {})),
        (EditKind.TICKED, "Contract handed over", ("contract_handed_over", {})),
        (EditKind.TICKED, "Contract signed", ("contract_signed", {})),
        (EditKind.TICKED, "Hub requested (work has started)", ("hub_requested", {})),
        (EditKind.TICKED, "Infrastructure", ("hub_live", {})),
        (EditKind.TICKED, "Forms sent", ("vendor_setup_progressed", {"forms": "sent"})),
        (EditKind.CLOSED, "not_planned", ("lost", {})),
        (EditKind.CLOSED, "completed", ("lost", {})),
        (EditKind.CLOSED, "duplicate", ("lost", {"reason": "duplicate"})),
        (EditKind.LABELLED, "service:hub", ("details_changed", {"service": "hub"})),
        (EditKind.UNLABELLED, "service:hub", ("details_changed", {"service": "other"})),
        (EditKind.LABELLED, "customer", ("contract_signed", {})),
        (EditKind.UNLABELLED, "lead", ("lost", {})),
        (
            EditKind.RETITLED,
            "[Example University / Grace] - Hub for a course",
            ("details_changed", {"person": "Grace"}),
        ),
    ],
)
def test_one_decision_is_proposed(what: EditKind, name: str, decision: tuple[str, dict[str, Any]]) -> None:
    assert proposed(new(), what, name).decisions == (decision,)


@pytest.mark.parametrize(
    ("hub", "form", "kind"),
    [
        (False, "“[organisation / person] - title”", "details_changed"),
        (True, "“[Hub] - name”", "hub_information_given"),
    ],
)
def test_an_unreadable_title_proposes_nothing_and_explains_the_form(hub: bool, form: str, kind: str) -> None:
    decisions, why, examples = proposed(running(), EditKind.RETITLED, "Nonsense", hub=hub)
    assert decisions == ()
    assert form in why
    assert examples == (kind,)


def test_a_vendor_set_up_may_be_done_or_not_needed() -> None:
    proposal = proposed(new(), EditKind.TICKED, "Vendor set-up")
    assert kinds(proposal) == ("vendor_setup_done", "vendor_setup_not_needed")
    assert proposal.note


def test_a_box_that_the_service_ticks_proposes_no_decision() -> None:
    assert proposed(new(), EditKind.TICKED, "Leads folder").decisions == ()


@pytest.mark.parametrize(
    ("life", "stage", "found"),
    [
        (new, Stage.QUOTED, ("price_quoted",)),
        (new, Stage.HUB, ("price_quoted",)),
        (Life().quoted, Stage.CONTRACTED, ("contract_signed",)),
        (signed, Stage.CONTRACTED, ("vendor_setup_done", "vendor_setup_not_needed")),
        (Life().contracted, Stage.HUB, ("hub_live",)),
        (new, Stage.LOST, ("lost",)),
        (running, Stage.CLOSED, ("hub_decommissioned",)),
        (lost, Stage.QUOTED, ("reopened",)),
        (running, Stage.CONTRACTED, ("corrected",)),
        (Life().contracted, Stage.QUOTED, ("corrected",)),
        (Life().quoted, Stage.LEAD, ("corrected",)),
        (closed, Stage.HUB, ("corrected",)),
        (new, None, ()),
    ],
)
def test_a_column_proposes_the_first_missing_decision(
    life: Any, stage: Stage | None, found: tuple[str, ...]
) -> None:
    assert kinds(proposed(life(), EditKind.PLACED, "There", stage=stage)) == found


@pytest.mark.parametrize(
    ("life", "what", "name", "wrong"),
    [
        (Life().quoted, EditKind.UNTICKED, "Price quoted", "price_quoted"),
        (running, EditKind.UNTICKED, "Contract signed", "contract_signed"),
        (running, EditKind.UNLABELLED, "customer", "contract_signed"),
        (closed, EditKind.REOPENED, "", "hub_decommissioned"),
    ],
)
def test_undoing_proposes_to_correct_the_decision(life: Any, what: EditKind, name: str, wrong: str) -> None:
    lead: Life = life()
    ((kind, body),) = proposed(lead, what, name).decisions
    event = lead.aggregate.event_log.find(body["seq"])
    assert (kind, event and event.kind) == ("corrected", wrong)


def test_a_corrected_decision_is_not_proposed_again() -> None:
    life = Life().quoted()
    first = life.aggregate.event_log.events[-1].seq
    life.does("corrected", seq=first, reason="Another lead's")
    life.does("price_quoted", **QUOTE)
    ((_, body),) = proposed(life, EditKind.UNTICKED, "Price quoted").decisions
    assert body["seq"] > first


def test_reopening_and_closing_issues_propose_decisions() -> None:
    assert kinds(proposed(lost(), EditKind.REOPENED)) == ("reopened",)
    assert kinds(proposed(running(), EditKind.CLOSED, "completed")) == ("hub_decommissioned",)
    assert kinds(proposed(running(), EditKind.CLOSED, "completed", hub=True)) == ("hub_decommissioned",)


LIVES = [life().aggregate for life in (new, signed, running, lost, closed)]
NAMES = [item.name for items in (checklist, vendor_checklist, todo) for item in items(new().lead)]

moves = st.builds(
    Edit,
    kind=st.sampled_from(list(EditKind)),
    name=st.one_of(
        st.sampled_from([*NAMES, "lead", "customer", "service:hub", "Hub", "completed", "duplicate"]),
        st.text(),
    ),
    stage=st.one_of(st.none(), st.sampled_from(list(Stage))),
    hub=st.booleans(),
)


@given(move=moves, aggregate=st.sampled_from(LIVES))
def test_any_edit_proposes_known_decisions_or_gives_a_reason(move: Edit, aggregate: Any) -> None:
    proposal = propose(move, aggregate.lead, timeline(aggregate))
    assert set(kinds(proposal)) <= set(DECISIONS)
    assert proposal.decisions or proposal.note
    assert agrees(move, aggregate.lead) in (True, False)
    assert move.summary


@pytest.mark.parametrize("life", [new, signed, running, lost])
def test_a_lead_agrees_with_its_own_issue(life: Any) -> None:
    lead = life().lead
    for item in checklist(lead):
        shown, other = (
            (EditKind.TICKED, EditKind.UNTICKED) if item.done else (EditKind.UNTICKED, EditKind.TICKED)
        )
        assert agrees(Edit(kind=shown, name=item.name), lead)
        assert not agrees(Edit(kind=other, name=item.name), lead)
    assert agrees(Edit(kind=EditKind.RETITLED, name=lead.heading), lead)
    assert agrees(Edit(kind=EditKind.PLACED, name="There", stage=lead.stage), lead)
