"""Writes decisions and refusals as they are typed on the command line."""

import shlex
from collections.abc import Mapping
from typing import Any

from process.core.refusal import Refused, Suggestion, SuggestionKind, plain, sentences
from starter.cli.catalog import read_catalog

_COMMANDS = {
    SuggestionKind.OPTIONS: "leads options {}",
    SuggestionKind.TIMELINE: "leads history {}",
    SuggestionKind.NEWS: "leads history {}",
    SuggestionKind.LEADS: "leads list",
    SuggestionKind.POLICY: "leads policy",
    SuggestionKind.START: "leads start",
    SuggestionKind.ADOPT: "leads adopt {}",
    SuggestionKind.ROLES: "LEADS_PEOPLE in the settings of the service",
}
"""Command that shows or does what a suggestion of this kind is about."""

APPROVALS = frozenset({"discount_approved"})
"""Decisions that need somebody who is known, as nobody is at the command line."""


def as_command(kind: str) -> str:
    """Return the name of the decision's command: `contract-signed`."""
    return kind.replace("_", "-")


def as_option(field: str) -> str:
    """Return the name of the field's option: `--valid-until`."""
    return f"--{as_command(field)}"


def command_line(kind: str, lead_id: str, fields: Mapping[str, Any]) -> str:
    """Return the command that takes this decision: `leads contract-signed LEAD --evidence …`."""
    arguments = ["leads", as_command(kind), lead_id]
    for name, value in fields.items():
        option = as_option(name)
        if value is True:
            arguments.append(option)
        else:
            for each in value if isinstance(value, list | tuple) else [value]:
                arguments += [option, str(each)]
    return shlex.join(arguments)


def write_refusal(refused: Refused, lead_id: str = "LEAD") -> str:
    """Return the refusal in sentences, with the commands that would work."""
    return sentences(refused, lambda suggestion: _written(suggestion, lead_id))


def _missing(suggestion: Suggestion) -> dict[str, str]:
    """Return placeholders for what the suggested decision needs beside the fields of the suggestion."""
    entry = read_catalog().get(as_command(suggestion.decision))
    needed = (option for option in entry.options if option.required) if entry else ()
    return {
        option.name: str(option.parameter.get("metavar") or option.name.upper())
        for option in needed
        if option.name not in suggestion.fields
    }


def _written(suggestion: Suggestion, lead_id: str) -> str:
    match suggestion.kind:
        case SuggestionKind.EXAMPLE:
            return f"For example: {command_line(suggestion.decision, lead_id, suggestion.fields)}"
        case SuggestionKind.DECIDE if suggestion.decision in APPROVALS:
            return f"{suggestion.text} (/{as_command(suggestion.decision)} in a comment on the lead's issue)"
        case SuggestionKind.DECIDE:
            fields = _missing(suggestion) | suggestion.fields
            command = command_line(suggestion.decision, lead_id, fields)
        case SuggestionKind.LEAD:
            command = f"leads show {suggestion.lead_id}"
        case kind if kind in _COMMANDS:
            command = _COMMANDS[kind].format(lead_id)
        case _:
            return plain(suggestion, as_option)
    return f"{suggestion.text} ({command})"
