"""A duplicate is merged into the other lead, and the merge can be undone."""

from datetime import timedelta

import pytest

from process.core import inbox
from process.core.aggregate import LeadAggregate
from process.core.fold import fold
from process.core.refusal import Refused
from process.corrections.lookup import corrected_decisions
from process.duplicates.notices import relation_notices
from process.effects import NotifyLeads, ReadAnswers
from process.effects.observations import DriftFound
from process.lead.duplicate_links import DuplicateLink, Relation
from process.policy import Periods
from process.simulation.scenario import Scenario
from process.simulation.simulate import simulate
from process.types import Role, Stage
from process.views.overview import timeline
from tests.support.lives import MONDAY, ORIGINAL, Life, last_seq, link, without_progress
from tests.support.twins import answers, twin


def test_a_merged_lead_ends_and_the_other_takes_over_what_it_lacks() -> None:
    life = Life()
    other = answers(twin(email="ada@example.org"), "r1")
    other.does("merged", into="lead-example")
    assert (other.lead.stage, other.lead.lost and other.lead.lost.reason) == (Stage.LOST, "duplicate")
    answer = life.receives_notice_from(other)
    assert isinstance(answer, DuplicateLink)
    assert answer.heading == life.lead.heading
    assert life.lead.email == "ada@example.org"
    assert life.lead.questionnaire == other.lead.questionnaire
    summary = life.aggregate.event_log.events[-1].summary
    assert summary == (
        "lead-twin “[Example University / Ada Example] - Hub for a course” was merged into this lead; its answers to the "
        "questionnaire are now this lead's"
    )
    assert "update_issue" in {item.effect.kind for item in life.aggregate.outbox}


def test_a_merge_overwrites_nothing_in_the_other_lead() -> None:
    life = answers(Life(email="grace@example.org"), "r0")
    before = life.lead
    other = answers(twin(email="ada@example.org"), "r1")
    other.does("merged", into="lead-example")
    life.receives_notice_from(other)
    assert (life.lead.email, life.lead.questionnaire) == (before.email, before.questionnaire)
    assert [known.relation for known in life.lead.duplicates] == [Relation.MERGED]


def test_answers_that_come_after_the_merge_reach_the_other_lead() -> None:
    life, other = Life(), twin()
    other.does("questionnaire_answered", response_id="r1")
    other.does("merged", into="lead-example")
    life.receives_notice_from(other)
    assert life.lead.questionnaire.answers == ()
    planned = len(other.planned)
    other.perform()
    assert any(isinstance(effect, NotifyLeads) for effect in other.planned[planned:])
    life.receives_notice_from(other)
    assert life.lead.questionnaire.answers == other.lead.questionnaire.answers != ()
    assert len(life.lead.duplicates) == 1


def test_a_merge_taken_back_restores_both_and_keeps_later_answers() -> None:
    life, other = Life(), answers(twin(email="ada@example.org"), "r1")
    life.receives_notice_from(other)
    before, theirs = life.lead, other.lead
    merge = other.does("merged", into="lead-example").seq
    life.receives_notice_from(other)
    life.does("asset_attached", name="Budget")
    other.does("corrected", seq=merge, reason="Another faculty")
    assert without_progress(other.lead) == without_progress(theirs)
    assert other.lead.undecided
    life.receives_notice_from(other)
    assert (life.lead.email, life.lead.questionnaire) == (None, before.questionnaire)
    assert [asset.name for asset in life.lead.assets] == ["Budget"]
    assert [known.relation for known in life.lead.duplicates] == [Relation.UNDECIDED]
    assert life.lead == fold(life.aggregate.event_log.events, "lead-example")
    merged, undone = (
        line for line in timeline(life.aggregate) if line.kind == "relation_noticed" and line.seq > 2
    )
    assert (merged.corrected, undone.corrected) == (True, False)
    assert corrected_decisions(life.aggregate.event_log) == (), (
        "what the other lead took back is no mistake of this one's people"
    )


def test_a_merge_taken_back_leaves_nothing_of_repeated_notices() -> None:
    """Undo a merge whose notice came before the answers were read, and again with them."""
    life, other = Life(), twin(email="ada@example.org")
    other.does("questionnaire_answered", response_id="r1")
    merge = other.does("merged", into="lead-example").seq
    life.receives_notice_from(other)
    other.perform()
    life.receives_notice_from(other)
    assert life.lead.questionnaire.answers
    other.does("corrected", seq=merge, reason="Another faculty")
    life.receives_notice_from(other)
    assert (life.lead.email, life.lead.questionnaire.response_id) == (None, None)


