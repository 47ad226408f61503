"""Amounts in minor units: shares that add up, rounding, and the currency's decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.money.minor_units import in_units, minor_of, money_of, weighted, weighted_parts

amounts = st.integers(-(10**12), 10**12)
shares = st.decimals(0, 1, places=4)


@given(st.lists(amounts, max_size=20), shares, amounts)
def test_shares_of_parts_add_up_to_the_share_of_the_sum(
    parts: list[int], weight: Decimal, before: int
) -> None:
    found = weighted_parts(parts, weight, before)
    assert sum(found) == weighted(before + sum(parts), weight) - weighted(before, weight)
    assert all(abs(share - part * weight) <= 1 for share, part in zip(found, parts, strict=True))


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(120_050, "USD", "1,200.50 USD"), (1_200, "JPY", "1,200 JPY"), (1_200_500, "KWD", "1,200.500 KWD")],
)
def test_amounts_have_the_decimals_of_their_currency(minor: int, currency: str, text: str) -> None:
    assert str(money_of(minor, currency)) == text
    assert in_units(minor, currency) == Decimal(text.split()[0].replace(",", ""))


@given(amounts, st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_an_amount_is_the_same_in_units_and_back(minor: int, currency: str) -> None:
    assert minor_of(in_units(minor, currency), currency) == minor


@pytest.mark.parametrize(("minor", "share"), [(4, 0), (5, 1), (15, 2), (25, 3)])
def test_half_a_minor_unit_is_rounded_up(minor: int, share: int) -> None:
    assert weighted(minor, Decimal("0.1")) == share
