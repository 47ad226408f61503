"""Sequences whose older items are kept compressed: a lead's log grows for years and is rarely read back."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, ClassVar, Self, TypeVar, overload

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema, to_json

from process.types import Model

T = TypeVar("T", bound=Model)

RECENT = 4
"""Number of items that stay decoded when older ones are packed."""

PACKED_AT_ONCE = 12
"""Number of items that are packed together, because each time all packed items are compressed anew."""

MAX_PACKED = 4_000_000
"""Characters of the packed items in JSON: twice what Temporal takes in one piece."""

OPENED = 2
"""Number of packed sequences that a worker keeps decoded, because they are read several times in a row."""

_BETWEEN = b",\n"
"""Separates items. JSON escapes a newline within a text."""


class Packed(Sequence[T]):
    """An immutable sequence of models. The newest are decoded; older ones are JSON in one compressed piece.

    It equals any sequence of its class with equal items, however many of them are packed.
    """

    __slots__ = ("kept", "older", "older_count", "recent")

    item: ClassVar[type[Model]]
    """Class of the items."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        self.recent: tuple[T, ...] = tuple(items)
        self.older = b""
        self.older_count = 0
        self.kept: tuple[T, ...] = tuple(filter(self.keeps, self.recent))
        """The items, old or new, that stay decoded because they are read often."""

    @classmethod
    def keeps(cls, item: T) -> bool:
        """Return True if the item is read so often that it stays decoded."""
        return False

    # ---- growing

    def plus(self, item: T) -> Self:
        """Return the sequence with one more item."""
        kept = (*self.kept, item) if self.keeps(item) else self.kept
        return self._of((*self.recent, item), self.older, self.older_count, kept)

    def packed(self, at_most: int = 0) -> Self:
        """Return the same sequence, with its older items packed if there are enough of them.

        With `at_most`, only that many of the newest items stay whenever some are packed.
        """
        if len(self.recent) < RECENT + PACKED_AT_ONCE:
            return self
        lines = [*_lines(self.older), *map(to_json, self.recent[:-RECENT])]
        if at_most:
            lines = lines[RECENT - at_most :]
        older = zlib.compress(_BETWEEN.join(lines))
        return self._of(self.recent[-RECENT:], older, len(lines), self.kept)

    @classmethod
    def _of(cls, recent: tuple[T, ...], older: bytes, older_count: int, kept: tuple[T, ...]) -> Self:
        new = cls.__new__(cls)
        new.recent, new.older, new.older_count, new.kept = recent, older, older_count, kept
        return new

    # ---- reading

    def __len__(self) -> int:
        return self.older_count + len(self.recent)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if not self.older:
            return self.recent[index]
        numbers = range(len(self))[index]
        if isinstance(numbers, int):
            return next(self._items((numbers,)))
        return tuple(self._items(numbers))

    def _items(self, numbers: Sequence[int]) -> Iterator[T]:
        """Yield the items of these numbers, which ascend or descend."""
        packed = bool(numbers) and min(numbers[0], numbers[-1]) < self.older_count
        opened = self._opened if packed else ()  # once, because other leads may close it at any time
        for number in numbers:
            recent = number - self.older_count
            yield self.recent[recent] if recent >= 0 else opened[number]

    def __iter__(self) -> Iterator[T]:
        if self.older:
            yield from self._opened
        yield from self.recent

    def __reversed__(self) -> Iterator[T]:
        yield from reversed(self.recent)
        if self.older:
            yield from reversed(self._opened)

    def matching(self, matches: Callable[[T], bool], text: str) -> Iterator[T]:
        """Yield the items that match, oldest first. The JSON of each contains the text, so that others stay packed."""
        sought = text.encode()
        found = (self._decoded(line) for line in _lines(self.older) if sought in line)
        return filter(matches, chain(found, self.recent))

    def changed(self, changes: Mapping[int, T]) -> Self:
        """Return the sequence with other items at these numbers, from 0. The kept ones stay."""
        lines = _lines(self.older)
        for number, item in changes.items():
            if number < self.older_count:
                lines[number] = to_json(item)
        recent = tuple(
            changes.get(self.older_count + number, item) for number, item in enumerate(self.recent)
        )
        older = zlib.compress(_BETWEEN.join(lines)) if lines else b""
        return self._of(recent, older, self.older_count, self.kept)

    @property
    def _opened(self) -> "_Opened[T]":
        return _opened(type(self), self.older)

    @classmethod
    def _decoded(cls, line: bytes) -> T:
        return cls.item.model_validate_json(line)  # type: ignore[return-value]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        if self.older == other.older and self.older_count == other.older_count:
            return self.recent == other.recent
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Return the sequence itself, because it never changes, as `Model` does."""
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.older_count} packed, {self.recent!r})"

    # ---- storing

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        items = core_schema.tuple_variable_schema(handler.generate_schema(cls.item))
        fields = {
            "older": core_schema.str_schema(max_length=MAX_PACKED),
            "older_count": core_schema.int_schema(ge=0),
            "recent": items,
            "kept": items,
        }
        stored = core_schema.typed_dict_schema(
            {name: core_schema.typed_dict_field(schema) for name, schema in fields.items()}
        )
        loaded = core_schema.no_info_after_validator_function(cls._load, stored)
        given = core_schema.no_info_after_validator_function(cls, items)
        return core_schema.json_or_python_schema(
            json_schema=loaded,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), loaded, given]),
            serialization=core_schema.plain_serializer_function_ser_schema(cls._dump, return_schema=stored),
        )

    def _dump(self) -> dict[str, Any]:
        older = b64encode(self.older).decode()
        return {"older": older, "older_count": self.older_count, "recent": self.recent, "kept": self.kept}

    @classmethod
    def _load(cls, stored: dict[str, Any]) -> Self:
        older = b64decode(stored["older"], validate=True)
        return cls._of(stored["recent"], older, stored["older_count"], stored["kept"])


class _Opened(Sequence[T]):
    """Packed items, each of which is decoded when it is first read."""

    def __init__(self, packed: type[Packed[T]], older: bytes) -> None:
        self._packed = packed
        self._items: list[bytes | T] = [*_lines(older)]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: int) -> T:  # type: ignore[override]
        item = self._items[number]
        if isinstance(item, bytes):
            item = self._items[number] = self._packed._decoded(item)
        return item


@lru_cache(maxsize=OPENED)
def _opened(packed: type[Packed[Any]], older: bytes) -> _Opened[Any]:
    return _Opened(packed, older)


def _lines(older: bytes) -> list[bytes]:
    return zlib.decompress(older).split(_BETWEEN) if older else []
