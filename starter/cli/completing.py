"""Completes a command line from the catalog, and ids of leads from the ledger. It loads no command."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from starter.cli.catalog import Argument, Entry, read_catalog
from starter.cli.loading import DECISIONS_GROUP

Found = tuple[str, str]
"""A word, and a description of it."""
Ids = Callable[[str], Iterable[Found]]
"""Returns the ids of leads that begin so, with the leads' headings."""

_HELP: tuple[Found, ...] = (("--help", "Explain it."),)


def main(words: Sequence[str]) -> None:
    """Print what may take the place of the last word, each with a description after a tab."""
    for word, text in completions(words or [""], _lead_ids):
        sys.stdout.write(f"{word}\t{text}\n")


def completions(words: Sequence[str], lead_ids: Ids) -> list[Found]:
    """Return what may take the place of the last word. `words`: those after `leads`, the last one is being typed."""
    *before, begun = words
    return [(word, text) for word, text in _possible(before, begun, lead_ids) if word.startswith(begun)]


def _possible(before: Sequence[str], begun: str, lead_ids: Ids) -> Iterable[Found]:
    commands = read_catalog()
    if not before:
        every = (("--help", "List all commands."), ("--version", "Print the release."))
        return [*((entry.name, entry.summary) for entry in commands.values()), *every]
    entry = commands.get(before[0])
    if entry is None:
        return ()
    options = {flag: argument for argument in entry.options for flag in argument.flags}
    if entry.name == "preview" and len(before) > 2 and (decision := commands.get(before[2])):
        options |= {flag: argument for argument in decision.options for flag in argument.flags}
    asked = options.get(before[-1])
    if asked and asked.takes_value:
        return _values(entry, asked, begun, lead_ids)
    if begun.startswith("-"):
        given = {flag for flag in before if flag in options and not options[flag].many}
        return [*((flag, _help(argument)) for flag, argument in options.items() if flag not in given), *_HELP]
    count = sum(1 for _ in _positional(before[1:], options))
    arguments = entry.positional[count : count + 1]
    return _values(entry, arguments[0], begun, lead_ids) if arguments else ()


def _positional(words: Sequence[str], options: dict[str, Argument]) -> Iterator[str]:
    """Yield the words that are neither options nor their values."""
    value = False
    for word in words:
        if not value and not word.startswith("-"):
            yield word
        value = not value and word in options and options[word].takes_value


def _values(entry: Entry, argument: Argument, begun: str, lead_ids: Ids) -> Iterable[Found]:
    commands = read_catalog().values()
    match entry.name, argument.name:
        case _ if argument.choices:
            return [(choice, "") for choice in argument.choices]
        case _, "lead" | "into":
            return lead_ids(begun)
        case "preview", "decision":
            return [(each.name, each.summary) for each in commands if each.group == DECISIONS_GROUP]
        case "help", "command":
            return [(each.name, each.summary) for each in commands]
        case "agenda" | "digest", "for_":
            return [(role, "") for role in _roles()]
    return ()


def _roles() -> Sequence[str]:
    (owner,) = (argument for argument in read_catalog()["list"].options if argument.name == "owner")
    return owner.choices


def _help(argument: Argument) -> str:
    return " ".join(str(argument.parameter.get("help", "")).split())


def _lead_ids(begun: str) -> Iterable[Found]:
    """Return ids from the ledger of the settings; none if there is no ledger, or it is no file on this machine."""
    try:
        from ledger.lead_ids import ids_beginning
        from starter.cli.configuration import read_settings

        return ids_beginning(read_settings().ledger_url.get_secret_value(), begun)
    except Exception:  # a shell that completes shows no errors
        return ()
