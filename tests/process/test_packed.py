"""Packed sequences: the same as plain ones, however many of their items are packed."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from bench.what_if import hub
from process.core import packed
from process.core.aggregate import FINISHED, LeadAggregate
from process.core.checkpoint import pack, unpack
from process.core.events import Event, EventLog
from process.core.fold import fold
from process.core.packed import Packed
from process.core.receipts import Receipts
from process.corrections.lookup import corrected_decisions
from process.duplicates.observations import RelationNoticed
from process.effects.observations import InvoicePrepared, MailSent
from process.types import Model
from process.views.overview import overview, timeline
from tests.support.lead_machine import LeadMachine
from tests.support.lives import QUOTE, Life, last_seq

AT_ONCE = 3


def packing_often() -> Any:
    """Pack so often that nearly all items of a short life are packed."""
    return patch.multiple(packed, RECENT=2, PACKED_AT_ONCE=AT_ONCE)


@pytest.fixture
def packs_often() -> Iterator[None]:
    with packing_often():
        yield


class Note(Model):
    number: int
    text: str = ""


class Notes(Packed[Note]):
    item = Note

    @classmethod
    def keeps(cls, item: Note) -> bool:
        return item.number < 0


NOTES = st.builds(Note, number=st.integers(-3, 9), text=st.text(st.characters(exclude_categories=["Cs"])))


# ---- the sequence


@given(notes=st.lists(NOTES, max_size=60), packed_after=st.sets(st.integers(0, 60)), data=st.data())
def test_it_is_the_same_sequence_when_it_is_packed(
    notes: list[Note], packed_after: set[int], data: st.DataObject
) -> None:
    found = Notes()
    with packing_often():
        for number, note in enumerate(notes):
            found = found.plus(note)
            found = found.packed() if number in packed_after else found
    assert (len(found), [*found], [*reversed(found)]) == (len(notes), notes, notes[::-1])
    assert found.kept == tuple(note for note in notes if note.number < 0)
    ends = st.none() | st.integers(-70, 70)
    part = slice(data.draw(ends), data.draw(ends), data.draw(st.sampled_from([None, 1, 2, -1])))
    assert found[part] == tuple(notes[part])
    for number in range(-len(notes), len(notes)):
        assert found[number] == notes[number]
    assert found == Notes(notes)
    assert found.plus(Note(number=1)) != found
    sought = data.draw(NOTES)
    same = found.matching(lambda note: note.number == sought.number, f'"number":{sought.number}')
    assert [*same] == [note for note in notes if note.number == sought.number]


@pytest.mark.usefixtures("packs_often")
def test_it_is_not_changed_by_growing() -> None:
    before = Notes(Note(number=number) for number in range(9)).packed()
    after = before.plus(Note(number=9)).plus(Note(number=10)).plus(Note(number=11)).packed()
    assert [note.number for note in before] == [*range(9)]
    assert [note.number for note in after] == [*range(12)]
    assert after.packed() is after, "there is nothing more to pack"


@pytest.mark.parametrize("number", [3, -4])
def test_there_is_no_item_beyond_its_ends(number: int) -> None:
    with pytest.raises(IndexError):
        Notes(Note(number=0) for _ in range(3))[number]


@pytest.mark.usefixtures("packs_often")
def test_only_the_newest_can_be_kept() -> None:
    notes = Notes()
    for number in range(100):
        notes = notes.plus(Note(number=number)).packed(at_most=10)
    assert 10 <= len(notes) < 10 + AT_ONCE
    assert [note.number for note in notes] == [*range(100 - len(notes), 100)]


def test_a_packed_item_is_decoded_once_while_it_is_read_often() -> None:
    notes = Notes(Note(number=number) for number in range(100)).packed()
    assert notes[0] is notes[0]
    assert next(iter(notes)) is notes[0]


# ---- a lead's log


def plain(aggregate: LeadAggregate) -> LeadAggregate:
    """Return the aggregate with nothing packed."""
    return aggregate.replaced(
        event_log=EventLog.of(tuple(aggregate.event_log.events), aggregate.lead),
        receipts=Receipts(tuple(aggregate.receipts)),
    )


class PackedLeadMachine(LeadMachine):
    """A lead of random steps, nearly all of whose events and receipts are packed."""

    def __init__(self) -> None:
        self._patch = packing_often()
        self._patch.start()
        super().__init__()

    def teardown(self) -> None:
        self._patch.stop()

    @invariant()
    def it_reads_like_a_plain_one(self) -> None:
        aggregate, now = self.life.aggregate, self.life.now
        same = plain(aggregate)
        assert aggregate == same
        assert unpack(pack(aggregate)) == same
        assert unpack(pack(same)) == aggregate
        assert overview(unpack(pack(aggregate)), now) == overview(same, now)
        log, plain_log = aggregate.event_log, same.event_log
        assert log.corrections == plain_log.corrections
        assert corrected_decisions(log) == corrected_decisions(plain_log)
        for kind in (MailSent, InvoicePrepared, RelationNoticed):
            found = [event for event in log.events if isinstance(event.fact, kind)]
            assert [event for event, _ in log.recorded(kind)] == found


TestPackedLeads = pytest.mark.timeout(900)(PackedLeadMachine.TestCase)
TestPackedLeads.settings = settings(
    max_examples=15 if settings().derandomize else settings().max_examples, stateful_step_count=30
)


def test_a_year_is_the_same_whether_it_is_packed_or_not() -> None:
    with patch.multiple(packed, RECENT=10_000):
        never = hub(1)
    with packing_often():
        always = hub(1)
    assert never.aggregate.event_log.events.older_count == 0
    assert always.aggregate.event_log.events.older_count > 150
    newest = never.aggregate.finished[-FINISHED:]
    assert always.aggregate.finished[-FINISHED:] == newest
    assert never.aggregate.replaced(finished=always.aggregate.finished) == always.aggregate
    assert timeline(always.aggregate) == timeline(never.aggregate)


def test_a_packed_decision_can_be_corrected() -> None:
    """No ledger is asked, because the log has all its events."""
    life = Life().live()
    life.does("asset_attached", name="A plan that was another lead's")
    mistake = last_seq(life, "asset_attached")
    life.does("asset_attached", name="A budget")
    for _ in range(40):
        life.perform().wait(30)
    assert life.aggregate.event_log.events.older_count > mistake
    life.does("corrected", seq=mistake, reason="Another lead's", compensate="all")
    assert [asset.name for asset in life.lead.assets] == ["A budget"]
    assert life.lead == fold(life.aggregate.event_log.events, life.lead.id)
    assert [line.seq for line in timeline(life.aggregate) if line.corrected] == [mistake]
    life.does("corrected", seq=last_seq(life), reason="It was ours after all")
    assert len(life.lead.assets) == 2


@pytest.mark.usefixtures("packs_often")
def test_a_repeat_is_recognised_by_a_packed_receipt() -> None:
    life = Life()
    first = life.does("price_quoted", **QUOTE, key='k"ü1')
    refused = life.take("hub_live", key="k2")
    for number in range(20):
        life.does("asset_attached", name=f"{number}")
    assert life.aggregate.receipts.older_count >= 2
    assert life.take("price_quoted", **QUOTE, key='k"ü1') == first.replaced(repeat=True)
    assert life.take("hub_live", key="k2") == refused.replaced(repeat=True)
    assert "already stands for another decision" in str(life.take("hub_live", key='k"ü1'))


def test_an_event_keeps_what_this_code_does_not_know() -> None:
    stored = {"seq": 2, "at": "2026-06-02T00:00:00Z", "fact": {"kind": "moon_landed", "x": [1]}}
    event_log = Life().aggregate.event_log
    for _ in range(60):
        event_log = event_log.then(Event.model_validate(stored), event_log.lead)
    aggregate = unpack(pack(LeadAggregate.of(event_log)))
    assert aggregate.event_log.events.older_count > 1
    assert aggregate.event_log.events[1].model_dump(mode="json")["fact"] == stored["fact"]
