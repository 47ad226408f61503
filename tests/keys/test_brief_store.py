"""A process that needs a few keys reads them by the driver alone; all else is left to the store that can do everything."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from keys.brief_store import READS, BriefKeyStore
from keys.data_key import KeyId
from keys.errors import KeyErased, KeysRefused, KeysUnavailable, KeyUnknown
from keys.master_keys import MasterKeys
from keys.sql_store import SqlKeyStore

LEAD = "lead-example-ab2c"
MASTER = MasterKeys.of(secrets.token_hex(32))


@pytest.fixture
def whole(empty_url: str) -> Iterator[SqlKeyStore]:
    with closing(SqlKeyStore.open(empty_url, MASTER)) as store:
        yield store


@pytest.fixture
def brief(empty_url: str) -> Iterator[BriefKeyStore]:
    with closing(BriefKeyStore(empty_url, MASTER)) as store:
        yield store


def is_brief(store: BriefKeyStore) -> bool:
    return "whole" not in vars(store)


def test_it_reads_the_same_keys_alone(whole: SqlKeyStore, brief: BriefKeyStore) -> None:
    first = whole.newest(LEAD)
    whole.advance(LEAD)
    second = whole.newest(LEAD)

    assert brief.exists()
    assert (brief.newest(LEAD).id, brief.newest(LEAD).secret) == (second.id, second.secret)
    for key, is_newest in ((first, False), (second, True)):
        found = brief.get(key.id)
        assert (found.key.id, found.key.secret, found.is_newest) == (key.id, key.secret, is_newest)
    assert is_brief(brief)


def test_a_key_that_is_missing_is_made_by_the_whole_store(whole: SqlKeyStore, brief: BriefKeyStore) -> None:
    assert brief.newest(LEAD).secret == whole.newest(LEAD).secret
    assert not is_brief(brief)


def test_a_destroyed_key_and_an_unknown_one_are_told_apart(whole: SqlKeyStore, brief: BriefKeyStore) -> None:
    first = whole.newest(LEAD)
    whole.erase(LEAD)

    for ask in (lambda: brief.newest(LEAD), lambda: brief.get(first.id), lambda: brief.advance(LEAD)):
        with pytest.raises(KeyErased):
            ask()
    with pytest.raises(KeyUnknown):
        brief.get(KeyId(LEAD, 2))


def test_without_the_master_key_nothing_opens(whole: SqlKeyStore, empty_url: str) -> None:
    whole.newest(LEAD)
    other = BriefKeyStore(empty_url, MasterKeys.of(secrets.token_hex(32)))

    with pytest.raises(KeysUnavailable, match="lacks"):
        other.newest(LEAD)


def test_a_process_that_reads_many_keys_keeps_its_connections(
    whole: SqlKeyStore, brief: BriefKeyStore
) -> None:
    key = whole.newest(LEAD)
    for _ in range(READS):
        brief.get(key.id)
    assert is_brief(brief)

    assert brief.get(key.id).key.secret == key.secret
    assert not is_brief(brief)


def test_no_question_makes_a_store(tmp_path: Path) -> None:
    file = tmp_path / "keys.sqlite"
    with closing(BriefKeyStore(f"sqlite:///{file}", MASTER)) as store:
        assert not store.exists()
        with pytest.raises(KeyUnknown):
            store.get(KeyId(LEAD, 1))
    assert not file.exists()


@pytest.mark.parametrize("name", ["a store.sqlite", "ä#.sqlite", "50%25.sqlite", "keys.sqlite?timeout=5"])
def test_both_read_the_same_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in (f"sqlite:///{name}", f"sqlite:///{tmp_path / name}"):
        with closing(SqlKeyStore.open(url, MASTER)) as whole, closing(BriefKeyStore(url, MASTER)) as brief:
            assert whole.newest(LEAD).secret == brief.newest(LEAD).secret
            assert is_brief(brief) is ("?" not in name and "%" not in name)


@pytest.mark.parametrize(
    "url", ["postgresql://a:se%zzcret@127.0.0.1:1/keys", "postgresql://a@127.0.0.1:1/keys?no=1"]
)
def test_a_url_that_only_the_driver_refuses_quotes_no_password(url: str) -> None:
    with closing(BriefKeyStore(url, MASTER)) as store, pytest.raises(KeysUnavailable) as raised:
        store.get(KeyId(LEAD, 1))
    assert "zzcret" not in str(raised.value)


def test_a_store_that_is_away_is_unavailable() -> None:
    store = BriefKeyStore("postgresql://nobody@127.0.0.1:1/keys", MASTER)

    with pytest.raises(KeysUnavailable, match=r"127\.0\.0\.1"):
        store.newest(LEAD)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/keys", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(KeysRefused):
        BriefKeyStore(url, MASTER)
