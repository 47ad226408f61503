"""An attempt is certainly the first only if nothing of its kind was tried for the lead."""

from process.core.aggregate import LeadAggregate
from process.core.requests import batch_of, request_for
from process.effects import OpenHubIssue, OpenIssue
from tests.support.lives import Life


def first(life: Life) -> dict[str, bool]:
    """Return, for each effect that can start, if its attempt is certainly the first."""
    effects = life.aggregate.startable(frozenset())
    return {
        item.effect.kind: item.first_attempt for item in batch_of(life.aggregate, effects, life.now).items
    }


def test_only_the_first_attempt_is_one() -> None:
    life = Life()
    assert first(life)["open_issue"]
    effects = life.aggregate.startable(frozenset())
    life.aggregate = life.aggregate.trying(effects)
    assert not first(life)["open_issue"]
    (opening,) = (effect for effect in effects if isinstance(effect, OpenIssue))
    assert not request_for(life.aggregate, opening, life.now).first_attempt


def test_an_effect_that_goes_on_alone_was_tried() -> None:
    life = Life()
    (opening,) = (e for e in life.aggregate.startable(frozenset()) if isinstance(e, OpenIssue))
    assert not request_for(life.aggregate, opening, life.now).first_attempt


def test_a_retried_effect_and_a_new_run_know_of_the_attempt() -> None:
    life = Life()
    (opening,) = (e for e in life.aggregate.startable(frozenset()) if isinstance(e, OpenIssue))
    life.aggregate = life.aggregate.trying([opening]).park(opening, "It is away", life.now).retry()
    life.aggregate = LeadAggregate.model_validate_json(life.aggregate.model_dump_json())
    assert not first(life)["open_issue"]


def test_the_same_decision_taken_again_asks_for_what_may_be_there() -> None:
    life = Life().requested()
    life.perform(but="hub issue")
    (opening,) = (e for e in life.aggregate.startable(frozenset()) if isinstance(e, OpenHubIssue))
    life.aggregate = life.aggregate.trying([opening])
    life.does("corrected", seq=opening.cause, reason="Too early")
    life.does("hub_requested")
    assert not first(life)["open_hub_issue"]
