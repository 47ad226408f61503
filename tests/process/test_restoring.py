"""A lead made again from its recorded events alone: nothing that is outstanding is lost, and nothing is done twice."""

from collections.abc import Callable

import pytest

from process.core import intake
from process.core.restoring import aggregate_from
from process.effects import PostCorrection, SendCorrection
from process.effects.observations import Restored
from process.lead.lead import Lead
from tests.support.lives import ORIGINAL, QUOTE, SIGNED, Life, last_seq

STEPS: dict[str, Callable[[Life], object]] = {
    "a new lead": lambda life: life,
    "quoted": lambda life: life.quoted(),
    "signed": lambda life: life.signed(),
    "a hub of a year, with invoices": lambda life: life.live().perform().until("2027-05-15"),
    "renewed": lambda life: life.renewed(),
    "decommissioned": lambda life: life.decommissioned(),
    "reopened": lambda life: life.quoted().lost().does("reopened", reason="They found a grant"),
    "a corrected quote": lambda life: (
        life.quoted().perform().does("corrected", seq=last_seq(life, "price_quoted"), reason="Not this one")
    ),
    "a possible duplicate": lambda life: life.flag_duplicates(ORIGINAL),
    "another team": lambda life: life.quoted().perform().gets_team(contracts=("new@example.org",)),
    "repaired": lambda life: life.quoted().repaired(),
}


def again(life: Life) -> Life:
    """Return the life as it begins again from the ledger."""
    restored = Life(life.now)
    restored.aggregate = aggregate_from(tuple(life.aggregate.event_log.events), life.lead.id)
    return restored


def outstanding(life: Life) -> list[str]:
    """Return the keys of effects that are not simply repeated, because they bring the outside to the present."""
    return sorted(
        item.effect.key
        for item in life.aggregate.outbox
        if not item.effect.coalesces
        and not isinstance(item.effect, SendCorrection | PostCorrection)
        and item.effect.kind != "collect_messages"
    )


def try_step(life: Life, step: Callable[[Life], object]) -> Life:
    step(life)
    return life


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
@pytest.mark.parametrize("performed", [True, False], ids=["performed", "outstanding"])
def test_it_is_the_same_lead_with_the_same_outstanding_effects(
    step: Callable[[Life], object], *, performed: bool
) -> None:
    life = try_step(Life(), step)
    if performed:
        life.perform()
    restored = again(life)
    assert restored.lead == life.lead
    assert list(restored.aggregate.event_log.events) == list(life.aggregate.event_log.events)
    assert outstanding(restored) == outstanding(life)
    assert restored.aggregate.event_bytes == life.aggregate.event_bytes
    assert not restored.aggregate.unrecorded


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_what_it_performs_again_sends_no_mail_and_opens_nothing(step: Callable[[Life], object]) -> None:
    life = try_step(Life(), step).perform()
    restored = again(life)
    before: Lead = restored.lead
    restored.aggregate = restored.aggregate.record(Restored(), restored.now)
    restored.perform()
    assert (restored.lead.mails, restored.lead.invoices) == (before.mails, before.invoices)
    assert restored.kinds()[len(life.kinds()) :] == ["restored"]


def test_what_can_only_be_searched_for_is_searched_for() -> None:
    assert {"open_issue", "open_hub_issue"} <= {*again(Life()).aggregate.tried}


def test_a_decision_with_a_key_is_no_second_one() -> None:
    life = Life().quoted(**QUOTE, key="comment-1").perform()
    life.does("quote_accepted", key="comment-2")
    life.does("contract_handed_over", key="comment-3")
    life.does("contract_signed", **SIGNED, key="comment-4")
    restored = again(life)
    for kind, body in (
        ("price_quoted", QUOTE | {"key": "comment-1"}),
        ("contract_signed", SIGNED | {"key": "comment-4"}),
    ):
        _, answer = intake.take(restored.aggregate, kind, (body,), restored.now)
        assert (answer.accepted, answer.repeat) == (True, True), kind


def test_events_that_open_no_lead_are_none() -> None:
    events = tuple(Life().quoted().aggregate.event_log.events)
    for wrong in ((), events[1:]):
        with pytest.raises(ValueError, match="lead_opened"):
            aggregate_from(wrong, "lead-example")
