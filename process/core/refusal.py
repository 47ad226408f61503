"""A refusal as data: why not, and suggestions that each face writes in its own way."""

import json
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from process.personal import Personal
from process.types import Code, Given, Id, Words


class SuggestionKind(StrEnum):
    """The kinds of suggestions. Each face has its own sentence or command for each kind."""

    ADVICE = "advice"
    """Follow a sentence that needs no command."""
    DECIDE = "decide"
    """Take another decision, with at least these fields."""
    EXAMPLE = "example"
    """Send the same decision again, with fields such as these."""
    GIVE = "give"
    """Send the same decision again, with one of these sets of its fields."""
    LEAVE_OUT = "leave_out"
    """Send the same decision again, without one of these sets of its fields. `text` says what else would do."""
    OPTIONS = "options"
    """Look at the list of all decisions."""
    TIMELINE = "timeline"
    """Look at the lead's timeline."""
    NEWS = "news"
    """Look at what has happened since the lead was looked at, and send the decision again with that number."""
    LEADS = "leads"
    """Look at the list of leads."""
    POLICY = "policy"
    """Look at the policy in force."""
    ROLES = "roles"
    """Look at where people are given their roles."""
    KNOWN = "known"
    """Decide it where the service knows people. `url` is the address of the lead's issue, where a comment is one such place;
    which others there are, the face may know."""
    LEAD = "lead"
    """Go to another lead."""
    START = "start"
    """Start a new lead."""
    ADOPT = "adopt"
    """Bring the lead to the newest version of the process."""


MAX_SENTENCE = 2_000
"""Characters of a sentence in a refusal. It may quote what was sent, so a longer one is cut, and never fails."""


def _cut(text: Any) -> Any:
    return text if not isinstance(text, str) or len(text) <= MAX_SENTENCE else f"{text[: MAX_SENTENCE - 1]}…"


Sentence = Annotated[Words, BeforeValidator(_cut), Field(max_length=MAX_SENTENCE)]


class Suggestion(Given):
    """One thing to do instead, which each face writes as a sentence, a command or a link."""

    kind: SuggestionKind = SuggestionKind.ADVICE
    text: Sentence = ""
    """One sentence without its full stop."""
    decision: Code = ""
    """Kind of the decision to take."""
    fields: Annotated[dict[Code, Any], Personal.WORDS] = {}
    """Fields of that decision, as JSON values."""
    field_sets: tuple[tuple[Code, ...], ...] = ()
    """Sets of fields of the same decision, by their names, of which one is to be given or left out."""
    lead_id: Id = ""
    """Id of the lead to go to."""
    url: Id = ""
    """Address at which a person opens it."""


class Refused(Given):
    """A decision that cannot be taken: one sentence why, and suggestions."""

    reason: Sentence
    """One sentence without its full stop."""
    suggestions: tuple[Suggestion, ...] = ()

    def __str__(self) -> str:
        return sentences(self)


def refuse(reason: str, *suggestions: Suggestion | str) -> Refused:
    """Return a refusal. A suggestion that is a plain sentence is advice; an empty one is left out."""
    values = (Suggestion(text=each) if isinstance(each, str) else each for each in suggestions if each)
    return Refused(reason=reason, suggestions=tuple(values))


def suggest(text: str, decision: str, **fields: Any) -> Suggestion:
    """Return the suggestion to take this decision."""
    return Suggestion(kind=SuggestionKind.DECIDE, text=text, decision=decision, fields=fields)


def example(decision: str, fields: dict[str, Any]) -> Suggestion:
    """Return the suggestion to send this decision with fields such as these."""
    return Suggestion(kind=SuggestionKind.EXAMPLE, decision=decision, fields=fields)


def give(*field_sets: Sequence[str]) -> Suggestion:
    """Return the suggestion to send the same decision again with one of these sets of its fields."""
    return Suggestion(kind=SuggestionKind.GIVE, field_sets=tuple(map(tuple, field_sets)))


def leave_out(*field_sets: Sequence[str], text: str = "") -> Suggestion:
    """Return the suggestion to send the same decision again without one of these sets of its fields."""
    return Suggestion(kind=SuggestionKind.LEAVE_OUT, field_sets=tuple(map(tuple, field_sets)), text=text)


def title(kind: str) -> str:
    """Return the kind of a decision, or another stored name, as people read it: `Price quoted`."""
    return kind.replace("_", " ").replace("-", " ").capitalize().replace("Maniac t", "MANIAC-T")


def plain(suggestion: Suggestion, field: Callable[[str], str] = str) -> str:
    """Return the suggestion as a sentence that fits every face, without its full stop. `field` writes a field's name."""
    text, kind = suggestion.text, suggestion.kind
    if kind is SuggestionKind.GIVE:
        return f"Give {one_of(suggestion.field_sets, field)}"
    if kind is SuggestionKind.LEAVE_OUT:
        left = f"Leave {one_of(suggestion.field_sets, field)} out"
        return f"{left}, {text}" if text else left
    if kind is SuggestionKind.EXAMPLE:
        return f"Send an object such as {json.dumps(suggestion.fields, ensure_ascii=False)}"
    if kind is SuggestionKind.DECIDE:
        given = "".join(f", {name} {value}" for name, value in suggestion.fields.items())
        return f"{text} ({suggestion.decision}{given})"
    if kind is SuggestionKind.KNOWN:
        return f"{text}: {where_known(suggestion)}"
    if suggestion.url:
        return f"{text}: {suggestion.url}"
    return text


def one_of(field_sets: Iterable[Sequence[str]], field: Callable[[str], str] = str) -> str:
    """Return the sets of fields as alternatives: `amount, currency and per, or book and plan`."""
    sets = [_and([field(name) for name in each]) for each in field_sets]
    if len(sets) > 2:
        return f"at least one of {', '.join(sets)}"
    return (", or " if any(" and " in each for each in sets) else " or ").join(sets)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def where_known(suggestion: Suggestion) -> str:
    """Return the place where the service knows people, as far as the lead can tell."""
    issue = suggestion.url
    return f"in a comment on the lead's issue, {issue}" if issue else "on pages to which people sign in"


def sentences(refused: Refused, write: Callable[[Suggestion], str] = plain) -> str:
    """Return the refusal as text: the reason, then each suggestion as `write` words it."""
    texts = (refused.reason, *map(write, refused.suggestions))
    return " ".join(text if text.endswith("?") else f"{text}." for text in texts if text)
