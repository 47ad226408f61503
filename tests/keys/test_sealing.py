"""Sealed data opens only under its key, where it was sealed, and unchanged."""

import pytest

from keys.data_key import DataKey, KeyId
from keys.errors import SealBroken
from keys.sealing import MAX_PLAIN, OVERHEAD, WORTH_COMPRESSING, seal, unseal

KEY = DataKey.new(KeyId("lead-example-ab2c", 1))
PLAINS = (b"", b"Ada", b"Ada" * 1000, bytes(range(256)) * 4)


@pytest.mark.parametrize("plain", PLAINS)
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    sealed = seal(KEY, plain, b"here")

    assert unseal(KEY, sealed, b"here") == plain
    assert not plain or plain not in sealed


def test_each_seal_is_another() -> None:
    assert seal(KEY, b"Ada", b"") != seal(KEY, b"Ada", b"")


def test_long_data_is_compressed_where_that_pays() -> None:
    assert len(seal(KEY, b"a" * WORTH_COMPRESSING, b"")) < 100
    assert len(seal(KEY, b"a" * (WORTH_COMPRESSING - 1), b"")) == WORTH_COMPRESSING - 1 + OVERHEAD


@pytest.mark.parametrize("plain", PLAINS)
def test_no_bit_can_be_changed(plain: bytes) -> None:
    sealed = seal(KEY, plain, b"here")
    for at in (0, 1, 13, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            unseal(KEY, bytes(changed), b"here")


@pytest.mark.parametrize("sealed", [b"", b"\x00", b"\x00" * (OVERHEAD - 1), b"\x02" * 100])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, sealed, b"")


def test_sealed_data_does_not_open_elsewhere() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"Ada", b"here"), b"there")


def test_the_id_of_the_key_is_bound() -> None:
    other = DataKey(KeyId("lead-example-ab2c", 2), KEY.secret)

    with pytest.raises(SealBroken):
        unseal(other, seal(KEY, b"Ada", b""), b"")


def test_the_id_and_the_context_do_not_run_into_one_another() -> None:
    shorter = DataKey(KeyId("lead-a", 1), KEY.secret)
    longer = DataKey(KeyId("lead-a", 12), KEY.secret)

    with pytest.raises(SealBroken):
        unseal(longer, seal(shorter, b"Ada", b"2x"), b"x")


def test_a_key_does_not_show_its_secret() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)


def test_data_beyond_all_bounds_is_not_inflated() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"\x00" * (MAX_PLAIN + 1), b""), b"")


@pytest.mark.parametrize(
    "text", ["lead-example-ab2c/2", "service/2026-11/1", "web/1", "lead-Zoë O'Brien, 東京/1"]
)
def test_a_key_id_is_read_as_it_is_written(text: str) -> None:
    assert str(KeyId.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "lead-a", "/1", "lead-a/", "lead-a/x", "lead-a/²", "lead\na/1", "a" * 250 + "/1"]
)
def test_any_other_text_is_no_key_id(text: str) -> None:
    with pytest.raises(ValueError, match="no key id"):
        KeyId.parse(text)
