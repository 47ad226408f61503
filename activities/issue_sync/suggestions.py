"""Writes refusals for people on GitHub: suggestions become commands for comments."""

from process.core.refusal import Refused, Suggestion, SuggestionKind, plain, sentences
from process.decisions.correcting import Corrected
from process.decisions.registry import DECISIONS
from process.github import commands
from process.lead.lead import Lead


def explain(refused: Refused) -> str:
    """Return the refusal in sentences, with the commands that would work: `Reopen it first (/reopened).`"""
    return sentences(refused, _written)


def samples(refused: Refused, lead: Lead) -> list[str]:
    """Return a complete command line for each decision that the refusal suggests.

    A correction is left out if the refusal does not say of what: the number of an example may be that of another event.
    """
    suggested = (
        each
        for each in refused.suggestions
        if each.kind is SuggestionKind.DECIDE and (each.decision != Corrected.kind or "seq" in each.fields)
    )
    return [
        commands.sample_line(kind, kind.example_for(lead) | each.fields)
        for each in suggested
        if (kind := DECISIONS.get(each.decision))
    ]


def _missing(suggestion: Suggestion) -> dict[str, str]:
    """Return placeholders for what the suggested decision needs beside the fields of the suggestion."""
    kind = DECISIONS.get(suggestion.decision)
    needed = (name for name, field in kind.model_fields.items() if field.is_required()) if kind else ()
    return {name: name.upper() for name in needed if name not in suggestion.fields}


def _written(suggestion: Suggestion) -> str:
    match suggestion.kind:
        case SuggestionKind.DECIDE:
            fields = _missing(suggestion) | suggestion.fields
            return f"{suggestion.text} ({commands.command_line(suggestion.decision, fields)})"
        case SuggestionKind.OPTIONS:
            return f"{suggestion.text} ({commands.slash_name('options')})"
        case SuggestionKind.KNOWN:
            return f"{suggestion.text}: here, in a comment"
        case SuggestionKind.EXAMPLE:  # shown below the sentences, in a block of its own
            return ""
        case _:
            return plain(suggestion)
