"""Assembles the command line, runs one command and returns its exit code.

Arguments are first read as the catalog describes them, so that help and wrong usage need no command to be loaded. Only
the command that is then to run is imported.
"""

import asyncio
import difflib
import inspect
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    Group,
    MissingArgumentError,
    Parameter,
    UnknownCommandError,
    UnusedCliTokensError,
)
from cyclopts.validators import Number

from starter.cli.catalog import Argument, Entry, read_catalog
from starter.cli.exits import EXIT_CODES, CommandFailed, ExitCode, debugging
from starter.cli.loading import Command, load
from starter.cli.output import clean, console, print_json

_TYPES = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "date": date,
    "path": Path,
}
_KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "rest": inspect.Parameter.VAR_POSITIONAL,
    "option": inspect.Parameter.KEYWORD_ONLY,
}


HELP: Final = frozenset({"--help", "-h"})
LONGEST: Final = 2000
"""Characters of an error; the longest that names every command or choice is shorter."""
READY: Final = object()
"""The answer of a stand-in: its arguments are right."""


def make_app(names: Iterable[str] | None = None) -> App:
    """Return the application with these commands, or with all, as they are run. It loads them."""
    return _app({name: load(name) for name in (read_catalog() if names is None else names)})


def outline(command: str = "") -> App:
    """Return the application with this command and its arguments, or with all by name and summary. It loads none."""
    entries = read_catalog()
    if command:
        return _app({command: _stand_in(entries[command], whole=True)})
    return _app({name: _stand_in(entry, whole=False) for name, entry in entries.items()})


def _app(commands: Mapping[str, Command]) -> App:
    app = App(
        name="leads",
        help="Take a lead to a running hub: one long-running Temporal workflow per lead.",
        help_epilogue=EXIT_CODES,
        help_format="plaintext",
        version=_version,
    )
    entries = read_catalog()
    groups = {
        name: Group(name, sort_key=at)
        for at, name in enumerate(dict.fromkeys(e.group for e in entries.values()))
    }
    for position, name in enumerate(entries):
        if name in commands:
            group = groups[entries[name].group]
            app.command(commands[name], name=name, group=group, sort_key=position, help_epilogue="")
    return app


def _version() -> str:
    from importlib.metadata import version  # it takes a moment to load

    return version("lead-to-hub")


def _stand_in(entry: Entry, *, whole: bool) -> Command:
    """Return a function with the help of a command, and if `whole` with its arguments, that only says READY."""

    async def command(*_: Any, **__: Any) -> object:
        return READY

    command.__doc__ = entry.doc
    parameters = [_parameter(argument) for argument in entry.arguments] if whole else []
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _parameter(argument: Argument) -> inspect.Parameter:
    shown = dict(argument.parameter)
    if between := shown.pop("between", None):
        shown["validator"] = Number(**between)
    type_: Any = Literal[argument.choices] if argument.type == "choice" else _TYPES[argument.type]
    type_ = list[type_] if argument.many else type_
    type_ = type_ | None if argument.nullable else type_
    default = inspect.Parameter.empty if argument.required or argument.kind == "rest" else argument.default
    annotation = Annotated[type_, Parameter(**shown)]
    return inspect.Parameter(argument.name, _KINDS[argument.kind], default=default, annotation=annotation)


def run(arguments: Sequence[str], loaded: Callable[[], None] = lambda: None) -> int:
    """Run one command and return its exit code. Tracebacks are shown only with LEADS_DEBUG.

    `loaded` is called when the command is loaded, before it runs.
    """
    words = list(arguments)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    try:
        asyncio.run(_run(words, loaded))
    except asyncio.CancelledError:  # ended by a signal
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        return _fail(_failure(error), words)
    return ExitCode.DONE


async def _run(words: list[str], loaded: Callable[[], None]) -> None:
    """Print help, or run the command once its arguments are known to be right."""
    command = words[0] if words and words[0] in read_catalog() else ""
    app = outline(command)
    if not command or HELP.intersection(words):  # else cyclopts would load what formats help
        app.help_formatter = "default" if sys.stdout.isatty() else "plain"
    if await _ask(app, words) is not READY:
        return
    app = make_app([command])
    loaded()
    await _ask(app, words)


def _ask(app: App, words: list[str]) -> Coroutine[Any, Any, Any]:
    """Return the application's work with these arguments: it returns what the command does."""
    how: dict[str, Any] = {"exit_on_error": False, "print_error": False, "result_action": "return_value"}
    return app.run_async(words, console=console(), **how)


def _failure(error: Exception) -> CommandFailed:
    """Return how the command ends with this error."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, CycloptsError):
        return CommandFailed(ExitCode.USAGE, _usage(error))
    from starter.cli.errors import KNOWN, rendered  # it loads the client

    if isinstance(error, KNOWN):
        return rendered(error)
    sentence = f"This is a defect of this program: {error!r}. LEADS_DEBUG=1 shows more."
    return CommandFailed(ExitCode.DEFECT, sentence)


def _usage(wrong: CycloptsError) -> str:
    """Return what is wrong with the command line, and which help explains it."""
    command = " ".join(["leads", *(wrong.command_chain or ())])
    if type(wrong) is MissingArgumentError and wrong.keyword:  # the option is there, and nothing after it
        return f"{wrong.keyword} needs a value after it; `{command} --help` explains it."
    if type(wrong) is MissingArgumentError and wrong.argument:
        return f"`{command}` needs {_missing(wrong, wrong.argument.name)}; `{command} --help` explains it."
    if isinstance(wrong, UnusedCliTokensError):
        words = ", ".join(map(repr, wrong.unused_tokens or ()))
        return f"`{command}` takes no {words} here: a value stands after its option. `{command} --help` explains it."
    if isinstance(wrong, CoercionError) and wrong.token and wrong.target_type in (date, date | None):
        value, option = wrong.token.value, wrong.token.keyword
        return f"{value!r} is no date for {option}. Write it as 2026-03-31; `{command} --help` explains it."
    if isinstance(wrong, UnknownCommandError):
        word = (wrong.unused_tokens or [""])[0]
        near = difflib.get_close_matches(word, read_catalog(), cutoff=0.7)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        return f"There is no command {word!r}.{meant} `leads --help` lists all commands."
    return f"{str(wrong).replace('|None', '')} `{command} --help` explains it."


def _without_middle(sentence: str) -> str:
    """Return the sentence, without its middle if a value that it quotes makes it too long to read."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST // 2]}…{sentence[-LONGEST // 2 :]}"


def _missing(wrong: MissingArgumentError, first: str) -> str:
    """Return what the command line lacks: the first argument that is missing, and all other required options."""
    entry = read_catalog().get((wrong.command_chain or ("",))[-1])
    given = {token.partition("=")[0] for token in wrong.root_input_tokens or ()}
    required = [each for each in entry.arguments if each.required and each.kind == "option"] if entry else []
    options = [each.flags[0] for each in required if not given.intersection(each.flags)]
    return " and ".join(dict.fromkeys([first, *options]))


def _fail(failure: CommandFailed, arguments: list[str]) -> int:
    if debugging():
        traceback.print_exc()
    sentence = _without_middle(clean(str(failure)))
    if "--json" in arguments and not failure.printed:
        print_json({"error": sentence, "code": int(failure.code)})
    console(stderr=True).print(f"leads: {sentence}", style="red", soft_wrap=True)
    return failure.code
