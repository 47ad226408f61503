"""The person who takes a decision, as the face knows them through which it came."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from process.addresses import folded
from process.types import Given, Login, Role


class Face(StrEnum):
    """A way by which decisions reach a lead."""

    COMMENT = "github comment"
    ISSUE = "github issue"
    BOARD = "github board"
    PAGE = "page"
    API = "api"
    LINK = "link"
    QUESTIONNAIRE = "questionnaire"
    """The service itself, when it has found a response to the questionnaire."""
    COMMAND_LINE = "cli"
    SIGNAL = "signal"
    UPDATE = "update"

    @property
    def authenticates(self) -> bool:
        """True if the face knows who is there. At the others, anybody may write any name."""
        return self not in (Face.COMMAND_LINE, Face.SIGNAL, Face.UPDATE)


class Actor(Given):
    """The person who decides. The face says who it is; the lead judges what they may do (`process.authorization`)."""

    face: Face = Face.SIGNAL
    identity: Login | None = None
    """The person, the same on every face (`identity_of`); None if unknown."""
    roles: tuple[Role, ...] | None = None
    """Their roles, sorted; None where the face knows no roles."""
    authenticated: bool = False
    """True if the face knows that it is this person. The lead sets it, and believes only what the service has signed."""


def shown(by: str, *, authenticated: bool) -> str:
    """Return the name of a person as the history shows it."""
    return by if authenticated else f"{by} (not authenticated)"


NOBODY = Actor()
"""Stands in for a person of whom nothing is known."""

SOMEONE: Final = "someone"
SOMEONE_AT_TEMPORAL: Final = "someone through Temporal"
SOMEONE_AT_COMMAND_LINE: Final = "someone at the command line"
"""Names that a face gives where it does not know who is there."""

BY_SERVICE: Final = "the service"
BY_CALENDAR: Final = "the calendar"
BY_QUESTIONNAIRE: Final = "the questionnaire"
"""Names that stand for no person: what the service does by itself, by a date, or for an answer."""

UNKNOWN_NAMES = frozenset(each.casefold() for each in (SOMEONE, SOMEONE_AT_TEMPORAL, SOMEONE_AT_COMMAND_LINE))
"""Names of somebody unknown, in small letters."""

NOBODY_BY_NAME: Final = frozenset(
    {SOMEONE, SOMEONE_AT_TEMPORAL, SOMEONE_AT_COMMAND_LINE, BY_SERVICE, BY_CALENDAR, BY_QUESTIONNAIRE}
)
"""Texts in place of the name of whoever decided that name nobody."""

ID = "id:"
"""Beginning of an alias that is GitHub's number of an account. A login may be given up and taken by somebody else."""

Aliases = Mapping[str, tuple[str, ...]]
"""Person, by their GitHub login -> their other names: `id:NUMBER`, mail addresses, names at the command line."""


def identity_of(aliases: Aliases, name: str, account: int | None = None) -> str | None:
    """Return the identity of a person whom a face knows by this name and, on GitHub, by the number of the account.

    It is None if the login belongs to another account than the one that the aliases name.
    """
    number, plain = f"{ID}{account}" if account else "", plain_name(name)
    for person, others in aliases.items():
        if number and number in others:
            return plain_name(person)
        if plain in {plain_name(each) for each in (person, *others)}:
            other_account = number and any(each.startswith(ID) for each in others)
            return None if other_account else plain_name(person)
    return number or plain or None


def plain_name(name: str) -> str:
    """Return a login, a mail address or another name as it is compared: without `@` before it, in small letters.

    An accent is the same as a letter with it, and a domain the same in its own script and in ASCII.
    """
    plain = unicodedata.normalize("NFC", name.strip().removeprefix("@"))
    return unicodedata.normalize("NFC", folded(plain) if "@" in plain else plain.casefold())
