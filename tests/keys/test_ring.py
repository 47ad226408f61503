"""A key ring gives each owner a key for each epoch, remembers them for a short time, and forgets what was destroyed."""

import pytest

from keys.data_key import KeyId
from keys.errors import KeyErased, KeysUnavailable, KeyUnknown
from keys.ring import KeyRing
from keys.store import MemoryKeyStore
from tests.support.key_stores import Away, Counting

LEAD = "lead-example-ab2c"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_owner_gets_a_key_and_keeps_it() -> None:
    ring = KeyRing.in_memory()
    key = ring.newest(LEAD)

    assert key.id == KeyId(LEAD, 1)
    assert ring.newest(LEAD) is key
    assert ring.get(key.id) is key
    assert ring.newest("lead-other").secret != key.secret


def test_the_next_epoch_has_another_key_and_the_one_before_stays() -> None:
    ring = KeyRing.in_memory()
    first = ring.newest(LEAD)

    assert ring.advance(LEAD) == 2
    assert ring.newest(LEAD).id == KeyId(LEAD, 2)
    assert ring.newest(LEAD).secret != first.secret
    assert ring.get(first.id).secret == first.secret


def test_earlier_epochs_are_destroyed_and_the_newest_stays() -> None:
    ring = KeyRing.in_memory()
    first = ring.newest(LEAD)
    newest = ring.advance(LEAD)

    assert ring.erase(LEAD, before=newest) == 1
    assert ring.erase(LEAD, before=newest) == 0
    with pytest.raises(KeyErased):
        ring.get(first.id)
    assert ring.newest(LEAD).id.epoch == newest
    assert [bool(epoch.destroyed_at) for epoch in ring.epochs(LEAD)] == [True, False]


def test_an_owner_who_was_erased_whole_gets_no_key_ever_again() -> None:
    ring = KeyRing.in_memory()
    ring.newest(LEAD)

    assert ring.erase(LEAD) == 1
    for ask in (ring.newest, ring.advance):
        with pytest.raises(KeyErased):
            ask(LEAD)
    assert ring.owners() == []


def test_an_owner_who_never_had_a_key_can_be_erased_too() -> None:
    ring = KeyRing.in_memory()
    ring.erase(LEAD)

    with pytest.raises(KeyErased):
        ring.newest(LEAD)


def test_a_key_that_never_was_is_unknown_and_not_erased() -> None:
    with pytest.raises(KeyUnknown):
        KeyRing.in_memory().get(KeyId(LEAD, 7))


def test_another_process_forgets_a_destroyed_key_in_time() -> None:
    store, clock = MemoryKeyStore(), Clock()
    here, there = KeyRing(store), KeyRing(store, clock=clock)
    first = there.newest(LEAD)
    here.erase(LEAD, before=here.advance(LEAD))

    assert there.get(first.id) is first
    assert there.newest(LEAD) is first
    clock.now = there.cache_seconds
    with pytest.raises(KeyErased):
        there.get(first.id)
    assert there.newest(LEAD).id.epoch == 2


def test_one_question_answers_for_opening_and_sealing() -> None:
    store = Counting()
    key = KeyRing(store).newest(LEAD)
    there = KeyRing(store)
    store.asked.clear()

    assert there.get(key.id) is there.newest(LEAD)
    assert store.asked == {LEAD: 1}


def test_a_key_that_has_a_newer_one_is_not_sealed_under() -> None:
    store = MemoryKeyStore()
    first = KeyRing(store).newest(LEAD)
    store.advance(LEAD)
    there = KeyRing(store)

    assert there.get(first.id).id.epoch == 1
    assert there.cached_newest(LEAD) is None
    assert there.newest(LEAD).id.epoch == 2


def test_a_newest_key_that_was_opened_with_is_forgotten_in_time_and_at_an_erasure() -> None:
    store, clock = MemoryKeyStore(), Clock()
    here, there = KeyRing(store), KeyRing(store, clock=clock)
    first = here.newest(LEAD)
    for ring in (here, there):
        ring.get(first.id)
    here.erase(LEAD)

    assert here.cached_newest(LEAD) is None
    clock.now = there.cache_seconds - 1
    assert there.newest(LEAD).secret == first.secret
    clock.now = there.cache_seconds
    with pytest.raises(KeyErased):
        there.newest(LEAD)


def test_remembered_keys_bridge_a_store_that_is_away() -> None:
    store, clock = Away(), Clock()
    ring = KeyRing(store, clock=clock)
    key = ring.newest(LEAD)
    store.away = True

    assert ring.newest(LEAD) is key
    clock.now = ring.cache_seconds
    with pytest.raises(KeysUnavailable):
        ring.newest(LEAD)


def test_the_least_recently_used_key_is_forgotten_first() -> None:
    ring = KeyRing(MemoryKeyStore(), cached_keys=2)
    first = ring.newest("lead-a")
    ring.newest("lead-b")
    ring.get(first.id)
    ring.newest("lead-c")

    assert ring.cached(first.id) is first
    assert ring.cached(KeyId("lead-b", 1)) is None