@pytest.mark.parametrize("own", [None, "r0"])
@pytest.mark.parametrize("again", [False, True])
def test_a_merge_taken_back_returns_a_response_that_was_edited_meanwhile(
    own: str | None, again: bool
) -> None:
    life, other = Life(), answers(twin(), "r1")
    life.does("questionnaire_sent")
    if own:
        answers(life, own)
    before = life.lead.questionnaire
    merge = other.does("merged", into="lead-example").seq
    life.receives_notice_from(other)
    edited = {"response_id": "r1", "submitted_at": "2026-06-02T10:00:00Z"}
    life.wait(1).does("questionnaire_answered", **edited)
    life.perform()
    if again:
        other.finds_drift(DriftFound(checked=("issue",), issue=link("elsewhere")))
        life.receives_notice_from(other)
    assert life.lead.questionnaire.response_id == "r1"
    other.does("corrected", seq=merge, reason="Another faculty")
    read = [effect for effect in other.planned if isinstance(effect, ReadAnswers)]
    assert [effect.response_id for effect in read] == ["r1", "r1"], (
        "what was edited meanwhile is read here now"
    )
    life.receives_notice_from(other)
    assert life.lead.questionnaire == before
    assert life.lead == fold(life.aggregate.event_log.events, "lead-example")
    assert LeadAggregate.model_validate_json(life.aggregate.model_dump_json()).lead == life.lead


def test_a_merge_into_a_lead_that_did_not_match_is_taken_back_there_too() -> None:
    life, other = Life(), Life(lead_id="lead-twin")
    merge = other.does("merged", into="lead-example").seq
    life.receives_notice_from(other)
    assert life.lead.duplicates
    other.does("corrected", seq=merge, reason="x")
    assert relation_notices(other.lead)["lead-example"].sender.relation is Relation.NONE
    life.receives_notice_from(other)
    assert not life.lead.duplicates
    assert other.lead.stage is Stage.LEAD
    assert not other.lead.undecided


def test_the_newest_notice_counts_in_any_order_and_number() -> None:
    life, other = Life(), twin()
    notices = [relation_notices(other.lead)["lead-example"]]
    for kind, body in (
        ("merged", {"into": "lead-example"}),
        ("corrected", {"seq": 2, "reason": "x"}),
        ("merged", {"into": "lead-example", "note": "It is the same"}),
    ):
        other.does(kind, **body)
        notices.append(relation_notices(other.lead)["lead-example"])
    for notice in (notices[1], notices[0], notices[3], notices[2], notices[1], notices[3], notices[3]):
        aggregate, answer = inbox.receive_relation_notice(
            life.aggregate, (notice.model_dump(mode="json"),), life.now
        )
        assert not isinstance(answer, Refused)
        life.aggregate = LeadAggregate.model_validate_json(
            aggregate.model_dump_json()
        )  # also after continuing as new
    assert [known.relation for known in life.lead.duplicates] == [Relation.MERGED]
    assert life.kinds().count("relation_noticed") == 1  # the later notices had no news


def test_a_late_notice_does_not_undo_a_newer_one() -> None:
    """Receive the notice of event 2 after that of event 3, which equals that of event 1."""
    life, other = Life(), twin()
    life.receives_notice_from(other)
    other.does("merged", into="lead-example")
    late = relation_notices(other.lead)["lead-example"]
    other.does("corrected", seq=2, reason="x")
    life.receives_notice_from(other)
    aggregate, _ = inbox.receive_relation_notice(life.aggregate, (late.model_dump(mode="json"),), life.now)
    assert aggregate is life.aggregate


def test_a_lead_that_ends_is_no_probable_duplicate_any_more() -> None:
    life, other = Life(), twin()
    life.receives_notice_from(other)
    other.lost()
    life.receives_notice_from(other)
    assert not life.lead.duplicates
    other.does("reopened", reason="x")
    life.receives_notice_from(other)
    assert [known.relation for known in life.lead.duplicates] == [Relation.UNDECIDED]


def test_merging_into_the_younger_lead_frees_it() -> None:
    life, other = Life(), twin()
    life.does("merged", into="lead-twin")
    other.receives_notice_from(life)
    assert not other.lead.undecided
    other.quoted()


