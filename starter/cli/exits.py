"""Exit codes, and the error that ends a command with one. It imports nothing, so that wrong usage is told at once."""

import os
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit code of a command, for scripts."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


EXIT_CODES = """\
Exit codes:
  0    done, also when it was done before
  1    a defect of this program
  2    wrong usage or a wrong setting
  3    refused; the reason is on stderr
  4    no such lead
  5    a system cannot be reached, or did not answer in time
  130  ended by Ctrl-C"""


class CommandFailed(Exception):
    """Ends a command with an exit code and a message.

    `printed`: the command has already printed its JSON value, so the error is not printed as another one.
    """

    def __init__(self, code: ExitCode, message: str, *, printed: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.printed = printed


def debugging() -> bool:
    """Return True if tracebacks are wanted (LEADS_DEBUG)."""
    return os.environ.get("LEADS_DEBUG", "") not in ("", "0")
