"""Leads that a worker keeps packed in memory while nobody asks for them."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import Mock
from weakref import ref

import pytest

from bench.what_if import hub
from process.core import swap
from process.core.aggregate import LeadAggregate
from process.core.checkpoint import pack, unpack
from process.core.swap import Swapped, charge, unpacked_bytes
from tests.support.lives import Life


class Owner:
    """Stands for a workflow."""

    aggregate = Swapped()

    def __init__(self, aggregate: LeadAggregate) -> None:
        self.aggregate = aggregate


def idle(owner: Owner) -> bool:
    """Return True if the owner's aggregate is packed."""
    return vars(owner)["_aggregate_place"].unpacked is None


def leads(count: int) -> list[Owner]:
    return [Owner(Life(lead_id=f"lead-{number}").quoted().aggregate) for number in range(count)]


def test_leads_that_were_not_used_for_longest_are_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = leads(4)
    monkeypatch.setattr(swap, "MAX_CHARGE", 3 * charge(first.aggregate))
    assert [owner.aggregate.lead.last_seq for owner in others] == [2, 2, 2]
    assert [idle(owner) for owner in (first, *others)] == [True, False, False, False]
    assert first.aggregate.lead.id == "lead-0"
    assert [idle(owner) for owner in (first, *others)] == [False, True, False, False]


def test_a_lead_that_has_grown_takes_the_place_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = leads(3)
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    assert [owner.aggregate.lead.last_seq for owner in (first, second, third)] == [2, 2, 2]
    assert [idle(owner) for owner in (first, second, third)] == [True, True, False]
    monkeypatch.setattr(swap, "MAX_CHARGE", 4 * charge(first.aggregate))
    assert [owner.aggregate.lead.last_seq for owner in (second, third)] == [2, 2]
    third.aggregate = hub(1).aggregate
    assert first.aggregate.lead.id == "lead-0"
    assert [idle(owner) for owner in (first, second, third)] == [False, True, True]


def test_a_packed_lead_is_the_same_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    lives = [Life(lead_id=f"lead-{number}").live().wait(200) for number in range(3)]
    owners = [Owner(life.aggregate) for life in lives]
    assert [idle(owner) for owner in owners] == [True, True, False]
    assert [owner.aggregate for owner in owners] == [life.aggregate for life in lives]
    for owner, life in zip(owners, lives, strict=True):
        life.does("put_on_hold", event="x")
        owner.aggregate = life.aggregate
    assert [owner.aggregate for owner in owners] == [life.aggregate for life in lives]


def test_a_lead_in_use_stays_the_same_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workflows ask with `is` if a lead was replaced."""
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    owner, other = leads(2)
    held = owner.aggregate
    assert other.aggregate is not None
    assert idle(owner)
    assert owner.aggregate is held
    changed = held.retry().replaced(refused_total=5)
    owner.aggregate = changed
    assert other.aggregate is not None
    assert owner.aggregate is changed


def test_a_lead_stays_unpacked_while_its_thread_works_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads work on leads that are too large to be kept."""
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    owners, together = leads(3), Barrier(3)
    swap.release()
    assert [idle(owner) for owner in owners] == [True] * 3
    unpacked = Mock(side_effect=unpack)
    monkeypatch.setattr(swap, "unpack", unpacked)

    def work(owner: Owner) -> None:
        for number in range(1, 20):
            together.wait()
            owner.aggregate = owner.aggregate.replaced(refused_total=number)
            assert not idle(owner)
        together.wait()
        swap.release()

    with ThreadPoolExecutor(3) as threads:
        assert len([*threads.map(work, owners)]) == unpacked.call_count == 3
    assert [idle(owner) for owner in owners] == [True] * 3
    assert [owner.aggregate.refused_total for owner in owners] == [19] * 3


def test_a_lead_that_goes_on_in_another_thread_stays_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a replay, whose steps are taken by whichever thread is free."""
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    owner, other = leads(2)
    swap.release()

    def step(*, goes_on: bool) -> None:
        assert owner.aggregate.lead.id == "lead-0"
        swap.release(goes_on=goes_on)

    for goes_on in (True, True, False):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(step, goes_on=goes_on).result()
        assert other.aggregate.lead.id == "lead-1"
        assert idle(owner) is not goes_on


def test_a_lead_whose_workflow_is_gone_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    owner, other = leads(2)
    gone = ref(owner.aggregate)
    swap.release(goes_on=True)
    assert other.aggregate.lead.id == "lead-1"
    del owner
    assert gone() is None


def test_threads_that_swap_each_other_out_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    owners = leads(4)

    def count(owner: Owner) -> int:
        for number in range(1, 200):
            aggregate = owner.aggregate
            assert aggregate.refused_total == number - 1
            assert owner.aggregate is aggregate
            owner.aggregate = aggregate.replaced(refused_total=number)
            del aggregate
        counted = owner.aggregate.refused_total
        swap.release()
        return counted

    with ThreadPoolExecutor(4) as threads:
        assert [*threads.map(count, owners)] == [199] * 4
    assert [owner.aggregate.lead.id for owner in owners] == [f"lead-{number}" for number in range(4)]


@pytest.mark.parametrize(("years", "limit"), [(0, 10_000), (1, 20_000), (10, 80_000)])
def test_an_idle_lead_of_years_takes_little_memory(
    years: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that stay unpacked take a fixed amount, however many leads there are."""
    aggregate = hub(years).aggregate
    packed = pack(aggregate)
    monkeypatch.setattr(swap, "MAX_CHARGE", 4 * charge(aggregate))
    tracemalloc.start()
    try:
        owners = [Owner(unpack(packed)) for _ in range(8)]
        before, _ = tracemalloc.get_traced_memory()
        owners += [Owner(unpack(packed)) for _ in range(20)]
        assert all(owner.aggregate.lead.last_seq for owner in owners)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(not idle(owner) for owner in owners) == 4
    assert (after - before) / 20 < limit
    assert before < 8 * limit + 5 * unpacked_bytes(aggregate)
