"""All models of the service, and all modules in which they may be."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from pydantic import BaseModel

from tests.support.rooms import ROOMS


@cache
def all_modules() -> tuple[ModuleType, ...]:
    """Import all modules but the ledger's migrations, which parse nothing."""
    return tuple(
        importlib.import_module(found.name)
        for room in ROOMS
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}.")
        if not found.name.endswith("__main__") and not found.name.startswith("ledger.migrations.")
    )


def all_models() -> list[type[BaseModel]]:
    """Return the models of all modules, by name."""
    assert all_modules()
    ours = {each for each in _below(BaseModel) if each.__module__.split(".")[0] in ROOMS}
    return sorted(ours, key=name_of)


def name_of(model: type) -> str:
    """Return the name of a model with its module."""
    return f"{model.__module__}.{model.__qualname__}"


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)
