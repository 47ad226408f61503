"""The base class of all models."""

import pytest

from process.types import Link


def test_a_copy_has_the_replaced_fields_and_the_original_stays() -> None:
    link = Link(id="1", url="https://example.org")
    assert link.replaced(id="2") == Link(id="2", url="https://example.org")
    assert link.id == "1"


def test_an_unknown_field_cannot_be_replaced() -> None:
    values = {"address": "https://example.org"}  # unpacked, so that only the check at run time sees it
    with pytest.raises(TypeError, match="Link has no field address"):
        Link(id="1").replaced(**values)
