"""Keys in a database: wrapped under master keys, shared by processes, overwritten when they are destroyed."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import text

from keys.data_key import KeyId
from keys.errors import KeyErased, KeysRefused, KeysUnavailable, KeyUnknown
from keys.master_keys import MasterKeys
from keys.sql_store import SqlKeyStore
from sql.engines import begin_writing, make_engine
from tests.support.waiting import TIMEOUT

LEAD = "lead-example-ab2c"
FIRST, SECOND = secrets.token_hex(32), secrets.token_hex(32)


class Open(Protocol):
    def __call__(self, url: str, *masters: str) -> SqlKeyStore: ...


@pytest.fixture
def store_at() -> Iterator[Open]:
    """Return a function that opens stores, and close them after the test."""
    stores: list[SqlKeyStore] = []

    def open_(url: str, *masters: str) -> SqlKeyStore:
        stores.append(SqlKeyStore(url, MasterKeys(masters or (FIRST,))))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def everything(folder: Path) -> bytes:
    """Return what all files in the folder hold: the database and its log of writes."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_another_process_finds_the_same_key(empty_url: str, store_at: Open) -> None:
    here, there = store_at(empty_url), store_at(empty_url)
    key = here.newest(LEAD)

    assert there.newest(LEAD).secret == here.get(key.id).key.secret == key.secret
    assert here.get(key.id).is_newest
    assert there.advance(LEAD) == 2
    assert here.newest(LEAD).id == KeyId(LEAD, 2)
    assert [here.get(KeyId(LEAD, epoch)).is_newest for epoch in (1, 2)] == [False, True]
    assert [each.number for each in here.epochs(LEAD)] == [1, 2]


def test_processes_that_ask_at_once_get_one_key(
    empty_url: str, store_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.engines.TIMEOUT", TIMEOUT)  # a slow disk may keep the others waiting
    stores = [store_at(empty_url) for _ in range(4)]  # none has made the tables yet
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda store: store.newest(LEAD), stores))

    assert len({key.secret for key in found}) == 1


def test_a_destroyed_key_is_gone_and_its_line_stays(empty_url: str, store_at: Open) -> None:
    store = store_at(empty_url)
    first = store.newest(LEAD)
    assert store.erase(LEAD, before=store.advance(LEAD)) == 1

    with pytest.raises(KeyErased):
        store.get(first.id)
    assert store.newest(LEAD).id.epoch == 2
    assert store.epochs(LEAD)[0].destroyed_at
    assert store.erase(LEAD) == 1
    for ask in (store.newest, store.advance):
        with pytest.raises(KeyErased):
            ask(LEAD)
    assert store.owners() == []


def test_an_owner_without_a_key_can_be_erased_for_good(empty_url: str, store_at: Open) -> None:
    store = store_at(empty_url)
    store.erase(LEAD)

    with pytest.raises(KeyErased):
        store.newest(LEAD)


def test_a_key_that_never_was_is_unknown(empty_url: str, store_at: Open) -> None:
    with pytest.raises(KeyUnknown):
        store_at(empty_url).get(KeyId(LEAD, 3))


def test_owners_are_found_by_how_their_names_begin(empty_url: str, store_at: Open) -> None:
    store = store_at(empty_url)
    for owner in ("service/2026-11", "service/2026-10", "service_x", LEAD):
        store.newest(owner)

    assert store.owners("service/") == ["service/2026-10", "service/2026-11"]


def test_keys_are_wrapped_anew_under_a_new_master_key_and_stay_the_same(
    empty_url: str, store_at: Open
) -> None:
    before = store_at(empty_url)
    keys = [before.newest(f"lead-{n}") for n in range(3)]
    before.erase("lead-2")
    both = store_at(empty_url, SECOND, FIRST)

    assert both.rotate() == 2
    assert both.rotate() == 0
    after = store_at(empty_url, SECOND)
    assert [after.get(key.id).key.secret for key in keys[:2]] == [key.secret for key in keys[:2]]
    assert after.counts().kept == {MasterKeys.of(SECOND).newest: 2}
    assert after.counts().destroyed == 1
    with pytest.raises(KeysUnavailable, match="lacks"):
        before.get(keys[0].id)


def test_keys_are_not_wrapped_anew_without_the_master_key_that_wraps_them(
    empty_url: str, store_at: Open
) -> None:
    store_at(empty_url).newest(LEAD)

    with pytest.raises(KeysUnavailable, match="lacks"):
        store_at(empty_url, SECOND).rotate()


def test_the_lines_of_two_keys_cannot_be_exchanged(empty_url: str, store_at: Open) -> None:
    store = store_at(empty_url)
    store.newest("lead-a")
    store.newest("lead-b")
    engine = make_engine(empty_url, "The key store")
    with begin_writing(engine) as connection:
        connection.execute(
            text(
                "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE owner = 'lead-a') "
                "WHERE owner = 'lead-b'"
            )
        )
    engine.dispose()

    with pytest.raises(KeysRefused, match="lead-b/1"):
        store.get(KeyId("lead-b", 1))


def test_nothing_of_a_destroyed_key_remains_in_the_file(tmp_path: Path, store_at: Open) -> None:
    file = tmp_path / "keys.sqlite"
    store = store_at(f"sqlite:///{file}")
    wrapped = MasterKeys.of(FIRST).wrap(store.newest(LEAD))
    assert wrapped in everything(tmp_path)

    store.erase(LEAD, before=store.advance(LEAD))
    assert wrapped not in everything(tmp_path)


def test_the_store_holds_no_key_in_clear(tmp_path: Path, store_at: Open) -> None:
    key = store_at(f"sqlite:///{tmp_path / 'keys.sqlite'}").newest(LEAD)

    assert key.secret not in everything(tmp_path)


def test_the_file_is_for_its_owner_only(tmp_path: Path, store_at: Open) -> None:
    store_at(f"sqlite:///{tmp_path / 'made' / 'keys.sqlite'}").newest(LEAD)

    assert (tmp_path / "made" / "keys.sqlite").stat().st_mode & 0o077 == 0


def test_a_store_that_is_away_is_unavailable(store_at: Open) -> None:
    store = store_at("postgresql://nobody@127.0.0.1:1/keys")

    with pytest.raises(KeysUnavailable, match=r"127\.0\.0\.1"):
        store.newest(LEAD)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/keys", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_url_is_refused_without_quoting_it(url: str, store_at: Open) -> None:
    with pytest.raises(KeysRefused):
        store_at(url)


@pytest.mark.parametrize("masters", [(), ("",), (FIRST, "")])
def test_there_is_no_store_without_a_master_key(masters: tuple[str, ...]) -> None:
    with pytest.raises(KeysRefused):
        MasterKeys(masters)
