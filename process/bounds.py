"""The base class of everything that is parsed: each of its texts and collections has a greatest length.

What is parsed within a workflow's task must be small: a task that takes longer than some seconds is taken for a deadlock
and made again, for ever. So a field that names no bound gets that of its class. Models of our own state have wide ones,
which only damage exceeds; those of what comes from outside have narrow ones.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema

MAX_CHARACTERS = 1_000_000
MAX_ENTRIES = 100_000
"""Bounds of our own state. Temporal takes 2 MiB in all."""

GIVEN_CHARACTERS = 10_000
GIVEN_ENTRIES = 1_000
"""Bounds of what comes from outside: texts of people, answers of other systems, settings."""

_TEXTS = frozenset({"str", "bytes"})
_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset", "dict", "generator"})
_FAIL_FAST = frozenset({"list", "tuple", "set", "frozenset", "dict"})
"""Collections that stop at the first wrong entry: pydantic counts only the right ones towards the bound."""
_NO_SCHEMAS = frozenset({"serialization", "metadata", "ref", "cls", "config", "default", "expected"})
"""Keys of a schema below which nothing is parsed."""
_NESTING = (dict, list, tuple)
"""Types of the parts of a schema that hold further ones."""


def _bound(schema: Any, model: "type[Bounded]") -> None:
    """Give each text and collection of the model's own schema a bound, if it has none."""
    if isinstance(schema, list | tuple):
        for each in schema:
            _bound(each, model)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if kind == "model" and schema["cls"] is not model:
        return  # it has bounds of its own
    if kind in _TEXTS:
        schema.setdefault("max_length", model.max_characters)
    elif kind in _COLLECTIONS and not _is_fixed(schema):
        schema.setdefault("max_length", model.max_entries)
        if kind in _FAIL_FAST:
            schema["fail_fast"] = True
    for name, inner in schema.items():
        if name == "fields":  # by names that a model may choose as it likes
            _bound([*inner.values()] if isinstance(inner, dict) else inner, model)
        elif isinstance(inner, _NESTING) and name not in _NO_SCHEMAS:
            _bound(inner, model)


def _is_fixed(schema: Mapping[str, Any]) -> bool:
    """Return True for a tuple with a type for each place, as `tuple[str, str]`."""
    return schema["type"] == "tuple" and "variadic_item_index" not in schema


class Bounded(BaseModel):
    """A model in which no text and no collection is endless."""

    max_characters: ClassVar[int] = MAX_CHARACTERS
    max_entries: ClassVar[int] = MAX_ENTRIES

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _bound(schema, cls)
        return schema
