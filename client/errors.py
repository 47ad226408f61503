"""How a command ends when it could not do what was asked: one sentence for people, one number for scripts."""

import os
from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    BROKEN = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5


EXIT_CODES = """\
Exit codes:
  0  done, also when it was done before
  1  a defect of this program
  2  wrong usage
  3  refused, for the reason that stands on stderr
  4  no such lead
  5  a system can't be reached, or did not answer in time"""


class CommandError(Exception):
    """What ends a command: its exit code, and why, in one sentence or two.

    `told`: the command has printed its JSON value already; there is never a second one.
    """

    def __init__(self, code: ExitCode, sentence: str, *, told: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.told = told


def debugging() -> bool:
    """Whether tracebacks are wanted (LEADS_DEBUG)."""
    return os.environ.get("LEADS_DEBUG", "") not in ("", "0")
