"""No error of validation quotes a value: it would end up in logs and histories, and values are personal data."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import activities
import client
import config
import ledger
import process
import starter
import templates
import workflows
from process.bounds import Bounded

ROOMS = (process, workflows, ledger, config, templates, activities, client, starter)
MARKER = "ada@private.example"


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:  # no models there
                yield importlib.import_module(found.name)


MODULES = list(modules())


def subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from subclasses(each)


OURS = {room.__name__ for room in ROOMS}
MODELS = sorted(
    {each for each in subclasses(BaseModel) if each is not Bounded and each.__module__.split(".")[0] in OURS},
    key=lambda each: f"{each.__module__}.{each.__qualname__}",
)
ADAPTERS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, TypeAdapter)
}


def quotes(validator: type[BaseModel] | TypeAdapter[Any]) -> bool:
    """Return True if an error about a value, or about a value within, quotes it."""
    validate = validator.validate_python if isinstance(validator, TypeAdapter) else validator.model_validate
    for wrong in (MARKER, [{"address": MARKER}]):
        with pytest.raises(ValidationError) as error:
            validate(wrong)
        if MARKER in str(error.value):
            return True
    return False


def test_no_error_of_a_model_quotes_the_value() -> None:
    assert len(MODELS) > 200
    assert [f"{each.__module__}.{each.__qualname__}" for each in MODELS if quotes(each)] == []


def test_no_error_of_an_adapter_quotes_the_value() -> None:
    assert len(ADAPTERS) > 5
    assert [
        name
        for name, adapter in ADAPTERS.items()
        if name != "process.money.pricing._LINE" and quotes(adapter)
    ] == []
    with pytest.raises(ValidationError) as error:
        ADAPTERS["process.money.pricing._LINE"].validate_python([MARKER])
    assert MARKER not in str(error.value)
