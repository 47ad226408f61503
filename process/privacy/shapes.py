"""The marks of a model's fields, read from their types once for each class."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from process.personal import ByKey, Impersonal, Mark, Personal

FieldMark = Mark | ByKey


class Text(NamedTuple):
    """A text within the type of a field."""

    mark: FieldMark | None
    is_key: bool = False
    """True for the keys of a mapping."""


class Shape(NamedTuple):
    """The personal parts of a field: its texts, or those of a collection, and the keys of a mapping."""

    values: FieldMark | None = None
    keys: Mark | None = None


@cache
def shapes(model: type[BaseModel]) -> Mapping[str, Shape]:
    """Return the shape of each field of the model. Fields of other models have none of their own."""
    return {name: _shape(field) for name, field in model.model_fields.items()}


def _shape(field: FieldInfo) -> Shape:
    found = list(texts(field))
    values = next((text.mark for text in found if not text.is_key), None)
    keys = next((text.mark for text in found if text.is_key), None)
    return Shape(values, keys if isinstance(keys, Personal | Impersonal) else None)


def texts(field: FieldInfo) -> Iterator[Text]:
    """Yield the texts within the type of a field, each with its mark."""
    yield from _texts(field.annotation, _mark_in(field.metadata), is_key=False)


def _mark_in(metadata: Any) -> FieldMark | None:
    return next((each for each in metadata if isinstance(each, Personal | Impersonal | ByKey)), None)


def _texts(annotation: Any, mark: FieldMark | None, *, is_key: bool) -> Iterator[Text]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _texts(args[0], _mark_in(annotation.__metadata__) or mark, is_key=is_key)
    elif origin is Literal:
        return
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _texts(args[0], mark if isinstance(mark, Impersonal) else None, is_key=True)
        yield from _texts(args[1], mark, is_key=is_key)
    elif args:
        for each in args:
            yield from _texts(each, mark, is_key=is_key)
    elif _is_named_tuple(annotation):
        for each in get_type_hints(annotation, include_extras=True).values():
            yield from _texts(each, mark, is_key=is_key)
    elif annotation is Any or (isinstance(annotation, type) and _is_text(annotation)):
        yield Text(mark, is_key)


def _is_named_tuple(annotation: Any) -> bool:
    return isinstance(annotation, type) and hasattr(annotation, "_fields")


def _is_text(kind: type) -> bool:
    return kind is object or (issubclass(kind, str | dict | list | tuple) and not issubclass(kind, Enum))
