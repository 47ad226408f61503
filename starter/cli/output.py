"""Prints results: styled on a terminal, plain in a pipe, one JSON value with --json."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress, Task

NEVER_WRAPPED = 10_000
"""Width of output that goes into a pipe, in columns."""

PAUSE = 15.0
"""Seconds between two lines about the progress of a command."""

READABLE = 24
"""Width that the last column of a table needs to be readable."""


def clean(text: str) -> str:
    """Return the text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """Return the time in the lead's time zone, for people."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}" if at else ""


def count_of(count: int, noun: str) -> str:
    """Return the count with the noun in singular or plural."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class _Console(Console):
    """A console that leaves it to the program what becomes of a closed pipe."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise the BrokenPipeError that is being handled."""
        raise


def console(*, stderr: bool = False) -> Console:
    """Return a console for stdout or stderr."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else NEVER_WRAPPED
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(*, hidden: bool) -> "Iterator[Progress]":
    """Show on stderr how far a long command has come: on a terminal by a bar that disappears at the end.

    In a pipe or under cron, a line says so now and then, so that a command that takes long is known to go on.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, console=screen, transient=True, disable=hidden or not screen.is_terminal)
    if hidden or screen.is_terminal:
        with shown:
            yield shown
        return
    ended = Event()
    teller = Thread(target=_tell, args=(shown, screen, ended), daemon=True)
    teller.start()
    try:
        yield shown
    finally:
        ended.set()
        teller.join()


def _tell(shown: "Progress", screen: Console, ended: Event) -> None:
    """Print the progress as lines until the command has ended, and none twice."""
    told = ""
    while not ended.wait(PAUSE):
        line = "; ".join(map(_standing, shown.tasks))
        if line != told:
            with suppress(OSError):  # nobody reads it any more
                screen.print(f"leads: {clean(line)}", soft_wrap=True)
        told = line


def _standing(task: "Task") -> str:
    """Return what is being done, and how much of it is."""
    total = "" if task.total is None else f" of {task.total:,.0f}"
    counts = bool(task.completed or task.total)
    return f"{task.description}{f': {task.completed:,.0f}{total}' if counts else ''}"


def confirmed(question: str) -> bool:
    """Return True if the person at the terminal agrees; without a terminal, nobody does."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


class Output:
    """Prints the result of a command."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = console()

    def value(self, value: Any) -> bool:
        """Print the value as JSON if requested; return True if so."""
        if self.as_json:
            print_json(value)
        return self.as_json

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line."""
        self.console.print(Text(clean(text), style=style), soft_wrap=True)

    def heading(self, text: str) -> None:
        """Print a blank line and a bold one."""
        self.line()
        self.line(text, "bold")

    def items(self, lines: Iterable[str], style: str = "") -> None:
        """Print indented lines. A leading space indents a line further."""
        for text in lines:
            indent = " " * (2 + len(text) - len(text.lstrip(" ")))
            self.console.print(Text(f"{indent}{clean(text)}", style=style), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
        """Print aligned columns. The last one takes the remaining width, or goes below the others if that is too little."""
        styled = self.console.is_terminal
        cells = [[_cell(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)][:-1]
        if sum(width + 2 for width in widths) + READABLE > self.console.width:
            self._stack(cells)
            return
        table = Table(box=box.SIMPLE_HEAD if styled else None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, no_wrap=name != columns[-1], overflow="fold")
        for row in cells:
            table.add_row(*row)
        if styled:
            self.console.print(table)
            return
        with self.console.capture() as printed:
            self.console.print(table)
        for line in printed.get().splitlines():
            self.console.out(line.rstrip())

    def _stack(self, rows: Iterable[Sequence[Text]]) -> None:
        """Print each row as a line, with its last column below."""
        for first, *others, last in rows:
            line = Text(" · ").join([Text(first.plain, "bold"), *filter(None, others)])
            self.console.print(line, soft_wrap=True)
            if last:
                self.console.print(Text.assemble("  ", last), soft_wrap=True)


def _cell(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(clean(cell))


def print_json(value: Any) -> None:
    """Print the value to stdout as indented JSON."""
    from pydantic_core import to_jsonable_python  # only what prints a value needs it

    sys.stdout.write(json.dumps(to_jsonable_python(value), ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()
