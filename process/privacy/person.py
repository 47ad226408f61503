"""A person who is looked for, and the words by which a text mentions them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import StringConstraints, model_validator

from process.actor import Aliases, plain_name
from process.addresses import folded
from process.personal import ERASED, Personal
from process.types import Given

Wanted = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200), Personal.WORDS
]


class Person(Given):
    """The names, mail addresses and logins of one person. A text mentions them if it has one of these as whole words.

    A name is found in any case of letters, with and without accents, and with the surname first, as in `Lovelace, Ada`.
    """

    names: tuple[Wanted, ...] = ()
    addresses: tuple[Wanted, ...] = ()
    logins: tuple[Wanted, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not any(map(_normalised, (*self.names, *self.addresses, *self.logins))):
            raise ValueError("give a name, a mail address or a login")
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of a mention, in normalised text."""
        spellings = {
            spelling for word in (*self.names, *self.addresses, *self.logins) for spelling in _spellings(word)
        }
        found = sorted(spellings, key=lambda each: (-len(each), each))
        return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")

    def is_mentioned_in(self, text: str) -> bool:
        """Return True if the text has one of the person's words."""
        return self.pattern.search(_normalised(text)) is not None

    def blacked_out(self, text: str) -> str:
        """Return the text with each mention of the person replaced."""
        plain, origins = _with_origins(text)
        parts, done = list[str](), 0
        for found in self.pattern.finditer(plain):
            start, end = origins[found.start()], origins[found.end()]
            parts += [text[done:start], ERASED]
            done = max(end, done)
        return "".join([*parts, text[done:]]) if parts else text

    def with_aliases(self, aliases: Aliases) -> Self:
        """Return the person with the other names under which a policy knows them."""
        known = {plain_name(each) for each in (*self.logins, *self.addresses, *self.names)}
        more = [
            name
            for login, others in aliases.items()
            if known & {plain_name(each) for each in (login, *others)}
            for name in (login, *others)
        ]
        new = tuple(name for name in dict.fromkeys(more) if plain_name(name) not in known and len(name) > 1)
        return self.replaced(logins=(*self.logins, *new)) if new else self


class Everybody:
    """Stands for all persons of a lead, whose names are erased when their time has come."""

    def __repr__(self) -> str:
        return "EVERYBODY"


EVERYBODY: Final = Everybody()
Whom = Person | Everybody

_BETWEEN = r"[\s_.-]+"
"""Pattern of what stands between the parts of a name."""


def _spellings(word: str) -> Iterator[str]:
    """Yield patterns of the spellings of a name, an address or a login."""
    plain = _normalised(folded(word) if "@" in word.strip("@") else word.strip().removeprefix("@"))
    parts = [re.escape(part) for part in plain.split()]
    if parts:
        yield _BETWEEN.join(parts)
    if len(parts) > 1:
        yield rf"{parts[-1]},?\s*{_BETWEEN.join(parts[:-1])}"


def _normalised(text: str) -> str:
    return _with_origins(text)[0]


def _with_origins(text: str) -> tuple[str, list[int]]:
    """Return the text for comparison, and for each of its characters and its end, the place in the text as given."""
    plain, origins = list[str](), list[int]()
    for place, character in enumerate(text):
        spelt = unicodedata.normalize("NFKD", character).casefold()
        for each in unicodedata.normalize("NFKD", spelt):
            if not unicodedata.combining(each):
                plain.append(each)
                origins.append(place)
    return "".join(plain), [*origins, len(text)]
