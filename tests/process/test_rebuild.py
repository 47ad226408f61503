"""A lead is rebuilt from what its history holds, along the events that the ledger has."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from process.core import intake
from process.core.answers import Answer
from process.core.batches import take_results
from process.core.due import next_due, pass_deadlines
from process.core.events import Event
from process.core.rebuild import Journal, RebuiltLead, Results, SentMessage, Task, rebuild
from process.decisions.quoting import PriceQuoted
from process.effects import Effect
from process.effects.requests import BatchResult, Failure
from process.envelope import public_key, sign
from tests.support.lives import DISCOUNTED, KEY, QUOTE, Life, brought_back, known_person


class JournaledLife(Life):
    """A life that notes what it takes in, as Temporal's history does."""

    def __init__(self, **opened: Any) -> None:
        super().__init__(**opened)
        self.start = self.aggregate
        self.aggregate = self.aggregate.replaced(keys=(public_key(KEY),))
        self.tasks = [Task(self.now)]

    def take(self, kind: str, **body: Any) -> Answer:
        """Send it as a face of the service does, with an envelope if the person is named."""
        actor = body.pop("actor", None)
        envelope = [sign(KEY, self.lead.id, kind, body, actor).model_dump(mode="json")] if actor else []
        args = (body, *envelope)
        self.tasks.append(Task(self.now, messages=(SentMessage(kind, args, "signal", self.now),)))
        aggregate, answer = intake.take(self.aggregate, kind, args, self.now)
        self._set(pass_deadlines(aggregate, self.now))  # as the workflow does after each message
        return answer

    def gets_team(self, since: datetime | None = None, **addresses: tuple[str, ...]) -> Life:
        people = {"addresses": addresses, "read_at": (since or self.now).isoformat()}
        self.tasks.append(Task(self.now, messages=(SentMessage("set_team", (people,), "signal", self.now),)))
        return super().gets_team(since, **addresses)

    def performs(self, effect: Effect) -> None:
        self._brings(effect, BatchResult(key=effect.key, outcome=brought_back(effect, self)))

    def fails(self, effect: Effect) -> None:
        """Let the effect fail for good."""
        failure = Failure(reason="The token was revoked", for_good=True)
        self._brings(effect, BatchResult(key=effect.key, failure=failure))

    def _brings(self, effect: Effect, result: BatchResult) -> None:
        self.tasks.append(Task(self.now, results=(Results((effect,), (result,)),)))
        taken = take_results(self.aggregate, (effect,), (result,), self.now)[0]
        self._set(pass_deadlines(taken, self.now))

    def at(self, moment: datetime) -> Life:
        while (when := next_due(self.aggregate.lead)) is not None and when <= moment:
            self.tasks.append(Task(max(when, self.now)))
            super().at(max(when, self.now))
        return super().at(moment)

    @property
    def ledger(self) -> dict[int, Event]:
        return {event.seq: event for event in self.aggregate.event_log.events}

    def rebuilt(self, *waiting: Task, ledger: dict[int, Event] | None = None) -> RebuiltLead:
        known = self.ledger if ledger is None else ledger
        journal = Journal(self.tasks, waiting, max(known, default=0), (public_key(KEY),))
        return rebuild(self.start, journal, known)


@pytest.fixture
def hub() -> JournaledLife:
    """A lead with a year of a hub behind it: decisions, refusals, effects, deadlines, a correction."""
    life = JournaledLife()
    life.perform()
    life.refused("hub_live")
    life.gets_team(contracts=("new@example.org",))
    life.quoted()
    life.perform().wait(1)
    wrong = life.does("quote_accepted", key="a key")
    life.does("corrected", seq=wrong.seq, reason="Too early")
    life.take("quote_accepted", key="another key")
    life.does("contract_handed_over")
    life.perform()
    life.does("contract_signed", evidence="https://drive.example.org/signed.pdf")
    life.does("vendor_setup_not_needed")
    life.does("hub_requested")
    life.perform()
    life.does("hub_live")
    life.perform(but="mail")
    life.wait(200)
    life.perform()
    return life


