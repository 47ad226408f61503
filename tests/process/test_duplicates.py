"""Probable duplicates wait for a person, who merges them or keeps them apart; a merge can be undone."""

from datetime import timedelta
from typing import Any

import pytest

from process.core import inbox
from process.core.aggregate import LeadAggregate
from process.core.fold import fold
from process.core.refusal import Refused
from process.corrections.lookup import corrected_decisions
from process.decisions.registry import DECISIONS
from process.duplicates.matching import MatchKeys, match_reasons
from process.duplicates.notices import relation_notices
from process.effects import NotifyLeads, ReadAnswers
from process.effects.observations import DriftFound
from process.lead.duplicate_links import MAX_ORIGINALS, DuplicateLink, Relation
from process.policy import Periods
from process.simulation.scenario import Scenario
from process.simulation.simulate import simulate
from process.types import Role, Stage
from process.views.attention import attention
from process.views.overview import next_step, timeline
from tests.support.lives import MONDAY, ORIGINAL, QUOTE, Life, last_seq, link, without_progress

HERE = ORIGINAL | {"lead_id": "lead-example"}
"""Link to the lead of most tests, as another lead stores it."""


def twin(**opened: Any) -> Life:
    """Return a lead that began as a match of the other."""
    return Life(lead_id="lead-twin", originals=[HERE], **opened)


def answers(life: Life, response: str) -> Life:
    life.does("questionnaire_answered", response_id=response)
    return life.perform()


# ---- held


def test_a_probable_duplicate_is_shown_at_once_and_sales_is_to_decide() -> None:
    life = twin()
    (line,) = attention(life.lead, life.today)
    assert line == (
        "It may be the same request as lead-example “[Example University / Grace Example] - A hub” (same organisation): "
        "merge it into that lead, or keep it apart"
    )
    assert next_step(life.lead) == (
        Role.SALES,
        "merge it into lead-example, or keep it apart",
    )
    assert "may be the same request as lead-example" in timeline(life.aggregate)[0].summary


def test_no_commitment_is_decided_meanwhile() -> None:
    held = twin().lead
    ahead = {
        kind
        for kind, decision in DECISIONS.items()
        if held.stage in decision.stages and decision.allowed(held) is not None and decision.commits
    }
    assert ahead == {"price_quoted", "quote_accepted", "hub_requested", "hub_live"}
    spine = {"contract_handed_over", "contract_signed", "vendor_setup_done"}
    assert spine | ahead <= {kind for kind, decision in DECISIONS.items() if decision.commits}


def test_no_deadline_passes_for_it_and_it_stays_visible() -> None:
    life = twin()
    life.does("questionnaire_sent")
    life.wait(100)
    assert life.kinds() == ["lead_opened", "questionnaire_sent"]
    assert attention(life.lead, life.today)
    life.does("kept_apart")
    life.wait(31)
    assert {"questionnaire_nudged", "gone_stale"} <= set(life.kinds())


def test_a_lead_that_is_kept_apart_goes_on_and_notifies_the_other() -> None:
    life = twin()
    life.does("kept_apart", reason="Another faculty")
    assert not attention(life.lead, life.today)
    assert relation_notices(life.lead)["lead-example"].sender.relation is Relation.APART
    life.quoted()
    summary = life.refused("corrected", seq=2, reason="It is the same after all")
    assert summary.endswith("rests on it. Correct 3 first (corrected, seq 3).")
    life.does("corrected", seq=3, reason="Another's price")
    life.does("corrected", seq=2, reason="It is the same after all")
    assert life.lead.undecided


def test_a_lead_is_kept_apart_from_one_of_several() -> None:
    life = Life(originals=[ORIGINAL, ORIGINAL | {"lead_id": "lead-third"}])
    life.does("kept_apart", other="lead-third")
    assert [other.lead_id for other in life.lead.undecided] == ["lead-original"]
    assert "lead-original" in life.refused("price_quoted", **QUOTE)


def test_a_lead_that_began_as_another_one_is_not_held_and_notifies_nobody() -> None:
    life = Life(originals=[ORIGINAL | {"relation": "another one"}])
    assert not life.lead.undecided
    assert not relation_notices(life.lead)
    assert not any(isinstance(effect, NotifyLeads) for effect in life.planned)
    life.quoted()


# ---- found by a reconciliation


def test_a_reconciliation_flags_each_pair_once() -> None:
    life = Life().flag_duplicates(ORIGINAL).flag_duplicates(ORIGINAL, ORIGINAL)
    assert life.kinds() == ["lead_opened", "duplicates_flagged"]
    life.does("kept_apart")
    life.flag_duplicates(ORIGINAL)
    assert not life.lead.undecided
    life.flag_duplicates(ORIGINAL, ORIGINAL | {"lead_id": "lead-third"})
    assert [other.lead_id for other in life.lead.undecided] == ["lead-third"]


