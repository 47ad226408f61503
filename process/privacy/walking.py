"""Walking through the personal texts of a value: of a model, or of a collection of models, however deep."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from process.core.packed import Packed
from process.core.trail import Trail
from process.personal import ByKey, Impersonal, Personal
from process.privacy.shapes import FieldMark, Shape, shapes
from process.types import Model

T = TypeVar("T")
Change = Callable[[str, Personal], str]
"""Returns another text in place of one with this mark, or the same."""

EXTRA = Shape(values=Personal.WORDS)
"""Shape of the fields of a fact of an unknown kind: anything may be personal."""
KEPT_EXTRA = frozenset({"kind"})


class Found(NamedTuple):
    """A personal text."""

    path: tuple[str, ...]
    mark: Personal
    text: str


def changed(value: T, change: Change) -> T:
    """Return a copy with every personal text changed; the value itself if none differs."""
    return cast(T, _changed(value, Shape(), change))


def personal_texts(value: Any) -> Iterator[Found]:
    """Yield every personal text, in order."""
    yield from _texts(value, Shape(), ())


def _changed(value: Any, shape: Shape, change: Change) -> Any:
    match value:
        case None | bool() | int() | bytes() | Enum():
            return value
        case str():
            return change(value, shape.values) if isinstance(shape.values, Personal) else value
        case BaseModel():
            return _changed_model(value, change)
        case Mapping():
            return _changed_mapping(value, shape, change)
        case Trail():
            return value
        case Packed():
            items = [_changed(item, shape, change) for item in value]
            return value if _same(items, value) else type(value)(items).packed()
        case list() | tuple():
            items = [_changed(item, shape, change) for item in value]
            if _same(items, value):
                return value
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        case _:
            return value


def _same(items: list[Any], value: Any) -> bool:
    return all(one is other for one, other in zip(items, value, strict=True))


def _changed_model(model: BaseModel, change: Change) -> BaseModel:
    values = vars(model)
    new = {
        name: after
        for name, shape in shapes(type(model)).items()
        if name in values and (after := _changed(values[name], shape, change)) is not values[name]
    }
    if model.__pydantic_extra__:
        extra = {
            name: value if name in KEPT_EXTRA else _changed(value, EXTRA, change)
            for name, value in model.__pydantic_extra__.items()
        }
        return model.model_copy(update=new | extra)
    if not new:
        return model
    return model.replaced(**new) if isinstance(model, Model) else model.model_copy(update=new)


def _changed_mapping(value: Mapping[Any, Any], shape: Shape, change: Change) -> Mapping[Any, Any]:
    after = {
        _changed(key, Shape(shape.keys), change): _changed(each, _of_key(shape, key), change)
        for key, each in value.items()
    }
    same = after.keys() == value.keys() and all(after[key] is value[key] for key in value)
    return value if same else after


def _of_key(shape: Shape, key: Any) -> Shape:
    marks: FieldMark | None = shape.values
    if isinstance(marks, ByKey):
        return Shape(marks.marks.get(str(key), marks.other))
    return Shape(marks)


def _texts(value: Any, shape: Shape, path: tuple[str, ...]) -> Iterator[Found]:
    match value:
        case None | bool() | int() | bytes() | Enum() | Trail():
            return
        case str():
            if isinstance(shape.values, Personal):
                yield Found(path, shape.values, value)
        case BaseModel():
            values = vars(value)
            for name, inner in shapes(type(value)).items():
                if name in values:
                    yield from _texts(values[name], inner, (*path, name))
            for name, extra in (value.__pydantic_extra__ or {}).items():
                if name not in KEPT_EXTRA:
                    yield from _texts(extra, EXTRA, (*path, name))
        case Mapping():
            for key, each in value.items():
                if not isinstance(shape.keys, Impersonal):
                    yield from _texts(key, Shape(shape.keys), path)
                yield from _texts(each, _of_key(shape, key), (*path, str(key)))
        case Packed() | list() | tuple():
            for number, each in enumerate(value):
                yield from _texts(each, shape, (*path, str(number)))
