"""How a command ends when it could not do what was asked: one sentence for people, one number for scripts."""

import os
from enum import IntEnum

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from process.core.refusal import Refused


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


class DecisionRefused(CommandError):
    """The lead refused a decision. `refused` holds the reason and what to do instead, for each face to write."""

    def __init__(self, refused: Refused, lead_id: str) -> None:
        super().__init__(ExitCode.REFUSED, str(refused))
        self.refused = refused
        self.lead_id = lead_id


def refused_by(failed: WorkflowUpdateFailedError) -> Refused:
    """Return the refusal that made an update fail."""
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == "Refused" and cause.details:
        return Refused.model_validate(cause.details[0])
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return Refused(reason=message.rstrip("."))


def debugging() -> bool:
    """Whether tracebacks are wanted (LEADS_DEBUG)."""
    return os.environ.get("LEADS_DEBUG", "") not in ("", "0")
