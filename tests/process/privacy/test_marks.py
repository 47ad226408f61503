"""Each text of each model says whether it is personal."""

import pytest
from pydantic import BaseModel

from process.lead.hub import HUB_FIELDS, HUB_MARKS, HUB_PERSONAL
from process.personal import Impersonal, Personal
from process.privacy.shapes import shapes, texts
from process.types import FreeText, Id, Model, PersonName
from tests.support.models import all_models, name_of

PASSING = {
    "activities.github": "answers of GitHub, which are read and forgotten; effects bring back marked observations",
    "config": "settings, which the operator writes; a lead gets a marked policy of them",
    "starter": "what faces are sent and answer, made anew of marked values for each request",
}
"""Rooms whose models are kept nowhere, with the reason."""


def _is_kept(model: type[BaseModel]) -> bool:
    return not any(model.__module__.startswith(f"{room}.") for room in PASSING)


KEPT = [model for model in all_models() if _is_kept(model)]


@pytest.mark.parametrize("model", KEPT, ids=name_of)
def test_each_text_of_what_is_kept_is_marked(model: type[BaseModel]) -> None:
    unmarked = {
        name for name, field in model.model_fields.items() for text in texts(field) if text.mark is None
    }
    assert not unmarked, (
        "give each a type that says what it is, as PersonName, FreeText or Coded (process.types)"
    )


@pytest.mark.parametrize("model", KEPT, ids=name_of)
def test_a_field_has_one_mark(model: type[BaseModel]) -> None:
    """So that a value can be walked without its type."""
    for name, field in model.model_fields.items():
        for is_key in (False, True):
            marks = {text.mark for text in texts(field) if text.is_key is is_key}
            assert len({mark for mark in marks if not isinstance(mark, Impersonal)}) <= 1, name
            assert not (len(marks) > 1 and any(isinstance(mark, Personal) for mark in marks)), name


def test_models_are_walked() -> None:
    assert len(KEPT) > 150
    assert {name_of(model).split(".")[0] for model in KEPT} >= {"process", "workflows", "ledger", "client"}


def test_a_new_text_without_a_mark_is_found() -> None:
    class New(Model):
        lines: tuple[str, ...] = ()
        by_id: dict[Id, dict[str, FreeText]] = {}
        by_name: dict[PersonName, FreeText | None] = {}

    found = {name: [text.mark for text in texts(field)] for name, field in New.model_fields.items()}
    assert found["lines"] == [None]
    assert [mark is None for mark in found["by_id"]] == [False, True, False]
    assert found["by_name"] == [Personal.NAME, Personal.WORDS]
    assert shapes(New)["by_name"] == (Personal.WORDS, Personal.NAME)


def test_each_field_of_a_hub_is_marked() -> None:
    assert HUB_MARKS.marks.keys() <= HUB_FIELDS.keys()
    assert {"administrators", "representatives"} == HUB_PERSONAL
