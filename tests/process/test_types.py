"""The base class of all models."""

from functools import cached_property

import pytest

from process.types import Link, Model


class Circle(Model):
    radius: int
    name: str = ""

    @cached_property
    def width(self) -> int:
        return 2 * self.radius


def test_a_copy_has_the_replaced_fields_and_the_original_stays() -> None:
    link = Link(id="1", url="https://example.org")
    assert link.replaced(id="2") == Link(id="2", url="https://example.org")
    assert link.id == "1"


def test_an_unknown_field_cannot_be_replaced() -> None:
    values = {"address": "https://example.org"}  # unpacked, so that only the check at run time sees it
    with pytest.raises(TypeError, match="Link has no field address"):
        Link(id="1").replaced(**values)


def test_a_copy_derives_its_values_anew() -> None:
    circle = Circle(radius=1)
    assert circle.width == 2
    assert circle.replaced(radius=2).width == 4


def test_a_copy_knows_which_fields_were_given() -> None:
    copy = Circle(radius=1).replaced(name="x")
    assert copy.model_fields_set == {"radius", "name"}
    assert copy.model_dump_json(exclude_unset=True) == '{"radius":1,"name":"x"}'
