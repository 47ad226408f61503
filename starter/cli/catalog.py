"""The catalog of all commands: everything that help, completion and a check of the usage need to know of them.

It is read instead of the commands, which would load the whole process. `catalog.json` is written from the commands
themselves (`starter/cli/describe.py`), and a test fails when it differs from them.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("catalog.json")


class Argument(NamedTuple):
    """One argument or option of a command. Its name is Python's: `as_of` for `--as-of`."""

    name: str
    kind: str
    """`positional`, `rest` (any number of positional ones) or `option`."""
    type: str
    """`str`, `int`, `float`, `bool`, `date`, `path` or `choice`."""
    parameter: Mapping[str, Any]
    """Keywords by which it is shown and read: those of cyclopts' Parameter that differ from their defaults."""
    choices: tuple[str, ...] = ()
    many: bool = False
    """True if it may be given several times."""
    nullable: bool = False
    """True if None stands for a missing value."""
    required: bool = False
    default: Any = None

    @property
    def flags(self) -> tuple[str, ...]:
        """Names of the option as they are typed: `--as-of`."""
        names = self.parameter.get("name") or (self.name.strip("_").replace("_", "-"),)
        return tuple(name if name.startswith("-") else f"--{name}" for name in names)

    @property
    def takes_value(self) -> bool:
        """True if the option is followed by a value."""
        return self.type != "bool"


class Entry(NamedTuple):
    """One command."""

    name: str
    group: str
    doc: str
    arguments: tuple[Argument, ...]
    decision: str = ""
    """Module and class of the decision that it takes, as `process.decisions.merging:Merged`; empty for others."""

    @property
    def summary(self) -> str:
        """The first paragraph of its help, on one line."""
        return " ".join(self.doc.partition("\n\n")[0].split())

    @property
    def options(self) -> tuple[Argument, ...]:
        """Its options, without the positional arguments."""
        return tuple(argument for argument in self.arguments if argument.kind == "option")

    @property
    def positional(self) -> tuple[Argument, ...]:
        """Its positional arguments, in their order."""
        return tuple(argument for argument in self.arguments if argument.kind != "option")


@cache
def read_catalog() -> Mapping[str, Entry]:
    """Return all commands by name, in the order in which help lists them."""
    return {entry["name"]: _entry(entry) for entry in json.loads(FILE.read_text("utf-8"))}


def _entry(stored: Mapping[str, Any]) -> Entry:
    arguments = (
        Argument(**{**each, "choices": tuple(each.get("choices", ()))}) for each in stored["arguments"]
    )
    return Entry(stored["name"], stored["group"], stored["doc"], tuple(arguments), stored.get("decision", ""))