def test_the_contracts_team_is_told_of_the_merge_of_a_lead_with_a_price() -> None:
    life = Life().quoted()
    life.does("merged", into="lead-other")
    (mail,) = life.mails("merged")
    assert mail.to == (Role.CONTRACTS,)
    assert not Life().mails("merged")


# ---- chains and cycles


def test_a_chain_of_merges_leads_to_the_last() -> None:
    first, second, third = Life(), twin(), Life(lead_id="lead-third")
    answers(second, "r1").does("merged", into="lead-example")
    first.receives_notice_from(second)
    first.does("merged", into="lead-third")
    assert isinstance(third.receives_notice_from(first), DuplicateLink)
    assert third.lead.questionnaire.response_id == "r1"
    assert "merged into lead-third" in first.refused("questionnaire_sent")
    # the first merge is undone: the last lead loses what it had from there, too
    second.does("corrected", seq=last_seq(second), reason="x")
    first.receives_notice_from(second)
    third.receives_notice_from(first)
    assert third.lead.questionnaire.response_id is None


def test_two_leads_merged_into_each_other_at_once_both_refuse() -> None:
    one, other = Life(), Life(lead_id="lead-twin")
    one.does("merged", into="lead-twin")
    other.does("merged", into="lead-example")
    assert str(one.receives_notice_from(other)) == (
        "lead-example was itself merged into lead-twin. Take one of the two back, by correcting it."
    )
    assert isinstance(other.receives_notice_from(one), Refused)
    one.does("corrected", seq=2, reason="The other way round")
    assert isinstance(one.receives_notice_from(other), DuplicateLink)
    assert isinstance(other.receives_notice_from(one), DuplicateLink)


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("lost", "lead-example is lost. Reopen that one first."),
        ("decommissioned", "lead-example is closed: its service has ended. Merge into an open lead."),
        ("merged", "lead-example was merged into lead-third. Merge into lead-third."),
    ],
)
def test_an_ended_lead_refuses_a_merge(end: str, says: str) -> None:
    life, other = Life(), twin()
    if end == "merged":
        life.does("merged", into="lead-third")
    else:
        getattr(life, end)()
    other.does("merged", into="lead-example")
    before = life.aggregate.event_log
    refused = life.receives_notice_from(other)
    assert str(refused) == says
    assert life.aggregate.event_log is before
    assert life.aggregate.refusals[-1].refused == refused
    if end == "lost":  # after the correction the same notice is accepted
        life.does("reopened", reason="x")
        assert isinstance(life.receives_notice_from(other), DuplicateLink)


def test_an_invalid_notice_is_refused() -> None:
    for args in (
        (),
        (None,),
        ({},),
        ({"sender": {"lead_id": "x"}, "seq": 0},),
        ({"sender": 5, "seq": 1},),
        (object(),),
    ):
        life = Life()
        aggregate, answer = inbox.receive_relation_notice(life.aggregate, args, life.now)
        assert isinstance(answer, Refused)
        assert aggregate.event_log is life.aggregate.event_log
        assert [refusal.kind for refusal in aggregate.refusals] == ["receive_relation_notice"]


@pytest.mark.parametrize("stale", [None, 5])
def test_a_simulation_repeats_a_merge_and_takes_it_back_under_other_clocks(
    stale: int | None,
) -> None:
    life, other = Life(), answers(twin(email="ada@example.org"), "r1")
    life.wait(12)
    merge = other.does("merged", into="lead-example").seq
    life.receives_notice_from(other)
    life.wait(3).flag_duplicates(ORIGINAL)
    other.does("corrected", seq=merge, reason="x")
    life.wait(50)
    life.receives_notice_from(other)
    scenario = Scenario(periods=Periods(stale=stale)) if stale else Scenario()
    simulation = simulate(life.aggregate.event_log.events, life.lead.id, scenario, life.now)
    assert simulation.exact == (stale is None)
    assert simulation.reproducible
    after = simulation.simulated[-1].after
    assert (after.email, after.questionnaire.response_id) == (None, None)
    stales = [step for step in simulation.simulated if step.event.kind == "gone_stale"]
    assert len(stales) == (2 if stale else 0)  # held since day 15, it is not stale again


def test_a_merged_lead_is_archived_like_any_lost_one() -> None:
    life = twin()
    life.does("merged", into="lead-example")
    life.at(MONDAY + timedelta(days=400))
    assert life.lead.archived
