"""Writes refusals for pages: sentences, with a link to the form or page of each suggestion that has one."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from process.core.refusal import Refused, Suggestion, SuggestionKind, plain
from process.decisions.opening import LeadOpened
from process.links import link_complaint

CORRECTION = "corrected"

_PLACES = {
    SuggestionKind.OPTIONS: "/leads/{}#decide",
    SuggestionKind.TIMELINE: "/leads/{}#timeline",
    SuggestionKind.NEWS: "/leads/{}#timeline",
    SuggestionKind.LEADS: "/board",
    SuggestionKind.START: "/leads/new",
}
"""Address at which a suggestion of this kind is followed, with the lead's id."""


class WrittenSuggestion(NamedTuple):
    """A suggestion as a sentence."""

    text: str
    href: str = ""
    """Address of the page at which it is followed; empty if there is none."""


class WrittenRefusal(NamedTuple):
    """A refusal as a sentence, and its suggestions."""

    reason: str
    suggestions: tuple[WrittenSuggestion, ...] = ()


def write_refusal(
    refused: Refused, lead_id: str, *, form_of: str = "", known: bool = False
) -> WrittenRefusal:
    """Return the refusal with the addresses of the pages that would help.

    `form_of`: kind of the decision whose form it stands in. Its example is no link there, which would lose what is typed.
    `known`: the pages know who the person is, as an approval needs.
    """
    written = (
        _where_known(each, lead_id, known=known)
        if each.kind is SuggestionKind.KNOWN
        else _written(each, lead_id, form_of)
        for each in refused.suggestions
    )
    return WrittenRefusal(_sentence(refused.reason), tuple(each for each in written if each.text))


def lead_address(lead_id: str) -> str:
    """Return the address of a lead's page."""
    return f"/leads/{quote(lead_id, safe='')}"


def decision_address(kind: str, lead_id: str, fields: Mapping[str, Any] | None = None) -> str:
    """Return the address of the form of this decision, with these fields filled in.

    A correction that names no event is begun from the timeline.
    """
    given = dict(fields or {})
    if kind == LeadOpened.kind:
        return _with_query("/leads/new", given)
    if kind != CORRECTION:
        return _with_query(f"{lead_address(lead_id)}/decide/{quote(kind.replace('_', '-'), safe='')}", given)
    seq = given.pop("seq", None)
    if seq is None:
        return f"{lead_address(lead_id)}#timeline"
    return _with_query(f"{lead_address(lead_id)}/correct/{quote(str(seq), safe='')}", given)


def _written(suggestion: Suggestion, lead_id: str, form_of: str) -> WrittenSuggestion:
    match suggestion.kind:
        case SuggestionKind.EXAMPLE if suggestion.decision == form_of:
            return WrittenSuggestion(_example(suggestion.fields))
        case SuggestionKind.EXAMPLE:
            address = decision_address(suggestion.decision, lead_id, suggestion.fields)
            return WrittenSuggestion(_example(suggestion.fields), address if suggestion.fields else "")
        case SuggestionKind.DECIDE:
            address = decision_address(suggestion.decision, lead_id, suggestion.fields)
            return WrittenSuggestion(_sentence(suggestion.text), address)
        case SuggestionKind.LEAD:
            return WrittenSuggestion(_sentence(suggestion.text), lead_address(suggestion.lead_id))
        case kind if kind in _PLACES:
            address = _PLACES[kind].format(quote(lead_id, safe=""))
            return WrittenSuggestion(_sentence(suggestion.text), address)
    if suggestion.url and not link_complaint(suggestion.url):
        return WrittenSuggestion(_sentence(suggestion.text), suggestion.url)
    return WrittenSuggestion(_sentence(plain(suggestion)))


def _where_known(suggestion: Suggestion, lead_id: str, *, known: bool) -> WrittenSuggestion:
    """Return the suggestion to decide where the service knows people. Pages to which nobody signs in are no such place."""
    text, issue = suggestion.text, suggestion.url if not link_complaint(suggestion.url) else ""
    if known:
        more = " or in a comment on the lead's issue" if issue else ""
        return WrittenSuggestion(f"{text}: here{more}.", decision_address(suggestion.decision, lead_id))
    if issue:
        return WrittenSuggestion(f"{text}: in a comment on the lead's issue.", issue)
    return WrittenSuggestion(f"{text}. Nobody signs in to these pages, so that is not here.")


def _example(fields: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in fields.items())
    return f"For example: {given}." if given else ""


def _sentence(text: str) -> str:
    return text if not text or text.endswith(("?", ".")) else f"{text}."


def _with_query(address: str, fields: Mapping[str, Any]) -> str:
    pairs = [
        (name, _given(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list | tuple) else [value])
    ]
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _given(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return text.encode(errors="replace").decode()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