@pytest.mark.parametrize("state", ["quoted", "contracted", "live", "lost", "decommissioned"])
def test_a_lead_at_a_later_stage_is_not_flagged(state: str) -> None:
    life = getattr(Life(), state)()
    before = life.aggregate
    assert life.flag_duplicates(ORIGINAL).aggregate is before


def test_leads_with_a_requested_hub_known_duplicates_and_the_lead_itself_are_not_flagged() -> None:
    life = Life()
    life.receives_notice_from(twin())
    life.flag_duplicates({"lead_id": "lead-twin"}, {"lead_id": "lead-example"})
    assert not life.lead.undecided
    life.does("hub_requested", exception_by="Grace", exception_reason="x")
    assert not life.flag_duplicates(ORIGINAL).lead.undecided


def test_the_number_of_flagged_leads_is_limited() -> None:
    life = Life().flag_duplicates(*(ORIGINAL | {"lead_id": f"lead-{n}"} for n in range(40)))
    assert len(life.lead.undecided) == MAX_ORIGINALS
    assert life.flag_duplicates(ORIGINAL).kinds() == ["lead_opened", "duplicates_flagged"]


@pytest.mark.parametrize(
    "args",
    [
        (),
        (None,),
        ("x",),
        ({},),
        ({"originals": []},),
        ({"originals": [{}]},),
        ({"originals": [5]},),
        (object(),),
    ],
)
def test_an_invalid_flag_is_refused_and_recorded(args: tuple[Any, ...]) -> None:
    life = Life()
    aggregate = inbox.flag_duplicates(life.aggregate, args, life.now)
    assert aggregate.event_log is life.aggregate.event_log
    assert [refusal.kind for refusal in aggregate.refusals] == ["flag_duplicates"]


def test_leads_match_by_organisation_or_by_a_domain_that_is_not_everybodys() -> None:
    def lead(**opened: Any) -> MatchKeys:
        return MatchKeys.of(Life(**opened).lead)

    one = lead(email="ada@example.org", title="A hub")
    assert match_reasons(one, lead(org="EXAMPLE  university", title="a  Hub")) == (
        "same organisation",
        "same title",
    )
    assert match_reasons(one, lead(org="Another", email="Grace@Example.org")) == ("same mail domain",)
    assert match_reasons(one, lead(org="Another", email="ADA@example.org")) == ("same mail address",)
    assert match_reasons(one, lead(org="Another", title="A hub")) == ()
    mine = lead(org="A", email="ada@gmail.com")
    assert match_reasons(mine, lead(org="B", email="grace@gmail.com")) == ()
    assert match_reasons(mine, lead(org="B", email="Ada@Gmail.com")) == ("same mail address",)
    assert match_reasons(lead(org="—"), lead(org="…")) == ()  # names without a letter identify nobody


# ---- merged


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


# ---- notices


def test_notices_wait_for_the_leads_issue_and_hold_only_news() -> None:
    life = twin()
    telling = [item.effect for item in life.aggregate.outbox if isinstance(item.effect, NotifyLeads)]
    assert len(telling) == 1
    assert not telling[0].ready(life.lead)
    life.perform()
    notified = len([effect for effect in life.planned if isinstance(effect, NotifyLeads)])
    life.does("asset_attached", name="Budget")
    life.does("questionnaire_sent")
    life.wait(40).perform()
    assert len([effect for effect in life.planned if isinstance(effect, NotifyLeads)]) == notified
    life.does("details_changed", title="Another title")
    assert len([effect for effect in life.planned if isinstance(effect, NotifyLeads)]) == notified + 1


def test_only_the_newest_notification_is_done() -> None:
    life = twin().perform()
    life.does("merged", into="lead-third")
    life.aggregate = life.aggregate.park(
        next(i.effect for i in life.aggregate.outbox if isinstance(i.effect, NotifyLeads)), "lost", life.now
    )
    life.does("corrected", seq=last_seq(life), reason="x")
    (item,) = [item for item in life.aggregate.outbox if isinstance(item.effect, NotifyLeads)]
    assert item.status == "waiting"
    assert {name: notice.sender.relation for name, notice in relation_notices(life.lead).items()} == {
        "lead-example": Relation.UNDECIDED,
        "lead-third": Relation.NONE,
    }


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


def test_a_notice_made_from_what_its_effect_is_given_takes_the_answers_along() -> None:
    life = Life(originals=[ORIGINAL])
    life.does("questionnaire_answered", response_id="response-1")
    life.perform()
    life.does("merged", into="lead-original")
    (notice,) = relation_notices(life.lead).values()
    assert notice.questionnaire.answers
    assert relation_notices(life.lead.brief(NotifyLeads.needs)) == {"lead-original": notice}
