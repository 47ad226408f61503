"""No text and no collection of any model is endless, and what comes from outside has narrow bounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from config.groups import Group
from process.bounds import GIVEN_CHARACTERS, GIVEN_ENTRIES, Bounded
from process.core.events import Fact
from process.core.outbox import DriftCheck
from process.core.refusal import Refused, Suggestion
from process.duplicates.notices import DuplicateCandidates, RelationNotice
from process.github.edits import RevertEdits
from process.lead.qualification import Questionnaire
from process.money.pricing import PriceBook
from process.policy import Policy, Team
from process.types import Link
from tests.support.models import all_models, all_modules, name_of
from workflows.issue_sync import ChangeNotice, SyncRequest

ANYTHING = {
    (
        "process.core.refusal.Suggestion",
        "fields",
    ): "an example of any decision, made by us or left out if it is large",
    ("process.views.lead_overview.Option", "example"): "an example of any decision, made by us",
    ("ledger.entry.Entry", ""): "the JSON of an event, which a lead has bounded before it was written",
    ("starter.web.api.answers.Choice", "example"): "an example of any decision, made by us",
    **{
        (f"starter.web.api.answers.{name}", ""): "the JSON of events, which a lead has bounded"
        for name in ("RecordedEvent", "EventPage", "PublishedEvent", "Feed")
    },
    ("workflows.reconcile.SystemResult", "cursor"): "the cursor of any system; each reads its own",
    ("activities.github.models.Issue", "pull_request"): "asked only if it is there",
    ("starter.web.deliveries._Issue", "pull_request"): "asked only if it is there, in a body of bounded size",
    ("activities.github.models.Comment", "reactions"): "numbers by kind, in an answer of GitHub",
}
"""Fields of any type, each with the reason why it may stay."""

OUTSIDE: tuple[type[BaseModel], ...] = (
    ChangeNotice,
    DriftCheck,
    DuplicateCandidates,
    Link,
    Policy,
    PriceBook,
    Questionnaire,
    Refused,
    RelationNotice,
    RevertEdits,
    Suggestion,
    SyncRequest,
    Team,
)


MODELS = all_models()


def found(schema: Any, model: type | None, path: str = "") -> Iterator[tuple[str, str, int | None]]:
    """Yield the field, the kind and the bound of each text, collection and anything in the model's own schema."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from found(each, model, path)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if kind == "model" and schema["cls"] is not model:
        return
    fixed = kind == "tuple" and "variadic_item_index" not in schema
    if kind in ("str", "bytes", "list", "set", "frozenset", "dict", "generator", "any") or (
        kind == "tuple" and not fixed
    ):
        yield path, str(kind), schema.get("max_length")
    for name, inner in schema.items():
        if name == "fields" and isinstance(inner, dict):
            for field, each in inner.items():
                yield from found(each, model, path or field)
        elif name not in ("serialization", "metadata", "cls", "config", "default", "expected"):
            yield from found(inner, model, path)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_text_and_collection_has_a_bound(model: type[BaseModel]) -> None:
    endless = {
        (field, kind)
        for field, kind, bound in found(model.__pydantic_core_schema__, model)
        if bound is None and (name_of(model), field) not in ANYTHING
    }
    assert not endless


def test_every_model_is_walked() -> None:
    assert len(MODELS) > 200
    assert all(issubclass(each, Bounded) for each in MODELS)
    known = {(name_of(each), field) for each in MODELS for field in (*each.model_fields, "")}
    assert known >= ANYTHING.keys(), "an exception is no longer needed"


def _given() -> list[type[BaseModel]]:
    """Return the models that a person, another system or the operator gives."""
    return [*OUTSIDE, *Fact.kinds.values(), *(each for each in MODELS if issubclass(each, Group))]


@pytest.mark.parametrize("model", _given(), ids=name_of)
def test_what_comes_from_outside_is_narrow(model: type[BaseModel]) -> None:
    for field, kind, bound in found(model.__pydantic_core_schema__, model):
        if kind == "any":
            continue
        most = GIVEN_CHARACTERS if kind in ("str", "bytes") else GIVEN_ENTRIES
        assert bound is not None, field
        assert bound <= most, field


def test_other_shapes_that_are_parsed_have_bounds() -> None:
    """Adapters of lists of models, of single texts and the like."""
    for module in all_modules():
        for name, value in vars(module).items():
            if isinstance(value, TypeAdapter):
                for field, kind, bound in found(value.core_schema, None):
                    assert bound is not None, (module.__name__, name, field, kind)


def test_a_model_without_bounds_gets_them() -> None:
    class New(Bounded):
        texts: list[dict[str, tuple[str, ...]]]
        default: str = ""

    bounds = {(kind, bound) for _, kind, bound in found(New.__pydantic_core_schema__, New)}
    assert bounds == {
        ("list", New.max_entries),
        ("dict", New.max_entries),
        ("tuple", New.max_entries),
        ("str", New.max_characters),
    }
