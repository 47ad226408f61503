"""The cut OpenAPI document."""

import json
from typing import Any

import pytest
from openapi_core import OpenAPI

from sandbox.github import cut_openapi
from sandbox.github.cut_openapi import CUT, SERVED
from sandbox.github.openapi import operations


def test_the_cut_is_complete(published: OpenAPI) -> None:
    document = json.loads(CUT.read_text())
    assert {path: tuple(methods) for path, methods in document["paths"].items()} == SERVED
    for node in cut_openapi.nodes(document):
        if isinstance(node.get("$ref"), str):
            _, _, section, name = node["$ref"].split("/")
            assert name in document["components"][section]


def test_all_operations_are_served() -> None:
    assert {(operation.path, operation.method.lower()) for operation in operations()} == {
        (path, method) for path, methods in SERVED.items() for method in methods
    }


def test_corrected_enums() -> None:
    document: dict[str, dict[str, Any]] = {
        "a": {"type": "string", "nullable": True, "enum": ["x"]},
        "b": {"enum": ["x"]},
    }
    cut_openapi.let_nullable_enums_be_null(document)
    assert document["a"]["enum"] == ["x", None]
    assert document["b"]["enum"] == ["x"]


def test_dropped_annotations() -> None:
    property_named_example = {"properties": {"example": {"type": "string", "example": "x"}}}
    document = {
        "a": {"type": "string", "example": "x", "examples": {}, "x-github": {}},
        "b": property_named_example,
    }
    cut_openapi.drop_illustrations(document)
    assert document == {"a": {"type": "string"}, "b": {"properties": {"example": {"type": "string"}}}}


def test_references_are_followed() -> None:
    source = {"schemas": {"a": {"$ref": "#/components/schemas/b"}, "b": {"type": "string"}, "c": {}}}
    found = cut_openapi.referenced({"paths": {"$ref": "#/components/schemas/a"}}, source)
    assert found == {"schemas": {"a": source["schemas"]["a"], "b": source["schemas"]["b"]}}


@pytest.mark.parametrize("name", ["since", "per_page", "page"])
def test_free_parameters_are_not_choices(name: str) -> None:
    assert all(name not in operation.choices for operation in operations())
