"""The consequences of lost keys that docs/operations.md states, at the store and at what was sealed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from keys.errors import KeyErased, KeysUnavailable
from keys.master_keys import MasterKeys
from keys.ring import KeyRing
from keys.sql_store import SqlKeyStore
from workflows.runtime.codec import SealingCodec

LEAD = "lead-example-ab2c"
MASTER, OTHER = "m" * 32, "o" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Ada"')


_stores: list[SqlKeyStore] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close the stores after each test."""
    yield
    while _stores:
        _stores.pop().close()


def store_at(file: Path, *masters: str) -> SqlKeyStore:
    _stores.append(SqlKeyStore(f"sqlite:///{file}", MasterKeys(masters or (MASTER,))))
    return _stores[-1]


def codec_at(file: Path, *masters: str) -> SealingCodec:
    return SealingCodec(KeyRing(store_at(file, *masters), cache_seconds=0), "leads", LEAD)


def erase(file: Path) -> None:
    store = store_at(file)
    store.erase(LEAD, before=store.advance(LEAD))


async def test_without_the_master_key_nothing_opens_and_with_it_all_does(tmp_path: Path) -> None:
    sealed = await codec_at(tmp_path / "keys").encode([PLAIN])

    with pytest.raises(KeysUnavailable):
        await codec_at(tmp_path / "keys", OTHER).decode(sealed)
    assert await codec_at(tmp_path / "keys").decode(sealed) == [PLAIN]


async def test_a_new_store_in_place_of_a_lost_one_takes_nothing_for_erased(tmp_path: Path) -> None:
    """A worker fails until a copy is put back: it neither refuses a decision nor forgets a lead."""
    sealed = await codec_at(tmp_path / "keys").encode([PLAIN])

    with pytest.raises(KeysUnavailable):
        await codec_at(tmp_path / "new").decode(sealed)


async def test_a_copy_that_was_taken_while_in_use_opens_what_was_sealed_before(tmp_path: Path) -> None:
    sealed = await codec_at(tmp_path / "keys").encode([PLAIN])
    with closing(sqlite3.connect(tmp_path / "keys")) as used:
        used.execute("VACUUM INTO ?", (str(tmp_path / "copy"),))

    assert await codec_at(tmp_path / "copy").decode(sealed) == [PLAIN]


async def test_an_older_copy_brings_destroyed_keys_back_until_they_are_destroyed_again(
    tmp_path: Path,
) -> None:
    sealed = await codec_at(tmp_path / "keys").encode([PLAIN])
    with closing(sqlite3.connect(tmp_path / "keys")) as used:
        used.execute("VACUUM INTO ?", (str(tmp_path / "copy"),))
    erase(tmp_path / "keys")
    assert (await codec_at(tmp_path / "keys").decode(sealed))[0].metadata["encoding"] == b"binary/erased"

    shutil.copy(tmp_path / "copy", tmp_path / "restored")
    assert await codec_at(tmp_path / "restored").decode(sealed) == [PLAIN]
    erase(tmp_path / "restored")  # as `leads erase --reapply` does
    assert (await codec_at(tmp_path / "restored").decode(sealed))[0].metadata["encoding"] == b"binary/erased"


async def test_who_was_erased_whole_is_never_sealed_again(tmp_path: Path) -> None:
    codec = codec_at(tmp_path / "keys")
    store_at(tmp_path / "keys").erase(LEAD)

    with pytest.raises(KeyErased):
        await codec.encode([PLAIN])