def test_it_is_the_same_lead_again(hub: JournaledLife) -> None:
    assert len(hub.kinds()) > 30
    for ledger in (hub.ledger, {}):
        found = hub.rebuilt(ledger=ledger)
        assert found.aggregate == hub.aggregate
        assert found.differs_at is None


def test_effects_that_failed_or_are_under_way_are_still_to_be_done() -> None:
    life = JournaledLife()
    life.quoted()
    first, *others = life.aggregate.startable(())
    life.fails(first)
    found = life.rebuilt().aggregate
    assert [item.effect for item in found.parked] == [first]
    assert {effect.key for effect in others} <= {item.effect.key for item in found.outbox}
    assert found == life.aggregate


def test_numbers_and_times_are_those_of_the_ledger() -> None:
    """A task that came twice may have another time than the one that the ledger has the events of."""
    life = JournaledLife()
    life.quoted()
    life.perform()
    later = [task._replace(at=task.at + timedelta(minutes=5)) for task in life.tasks]
    found = rebuild(life.start, Journal(later, (), life.lead.last_seq), life.ledger)
    assert found.aggregate.event_log == life.aggregate.event_log
    assert found.differs_at is None


def test_where_the_process_would_decide_otherwise_the_ledger_counts(
    hub: JournaledLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events are taken as they are, and nothing that was performed is performed again."""
    resolved = PriceQuoted.resolved
    seq = next(seq for seq, event in hub.ledger.items() if event.kind == "price_quoted")
    monkeypatch.setattr(
        PriceQuoted, "resolved", lambda self, *args: resolved(self, *args).replaced(note="Changed code")
    )
    found = hub.rebuilt()
    assert found.differs_at == seq
    assert [(e.seq, e.at, e.fact) for e in found.aggregate.event_log.events] == [
        (e.seq, e.at, e.fact) for e in hub.aggregate.event_log.events
    ]
    assert found.aggregate.lead == hub.aggregate.lead
    done = {item.key for item in hub.aggregate.finished}
    assert done.isdisjoint(item.effect.key for item in found.aggregate.outbox)
    repeat = SentMessage("quote_accepted", ({"key": "another key"},), "signal", hub.now)
    again = hub.rebuilt(Task(hub.now, messages=(repeat,)))
    assert again.aggregate.lead.last_seq == hub.lead.last_seq, "a known key is no second decision"


def test_what_waited_is_taken_as_of_when_it_was_sent() -> None:
    """The quote would have run out before the repair."""
    life = JournaledLife()
    life.quoted()
    until = life.lead.quotes[-1].valid_until
    sent, repaired = life.now + timedelta(days=1), life.now + timedelta(days=400)
    accepted = SentMessage("quote_accepted", ({},), "signal", sent)
    refused = SentMessage("hub_live", ({},), "signal", sent)
    found = life.rebuilt(Task(sent, messages=(accepted,)), Task(sent, messages=(refused,)), Task(repaired))
    assert until < repaired.date()
    event = next(e for e in found.aggregate.event_log.events if e.kind == "quote_accepted")
    assert event.at == sent
    assert ([each.name for each in found.taken], [each.name for each in found.refused]) == (
        ["quote_accepted"],
        ["hub_live"],
    )


def test_what_the_ledger_has_of_a_lost_task_does_not_count() -> None:
    """A worker died after it had written to the ledger. The messages of its task wait, and are taken now."""
    life = JournaledLife()
    life.perform()
    recorded = life.lead.last_seq
    lost = JournaledLife()
    lost.perform()
    lost.quoted()
    message = SentMessage("price_quoted", (QUOTE,), "signal", life.now + timedelta(hours=1))
    journal = Journal(life.tasks, (Task(message.at, messages=(message,)),), recorded)
    found = rebuild(life.start, journal, lost.ledger)
    assert found.aggregate.event_log.events[-1].at == message.at
    assert found.differs_at is None


def test_an_approval_is_rebuilt_with_the_keys_that_the_workers_told() -> None:
    life = JournaledLife()
    life.does("price_quoted", **DISCOUNTED, actor=known_person("Grace"))
    life.does("discount_approved", actor=known_person("Ann"))
    rebuilt = life.rebuilt()
    assert rebuilt.differs_at is None
    assert rebuilt.aggregate.event_log.lead.quotes == life.lead.quotes
