"""Probable duplicates wait for a person, who merges them or keeps them apart."""

from typing import Any

import pytest

from process.core import inbox
from process.decisions.registry import DECISIONS
from process.duplicates.matching import MatchKeys, match_reasons
from process.duplicates.notices import relation_notices
from process.effects import NotifyLeads
from process.lead.duplicate_links import MAX_ORIGINALS, Relation
from process.types import Role
from process.views.attention import attention
from process.views.next_step import next_step
from process.views.overview import timeline
from tests.support.lives import ORIGINAL, QUOTE, Life, last_seq
from tests.support.twins import twin

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


def test_a_notice_made_from_what_its_effect_is_given_takes_the_answers_along() -> None:
    life = Life(originals=[ORIGINAL])
    life.does("questionnaire_answered", response_id="response-1")
    life.perform()
    life.does("merged", into="lead-original")
    (notice,) = relation_notices(life.lead).values()
    assert notice.questionnaire.answers
    assert relation_notices(life.lead.brief(NotifyLeads.needs)) == {"lead-original": notice}
