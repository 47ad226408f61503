"""Types that all models share: the immutable base class, kinds of text, stages, roles and links."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from process.bounds import GIVEN_CHARACTERS, GIVEN_ENTRIES, Bounded
from process.links import link_complaint
from process.personal import Impersonal, Personal


class Unreadable:
    """Stands for a body that was not parsed: no valid JSON, too deeply nested or too large. Its text says what came."""

    def __init__(self, came: str = "something unreadable", advice: str = "") -> None:
        self.came = came
        self.advice = advice

    def __repr__(self) -> str:
        return self.came


DISCREET = ConfigDict(hide_input_in_errors=True)
"""Errors that say what is wrong without the value: they end up in logs and histories, and values are personal data."""


class Base(Bounded):
    """A model with bounds, whose errors do not quote its values. All models of the service derive from it."""

    model_config = DISCREET


_set_values, _set_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__ for slot in BaseModel.__slots__
)
"""Set what a model consists of, past the guard of a frozen one."""


class Model(Base):
    """An immutable value.

    Unknown fields are ignored, so that stored values load under older and newer code. Input from people
    is checked for unknown fields in `process.decisions.parsing`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with these fields replaced.

        Values are not validated, because they come from our own code. Raises TypeError for an unknown field.
        """
        cls = type(self)
        fields = cls.__pydantic_fields__.keys()
        if not changes.keys() <= fields:
            unknown = changes.keys() - fields
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
        values = vars(self)
        if len(values) > len(fields) and not self._keeps_derived(changes):
            values = {name: value for name, value in values.items() if name in fields}
        # like `model_copy`, which takes three times as long: a lead is copied some hundred times on its way to a hub
        copy, given = cls.__new__(cls), self.__pydantic_fields_set__
        _set_values(copy, values | changes)
        # shared as long as it is the same, because a lead's takes 8 kB, and nobody changes it
        _set_given(copy, given if given.issuperset(changes) else given | changes.keys())
        _set_extra(copy, None)
        _set_private(copy, None)
        return copy

    def _keeps_derived(self, changes: Mapping[str, Any]) -> bool:
        """Return True if no value that was derived from this one can differ after these changes."""
        return False

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Return the model itself, because it never changes. Pydantic copies a default for each model that has it."""
        return self


class Given(Model):
    """A value that came from outside: a person's decision, an answer of another system, a message."""

    max_characters: ClassVar[int] = GIVEN_CHARACTERS
    max_entries: ClassVar[int] = GIVEN_ENTRIES


GIVEN: dict[str, bool] = {"given": True}
"""Validation context for input that somebody gives now, as opposed to stored values."""


_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029{_BIDI}\ufff9-\ufffb\ud800-\udfff]")
"""Control characters, line separators, and characters that turn the direction of the text around them."""
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Further characters that show nothing. Spaces, marks and invisible characters are known by their category."""


def line_complaint(text: str) -> str:
    """Return why a person cannot have meant this as one line of text, as a clause; an empty text if it is fine."""
    if _FORBIDDEN.search(text):
        return "must have no line break, control character or character that turns the direction of text"
    if not any(map(_is_visible, text)):
        return "shows nothing: it has invisible characters only"
    return ""


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] not in "MZ" and category not in ("Cc", "Cf", "Cs") and character not in _BLANK


def _meant_by_person(text: str, info: ValidationInfo) -> str:
    """Check a line that is given now. A stored value stays as it is."""
    if info.context is GIVEN and (complaint := line_complaint(text)):
        raise PydanticCustomError("line", "{complaint}", {"complaint": complaint})
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(_meant_by_person),
]
"""One line of text. If it is given by a person now, `line_complaint` applies."""

TEXT_PATTERN = r"^[^\x00]*$"
"""Pattern by which a text of several lines is known from one line."""

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000, pattern=TEXT_PATTERN)
]
"""Free text, possibly of several lines."""


# ---- what a text says, as a type: each field of a model has one (`process.personal`)

PersonName = Annotated[Line, Personal.NAME]
PersonNames = Annotated[Text, Personal.NAME]
MailAddress = Annotated[Line, Personal.ADDRESS]
Login = Annotated[Line, Personal.ADDRESS]
"""A person's account on GitHub, by its name or number, or the name of a team there."""
FreeText = Annotated[Text, Personal.WORDS]
Title = Annotated[Line, Personal.MENTION]
"""The name of a thing: of an organisation, a request, a file, an item. It may mention a person."""
Coded = Annotated[Line, Impersonal("a word of the process or of its settings")]

Named = Annotated[str, Personal.NAME]
Address = Annotated[str, Personal.ADDRESS]
Words = Annotated[str, Personal.WORDS]
"""A sentence that may repeat free text."""
Mention = Annotated[str, Personal.MENTION]
"""A text of ours with the name of a thing."""
Code = Annotated[str, Impersonal("a word of the process or of its settings")]
Id = Annotated[str, Impersonal("an id, a key of ours or a checksum")]


_JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts and emoji need."""
_OF_SEQUENCES = re.compile("[\U000e0020-\U000e007f]")
"""Invisible characters within emoji, as in the flag of Wales."""


def one_line(text: str) -> str:
    """Return the text on one line, without control and invisible characters; empty if it then shows nothing."""
    kept = (c if c.isprintable() or c in _JOINERS or _OF_SEQUENCES.match(c) else " " for c in text)
    line = " ".join("".join(kept).split())
    return "" if line_complaint(line) else line


class Stage(StrEnum):
    """The stages of the process, with its two ends (process.md, Stages)."""

    LEAD = "lead"
    QUOTED = "quoted"
    CONTRACTED = "contracted"
    HUB = "hub"
    LOST = "lost"
    CLOSED = "closed"


OPEN_STAGES = frozenset({Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB})


class Role(StrEnum):
    """A role in the process. Search attributes and metrics show roles, never people."""

    SALES = "sales"
    CONTRACTS = "contracts"
    ENGINEERING = "engineering"
    COMMUNITY = "community"
    NOBODY = "nobody"


def _for_a_browser(url: str, info: ValidationInfo) -> str:
    """Refuse an address that is given now and is none of a page; one that was stored or sent before is left out."""
    if not url or not (complaint := link_complaint(url)):
        return url
    if info.context is GIVEN:
        raise PydanticCustomError("link", "{complaint}", {"complaint": complaint})
    return url if url.startswith("http://") else ""


PageUrl = Annotated[
    str,
    StringConstraints(max_length=2_000),
    AfterValidator(_for_a_browser),
    Impersonal("the address of a page, by an id"),
]
"""The address of a page that people are led to; empty if there is none."""


MAX_NAME = 500
"""Characters of the name of a folder that a lead keeps. Drive has no limit."""


Artifact = Literal["issue", "hub issue", "card", "folder"]
"""An object of a lead in another system, where people may change or delete it."""


class Link(Given):
    """An object of a lead in another system: its id there, and the URL for people."""

    id: Annotated[Id, StringConstraints(max_length=500)]
    url: PageUrl = ""
    home: Annotated[Id, StringConstraints(max_length=500)] = ""
    """The repository or parent folder that a person moved it to; empty if it was not moved."""
    name: Annotated[Mention, StringConstraints(max_length=MAX_NAME)] = ""
    """Name of the folder at the last check."""
