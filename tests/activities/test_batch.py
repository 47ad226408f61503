"""The activity that performs the effects of a batch, one after the other."""

from temporalio.testing import ActivityEnvironment

from activities.batch import BatchActivities
from process.core.requests import batch_of
from process.effects import Effect
from process.effects.requests import EffectRequest, Outcome
from tests.support.lives import Life


def test_a_cancelled_batch_begins_no_further_effect() -> None:
    life = Life()
    life.does("price_quoted", amount="12000", currency="USD", per="year")
    effects = life.aggregate.startable(())
    batch = batch_of(life.aggregate, effects, life.now)
    assert len(effects) > 1
    env = ActivityEnvironment()
    begun: list[str] = []

    def perform(request: EffectRequest) -> Outcome:
        begun.append(request.effect.key)
        env.cancel()
        return Outcome()

    activities = BatchActivities(dict.fromkeys(Effect.kinds, perform))
    results = env.run(activities.perform_effects, batch)
    assert [result.key for result in results.results] == begun == [effects[0].key]
