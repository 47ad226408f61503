"""Node ids."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.github.identity import node_id, numbers_of

NUMBERS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3).map(tuple)


def test_node_ids_have_githubs_format() -> None:
    # GitHub's issue ids start with I_kwDO: MessagePack of [0, repository, issue]
    assert node_id("I", 4001, 9001).startswith("I_kwDO")
    assert node_id("O", 5001).startswith("O_kgDO")


@given(NUMBERS)
def test_numbers_are_decoded(numbers: tuple[int, ...]) -> None:
    assert numbers_of(node_id("PVTI", *numbers), "PVTI") == numbers
    assert numbers_of(node_id("PVTI", *numbers), "PVT") is None


@given(st.text())
def test_malformed_node_ids(text: str) -> None:
    numbers = numbers_of(text, "I")
    assert numbers is None or node_id("I", *numbers) == text
