"""Describes the commands for the catalog, from their functions: `python -m starter.cli.describe` writes it anew."""

import inspect
import json
import sys
from collections.abc import Iterator
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from cyclopts import Parameter

from process.decisions.registry import DECISIONS
from starter.cli.catalog import FILE, Argument, Entry
from starter.cli.decide import command_of
from starter.cli.loading import groups, load

_TYPES: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool", date: "date", Path: "path"}
_KINDS: dict[Any, str] = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.VAR_POSITIONAL: "rest",
    inspect.Parameter.KEYWORD_ONLY: "option",
}
_SHOWN = ("name", "help", "negative", "show_default", "env_var", "metavar", "allow_leading_hyphen")
"""Keywords of Parameter that the catalog keeps."""


def describe() -> Iterator[Entry]:
    """Yield every command as it is."""
    for group, names in groups().items():
        for name in names:
            decision = DECISIONS.get(name.replace("-", "_"))
            function = command_of(decision) if decision else load(name)
            arguments = tuple(map(_argument, inspect.signature(function).parameters.values()))
            place = f"{decision.__module__}:{decision.__name__}" if decision else ""
            yield Entry(name, group, inspect.getdoc(function) or "", arguments, place)


def _argument(parameter: inspect.Parameter) -> Argument:
    annotation, shown = _annotated(parameter.annotation)
    nullable = NoneType in get_args(annotation)
    type_ = next(each for each in get_args(annotation) if each is not NoneType) if nullable else annotation
    if get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    many = get_origin(type_) is list
    if many:
        (type_,) = get_args(type_)
    required = parameter.default is inspect.Parameter.empty
    choices = _choices(type_)
    return Argument(
        name=parameter.name,
        kind=_KINDS[parameter.kind],
        type="choice" if choices else _TYPES[type_],
        parameter=_shown(shown),
        choices=choices,
        many=many,
        nullable=nullable,
        required=required and parameter.kind is not inspect.Parameter.VAR_POSITIONAL,
        default=None if required else _plain(parameter.default),
    )


def _annotated(annotation: Any) -> tuple[Any, Parameter]:
    """Return the type and how it is shown; `Annotated[str, …] | None` is the same as `Annotated[str | None, …]`."""
    if get_origin(annotation) is not Annotated:
        (inner,) = (each for each in get_args(annotation) if each is not NoneType)
        type_, shown = _annotated(inner)
        return type_ | None, shown
    type_, *notes = get_args(annotation)
    return type_, next(note for note in notes if isinstance(note, Parameter))


def _choices(type_: Any) -> tuple[str, ...]:
    if get_origin(type_) is Literal:
        return tuple(str(_plain(each)) for each in get_args(type_))
    if isinstance(type_, type) and issubclass(type_, Enum):
        return tuple(str(each.value) for each in type_)
    return ()


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _shown(parameter: Parameter) -> dict[str, Any]:
    usual = Parameter()
    shown = {name: getattr(parameter, name) for name in _SHOWN}
    kept = {name: value for name, value in shown.items() if value != getattr(usual, name)}
    validators = [{"gte": each.gte, "lte": each.lte} for each in parameter.validator]  # type: ignore[union-attr]
    kept |= {"between": validators[0]} if validators else {}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}


def written() -> str:
    """Return the catalog as it is stored: a line for each argument, without what has its default value."""
    entries = ",\n".join(map(_stored, describe()))
    return f"[\n{entries}\n]\n"


def _stored(entry: Entry) -> str:
    usual = Argument._field_defaults
    kept = (
        {name: value for name, value in each._asdict().items() if name not in usual or value != usual[name]}
        for each in entry.arguments
    )
    lines = ",\n".join(f"  {_json(each)}" for each in kept)
    place = {"decision": entry.decision} if entry.decision else {}
    head = _json({"name": entry.name, "group": entry.group, "doc": entry.doc} | place)[:-1]
    return f'{head}, "arguments": [\n{lines}]}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
    sys.stdout.write(f"{FILE.name} is written.\n")
