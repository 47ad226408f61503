"""Errors of the demo, as data."""

from dataclasses import dataclass
from pathlib import Path

from client.errors import LeadsError, Unavailable, sentence


@dataclass(eq=False, repr=False)
class StepFailed(Unavailable):
    """A step of the demo did not end as it should."""

    reason: str
    step: str = ""

    def __str__(self) -> str:
        return sentence(f"{self.step}: {self.reason}" if self.step else self.reason, capital=False)


@dataclass(eq=False, repr=False)
class DemoFailed(Unavailable):
    """The demo ended early. `logs`: folder with the logs of its parts."""

    cause: LeadsError
    logs: Path

    def __str__(self) -> str:
        return f"{self.cause} The logs are in {self.logs}."
