"""A packed lead is small, for its new run and in memory."""

import zlib
from collections.abc import Callable
from functools import cache

import pytest

from bench.what_if import hub
from process.core.aggregate import LeadAggregate
from process.core.checkpoint import pack, unpack
from tests.support.lives import Life


@cache
def hub_of(years: int) -> LeadAggregate:
    return hub(years).aggregate


@pytest.mark.parametrize(("years", "limit"), [(0, 6_000), (1, 15_000), (10, 60_000)])
def test_a_hub_of_years_takes_few_bytes(years: int, limit: int) -> None:
    aggregate = hub_of(years)
    packed = pack(aggregate)
    assert len(packed) <= limit
    assert pack(aggregate) == packed, "the same lead takes the same bytes"
    assert unpack(packed) == aggregate
    assert pack(unpack(packed)) == packed


def test_what_is_unpacked_with_a_lead_hardly_grows_with_its_years() -> None:
    """Most of it is the lead's state, which is read as a whole. Its events stay packed."""
    young, old = (len(zlib.decompress(pack(hub_of(years)))) for years in (1, 10))
    assert old < 6 * young


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no lead",
        lambda packed: packed[:-1],
        lambda packed: packed[:100] + bytes([packed[100] ^ 1]) + packed[101:],
        lambda _: zlib.compress(b'{"event_log": 5}'),
    ],
)
def test_a_damaged_lead_is_an_error(damage: Callable[[bytes], bytes]) -> None:
    packed = pack(Life().quoted().aggregate)
    with pytest.raises(ValueError, match=r"damaged|validation error"):
        unpack(damage(packed))
