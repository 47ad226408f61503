"""A person who is looked for, and the words by which a text mentions them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Final, NamedTuple, Self

from pydantic import StringConstraints, model_validator

from process.actor import plain_name
from process.addresses import folded, readable_domain
from process.personal import ERASED, Personal
from process.types import Given

_WORD = re.compile(r"[^\W_]+")


class _Spelling(NamedTuple):
    """A word of a person, however it is spelt."""

    parts: frozenset[str]
    """Parts that each mention has."""
    pattern: re.Pattern[str]


Wanted = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200), Personal.WORDS
]


class Person(Given):
    """The names, mail addresses and logins of one person. A text mentions them if it has one of these as whole words.

    A name is found in any case of letters, with and without accents, and with the surname first, as in `Lovelace, Ada`;
    in scripts that need no spaces, with and without them. An address is found by each form of its domain.
    """

    names: tuple[Wanted, ...] = ()
    addresses: tuple[Wanted, ...] = ()
    logins: tuple[Wanted, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.spellings:
            raise ValueError("give a name, a mail address or a login")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """All of the person's names, addresses and logins."""
        return (*self.names, *self.addresses, *self.logins)

    @property
    def whole(self) -> "Person | None":
        """The person by what only they are called: mail addresses, and names and logins of several parts; None if there
        are none of these.
        """
        kept = {
            name: tuple(word for word in getattr(self, name) if _is_whole(word))
            for name in ("names", "addresses", "logins")
        }
        return self.replaced(**kept) if any(kept.values()) else None

    @property
    def parts(self) -> tuple[str, ...]:
        """The words of the person that others may share: those that are no whole name."""
        return tuple(word for word in self.words if not _is_whole(word))

    @cached_property
    def spellings(self) -> tuple[_Spelling, ...]:
        """The spellings of each word of the person, in normalised text."""
        known = {word: _parts_of(_normalised(word)) for word in self.words}
        return tuple(
            _Spelling(_parts_of_mention(word), re.compile("|".join(_spellings(word))))
            for word, parts in known.items()
            if parts
        )

    def is_mentioned_in(self, text: str) -> bool:
        """Return True if the text has one of the person's words."""
        return any(self._found(_normalised(text)))

    def _found(self, plain: str) -> Iterator[re.Match[str]]:
        """Yield the mentions in normalised text. Of many words, only those are looked for whose parts it has."""
        parts = _parts_of(plain)
        for spelling in self.spellings:
            if spelling.parts <= parts:
                yield from spelling.pattern.finditer(plain)

    def may_be_called(self, name: str) -> bool:
        """Return True for a part of one of the person's names, such as `Ada` or `A. Lovelace`."""
        parts = set(_WORD.findall(_normalised(name)))
        return bool(parts) and any(
            all(part in own or any(each.startswith(part) for each in own if len(part) == 1) for part in parts)
            for own in ({*_WORD.findall(_normalised(each))} for each in self.names)
        )

    def blacked_out(self, text: str) -> str:
        """Return the text with each mention of the person replaced."""
        plain, origins = _with_origins(text)
        parts, done = list[str](), 0
        for first, last in sorted(found.span() for found in self._found(plain)):
            start, end = origins[first], origins[last]
            if start >= done:
                parts += [text[done:start], ERASED]
            done = max(end, done)
        return "".join([*parts, text[done:]]) if parts else text

    @classmethod
    def called(cls, words: Iterable[str]) -> "Person | None":
        """Return a person with these words as they were recorded, however long and many; None if there are none."""
        person = cls.model_construct().with_words(words)
        return person if person.spellings else None

    def with_words(self, words: Iterable[str]) -> Self:
        """Return the person with further names, addresses or logins."""
        known = {plain_name(each) for each in self.words}
        new = [word for word in dict.fromkeys(words) if len(word) > 1 and plain_name(word) not in known]
        if not new:
            return self
        addresses = tuple(word for word in new if "@" in word.removeprefix("@"))
        names = tuple(word for word in new if word not in addresses)
        return self.replaced(names=(*self.names, *names), addresses=(*self.addresses, *addresses))


class Everybody:
    """Stands for all persons of a lead, whose names are erased when their time has come."""

    def __repr__(self) -> str:
        return "EVERYBODY"


EVERYBODY: Final = Everybody()
Whom = Person | Everybody

