"""An erasure needs two people who are known, and the law may forbid it for a while."""

from datetime import UTC, date, datetime, timedelta

import pytest

from process.actor import Actor, Face
from process.core.refusal import Refused
from process.privacy.requests import (
    STEPS,
    ErasureRequest,
    LeadErasure,
    RequestState,
    Step,
    refuse_confirmation,
    refuse_hold,
    refuse_rest,
    refuse_unknown,
    refuse_withdrawal,
)
from process.types import Role

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANN = Actor(face=Face.COMMAND_LINE, identity="ann", roles=(Role.SALES,))
BOB = Actor(face=Face.COMMAND_LINE, identity="bob", roles=(Role.CONTRACTS,))
ASKED = ErasureRequest(id="ab12cd34", asked_at=NOW, asked_by="a1", leads=(LeadErasure(lead_id="lead-a"),))


def reason(refused: Refused | None) -> str:
    return refused.reason if refused else ""


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (ANN, ""),
        (ANN.replaced(roles=None), ""),
        (ANN.replaced(roles=()), "You have no role"),
        (ANN.replaced(identity=None), "Nobody knows who you are"),
        (ANN.replaced(identity="someone at the command line"), "Nobody knows who you are"),
    ],
)
def test_only_people_who_are_known_and_have_a_role_ask(actor: Actor, words: str) -> None:
    assert reason(refuse_unknown(actor)).startswith(words)
    assert bool(reason(refuse_unknown(actor))) is bool(words)
    assert refuse_confirmation(ASKED, actor, "b2", TODAY) == refuse_unknown(actor)


def test_whoever_asks_does_not_agree_as_well() -> None:
    assert "somebody else" in reason(refuse_confirmation(ASKED, ANN, "a1", TODAY))
    assert refuse_confirmation(ASKED, BOB, "b2", TODAY) is None


def test_a_request_of_which_nobody_knows_who_asked_is_not_confirmed() -> None:
    assert "somebody else" in reason(refuse_confirmation(ASKED.replaced(asked_by=""), BOB, "b2", TODAY))


def test_a_confirmed_one_may_be_carried_on_by_anybody_who_is_known() -> None:
    confirmed = ASKED.replaced(confirmed_at=NOW, confirmed_by="b2")
    assert confirmed.state(TODAY) is RequestState.RUNNING
    assert refuse_confirmation(confirmed, ANN, "a1", TODAY) is None
    assert reason(refuse_confirmation(confirmed, ANN.replaced(identity=None), "", TODAY))


def test_a_hold_forbids_it_up_to_its_last_day() -> None:
    held = ASKED.replaced(held_until=TODAY)
    assert held.state(TODAY) is RequestState.HELD
    assert "until 2026-06-01" in reason(refuse_confirmation(held, BOB, "b2", TODAY))
    tomorrow = TODAY + timedelta(days=1)
    assert held.state(tomorrow) is RequestState.REQUESTED
    assert refuse_confirmation(held, BOB, "b2", tomorrow) is None


def test_a_hold_of_the_past_needs_no_hold_before_and_one_that_stands_can_be_ended() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert "has passed" in reason(refuse_hold(ASKED, ANN, yesterday, TODAY))
    assert refuse_hold(ASKED.replaced(held_until=TODAY), ANN, yesterday, TODAY) is None


def test_what_is_begun_is_neither_held_nor_withdrawn() -> None:
    begun = ASKED.replaced(confirmed_at=NOW, leads=(LeadErasure(lead_id="lead-a", done=(Step.REDACT,)),))
    assert "begun" in reason(refuse_hold(begun, ANN, TODAY, TODAY))
    assert "confirmed" in reason(refuse_withdrawal(begun, ANN))
    assert refuse_withdrawal(ASKED, ANN) is None


@pytest.mark.parametrize("closed", [ASKED.replaced(ended_at=NOW), ASKED.replaced(withdrawn=True)])
def test_what_is_over_stays_so(closed: ErasureRequest) -> None:
    assert not closed.is_pending
    assert refuse_confirmation(closed, BOB, "b2", TODAY)
    assert refuse_hold(closed, BOB, TODAY, TODAY)
    assert refuse_withdrawal(closed, BOB)


def test_steps_are_done_in_their_order() -> None:
    erasure = LeadErasure(lead_id="lead-a")
    for step in STEPS:
        assert erasure.next_step is step
        erasure = erasure.after(step)
        assert erasure.after(step) is erasure
    assert erasure.next_step is None


def test_earlier_epochs_are_out_of_use_once_every_cache_has_forgotten_them() -> None:
    erasure = LeadErasure(lead_id="lead-a")
    assert erasure.ready_at(timedelta(seconds=60)) is None
    assert erasure.replaced(since=NOW).ready_at(timedelta(seconds=60)) == NOW + timedelta(seconds=60)


def test_a_lead_is_done_anew_only_if_the_person_was_still_found_in_it() -> None:
    done = LeadErasure(lead_id="lead-a", done=STEPS, epoch=2)
    assert done.again() is done
    again = done.replaced(found=True).again()
    assert (again.done, again.attempt, again.epoch, again.found) == ((), 2, None, False)


def test_a_request_that_was_ended_in_the_middle_of_a_lead_goes_on_first() -> None:
    begun = LeadErasure(lead_id="lead-a", done=(Step.REDACT,))
    left = ASKED.replaced(confirmed_at=NOW, found=1, leads=(begun,))
    assert "middle of a lead" in reason(refuse_rest(left, BOB))
    assert refuse_rest(left.replaced(leads=(begun.replaced(done=STEPS, found=True),)), BOB) is None
