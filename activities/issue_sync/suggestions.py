"""Write refusals for people on GitHub: suggestions become commands for comments."""

from process.core.refusal import Refused, Suggestion, SuggestionKind, plain, sentences
from process.decisions.registry import DECISIONS
from process.github import commands
from process.lead.lead import Lead


def explain(refused: Refused) -> str:
    """Return the refusal in sentences, with the commands that would work: `Reopen it first (/reopened).`"""
    return sentences(refused, _written)


def samples(refused: Refused, lead: Lead) -> list[str]:
    """Return a complete command line for each decision that the refusal suggests."""
    suggested = (each for each in refused.suggestions if each.kind is SuggestionKind.DECIDE)
    return [
        commands.sample_line(kind, kind.example_for(lead) | each.fields)
        for each in suggested
        if (kind := DECISIONS.get(each.decision))
    ]


def _written(suggestion: Suggestion) -> str:
    match suggestion.kind:
        case SuggestionKind.DECIDE:
            return f"{suggestion.text} ({commands.command_line(suggestion.decision, suggestion.fields)})"
        case SuggestionKind.OPTIONS:
            return f"{suggestion.text} ({commands.slash_name('options')})"
        case SuggestionKind.EXAMPLE:  # shown below the sentences, in a block of its own
            return ""
        case _:
            return plain(suggestion)