_BETWEEN = r"(?:[\s_.,*>+-]|%20)+"
"""Pattern of what stands between the parts of a name: also marks of Markdown, as where a line of a quotation ends."""
_WITHIN = re.compile(r"[\s-]+")
_ENCODED = re.compile("%[24]0")
"""A space or an @ in a URL."""
_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys(
            "\u2018\u2019\u02bb\u02bc\u02b9\u02bd\u2032\u055a\u05f3\ua78c\u00b4\u0060\uff07", "'"
        ),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u05be", "-"),
        **{"\u0131": "i", "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0127": "h", "\u00f0": "d"},
        **{"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th", "\u200b": " ", "\ufeff": " ", "\u30fb": " "},
        **{"\u0643": "\u06a9", "\u0649": "\u06cc", "\u064a": "\u06cc", "\u0640": ""},
    }
)
"""Small letters and marks that no decomposition makes alike: people write a name with either."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
"""Range of letters of scripts that put no spaces between words, or write endings onto them."""
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_LOOSELY = r"[\s_.,*>-]*"
"""Pattern of what may stand between letters of such a script."""
_AT = "(?:@|%40)"
_AT_DOMAIN = rf"(?:{_AT}[\w.-]*\w)?"
"""Pattern of the rest of a mail address whose mailbox is a name."""


def _is_whole(word: str) -> bool:
    """Return True for an address, for several parts, and for a word of a script that puts no spaces between them."""
    plain = _normalised(word.strip().removeprefix("@"))
    return "@" in plain or len(_WORD.findall(plain)) > 1 or bool(_IS_UNSPACED.search(plain))


def _parts_of(plain: str) -> frozenset[str]:
    """Return the words of a normalised text."""
    return frozenset(_WORD.findall(_ENCODED.sub(" ", plain) if "%" in plain else plain))


def _parts_of_mention(word: str) -> frozenset[str]:
    """Return the parts that a text has in which this name, address or login is, however it is spelt."""
    plain = _normalised(word.strip().removeprefix("@"))
    mailbox, at, _ = plain.rpartition("@")
    return frozenset() if _IS_UNSPACED.search(plain) else _parts_of(mailbox if at else plain)


def _spellings(word: str) -> Iterator[str]:
    """Yield patterns of the spellings of a name, an address or a login."""
    word = word.strip().removeprefix("@")
    plain = _normalised(word)
    given = plain.split()
    parts = [
        re.escape(part)
        for each in (_WITHIN.split(plain) if len(given) > 1 else given)
        if (part := _bare(each))
    ]
    if "@" in plain:
        yield from map(_address, _forms(word))
    elif len(given) > 1 and all(map(_IS_UNSPACED.match, "".join(given))):
        yield _LOOSELY.join("".join(given)) + _after(plain)
        yield rf"{parts[-1]}(?:,\s*|\s+){_BETWEEN.join(parts[:-1])}{_after(''.join(parts[:-1]))}"
    elif len(parts) == 1:
        whole = _LOOSELY.join(plain.strip()) if all(map(_IS_UNSPACED.match, plain.strip())) else parts[0]
        yield rf"{_before(plain)}{whole}{_after(plain)}"
    elif parts:
        yield rf"{_before(plain)}{_BETWEEN.join(parts)}{_AT_DOMAIN}{_after(plain)}"
        yield rf"{_START}{parts[-1]}(?:,\s*|\s+|%20|\+){_BETWEEN.join(parts[:-1])}{_AT_DOMAIN}(?!\w)"


def _bare(part: str) -> str:
    """Return a part of a name without the mark at its end, as in `F.` and in `Lovelace, Ada`."""
    return part.rstrip(".,") or part


def _forms(address: str) -> Iterable[str]:
    """Return the forms of an address: as written, with its domain in ASCII, and with it in its own script."""
    mailbox, at, domain = folded(address).rpartition("@")
    return dict.fromkeys(
        "".join(_normalised(form).split())
        for form in (address, f"{mailbox}{at}{domain}", f"{mailbox}{at}{readable_domain(domain)}")
    )


def _address(plain: str) -> str:
    mailbox, _, domain = plain.rpartition("@")
    return rf"(?:(?<![\w.+-])|(?<=%20)){re.escape(mailbox)}{_AT}{re.escape(domain)}(?![\w-]|\.\w)"


_START = r"(?:(?<!\w)|(?<=%20))"


def _before(plain: str) -> str:
    return "" if _IS_UNSPACED.match(plain.strip()) else _START


def _after(plain: str) -> str:
    return r"(?![\u11a8-\u11ff])" if _IS_UNSPACED.match(plain.strip()[-1:]) else r"(?!\w)"


def _normalised(text: str) -> str:
    return _with_origins(text)[0]


def _with_origins(text: str) -> tuple[str, Sequence[int]]:
    """Return the text for comparison, and for each of its characters and its end, the place in the text as given."""
    if text.isascii():
        return text.lower().replace("`", "'"), range(len(text) + 1)
    plain, origins = list[str](), list[int]()
    for place, character in enumerate(text):
        spelt = unicodedata.normalize("NFKD", character.translate(_ALIKE)).casefold()
        for each in unicodedata.normalize("NFKD", spelt).translate(_ALIKE):
            if not unicodedata.combining(each) and unicodedata.category(each) != "Cf":
                plain.append(each)
                origins.append(place)
    return "".join(plain), [*origins, len(text)]
