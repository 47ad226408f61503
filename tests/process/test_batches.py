"""A lead takes the results of effects that were performed together."""

from collections.abc import Sequence
from datetime import timedelta

from process.core.aggregate import LeadAggregate
from process.core.batches import Again, take_results
from process.effects import Effect
from process.effects.requests import BatchResult, Failure
from process.views.overview import overview
from tests.support.lives import Life, brought_back


def started(life: Life, *busy: str) -> tuple[Effect, ...]:
    return life.aggregate.startable(frozenset(busy))


def done(life: Life, effects: Sequence[Effect], **failures: Failure) -> list[BatchResult]:
    """Return the result of each effect that is ready, with failures by kind."""
    results = []
    for effect in effects:
        if failure := failures.get(effect.kind):
            results.append(BatchResult(key=effect.key, failure=failure))
        elif effect.ready(life.lead):
            outcome = brought_back(effect, life)
            results.append(BatchResult(key=effect.key, outcome=outcome))
    return results


def take(life: Life, effects: Sequence[Effect], results: list[BatchResult]) -> tuple[Again, ...]:
    life.aggregate, again = take_results(life.aggregate, effects, results, life.now)
    return again


def waiting(aggregate: LeadAggregate) -> list[str]:
    return [item.effect.kind for item in aggregate.outbox if item.status == "waiting"]


def handed_over() -> tuple[Life, tuple[Effect, ...]]:
    """Return a lead whose mail about the hand-over and update of its issue start together."""
    life = Life().accepted().perform()
    life.does("contract_handed_over")
    effects = started(life)
    assert [effect.kind for effect in effects] == ["send_mail", "update_issue"]
    return life, effects


def test_an_issue_that_shows_the_mail_is_not_updated_again_for_it() -> None:
    life, effects = handed_over()
    assert take(life, effects, done(life, effects)) == ()
    assert [mail.template for mail in life.lead.mails][-1] == "handover"
    assert life.aggregate.outbox == ()


def test_an_issue_is_updated_again_for_a_decision_that_came_meanwhile() -> None:
    life, effects = handed_over()
    life.does("contract_acknowledged")
    take(life, effects, done(life, effects))
    assert waiting(life.aggregate) == ["update_issue"]


def test_what_failed_for_now_goes_on_alone_and_the_rest_is_done() -> None:
    life, effects = handed_over()
    failure = Failure(reason="The server is busy", for_good=False, delay=60)
    again = take(life, effects, done(life, effects, send_mail=failure))
    assert again == (Again(effects[0], failure),)
    assert waiting(life.aggregate) == ["send_mail"]


def test_what_failed_for_good_is_parked_and_the_rest_is_done() -> None:
    life, effects = handed_over()
    take(life, effects, done(life, effects, send_mail=Failure(reason="550 no such user", for_good=True)))
    (parked,) = life.aggregate.parked
    assert (parked.effect, parked.reason) == (effects[0], "550 no such user")
    assert waiting(life.aggregate) == []


def test_an_effect_without_a_result_stays() -> None:
    life, effects = handed_over()
    take(life, effects, done(life, effects)[:1])
    assert waiting(life.aggregate) == ["update_issue"]


def test_the_issue_waits_for_effects_that_follow_and_that_it_shows() -> None:
    """The folder is made under an id that the first batch reserves. One update of the issue shows both."""
    life = Life().perform(but="ids")
    life.does("price_quoted", amount="12000", currency="USD", per="year")
    effects = started(life)
    assert {"reserve_ids", "update_issue"} <= {effect.kind for effect in effects}
    results = done(life, effects)
    busy, free = life.aggregate, life.aggregate
    busy, _ = take_results(busy, effects, results, life.now, busy={"folder"})
    assert waiting(busy) == ["create_folder"], "an update would not end that wait"
    free, _ = take_results(free, effects, results, life.now)
    assert waiting(free) == ["create_folder", "update_issue"]


def test_what_the_outside_postpones_shows_its_reason_and_time_until_it_is_tried() -> None:
    life, effects = handed_over()
    mail = next(effect for effect in effects if effect.kind == "send_mail")
    limit = Failure(reason="a rate limit was reached", for_good=False, delay=90)
    take(life, effects, done(life, effects, send_mail=limit))
    (shown,) = [each for each in overview(life.aggregate, life.now).effects if each.next_attempt_at]
    assert (shown.key, shown.status, shown.reason) == (mail.key, "waiting", limit.reason)
    assert shown.next_attempt_at == life.now + timedelta(seconds=90)
    assert life.aggregate.trying([mail]).startable(()) == life.aggregate.startable(())
    lines = overview(life.aggregate.trying([mail]), life.now).effects
    assert [each.reason for each in lines if each.key == mail.key] == [""]
    assert not any(each.next_attempt_at for each in lines)
