"""Errors of running the service on this machine, as data."""

from dataclasses import dataclass
from pathlib import Path

from client.errors import Unavailable


class LocalError(Unavailable):
    """The service cannot run on this machine."""


@dataclass(eq=False, repr=False)
class PartFailed(LocalError):
    """A child process is of no use. `last_line`: the last line of its log."""

    name: str
    problem: str
    last_line: str
    log: Path

    def __str__(self) -> str:
        return f"{self.name} {self.problem}; its last log line: {self.last_line} (the whole log is in {self.log})."


@dataclass(eq=False, repr=False)
class PortTaken(LocalError):
    """A port cannot be listened on. `parameter`: name of the parameter that chooses another one."""

    port: int
    purpose: str
    parameter: str
    reason: str

    def __str__(self) -> str:
        return f"Port {self.port}, for {self.purpose}, cannot be used ({self.reason})."


@dataclass(eq=False, repr=False)
class PortShared(LocalError):
    """Two parts were given the same port. `parameter`: name of the parameter that chooses another one."""

    port: int
    purposes: tuple[str, str]
    parameter: str

    def __str__(self) -> str:
        return f"Port {self.port} was given to both {' and '.join(self.purposes)}."


@dataclass(eq=False, repr=False)
class AlreadyRunning(LocalError):
    """Another process runs the service with the same data."""

    folder: Path

    def __str__(self) -> str:
        return f"The service is running already with the data in {self.folder}."


class DevServerMissing(LocalError):
    """Temporal's development server is not installed."""

    def __str__(self) -> str:
        return "Temporal's development server is not installed."
