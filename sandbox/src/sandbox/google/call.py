"""One authorised call of a method, as the handlers see it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from sandbox.faults import Fault
from sandbox.google.discovery import Method
from sandbox.google.errors import GoogleError
from sandbox.google.state import GoogleState, Snapshot, Token


@dataclass(frozen=True)
class Media:
    """Uploaded bytes and their declared type."""

    content: bytes
    mime_type: str


@dataclass(frozen=True)
class Call:
    """`base` is the address that the client used, so that links lead back to it. `fault` may ask for an old answer."""

    state: GoogleState
    method: Method
    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]
    token: Token
    base: str
    media: Media | None = None
    fault: Fault | None = None

    @property
    def snapshot(self) -> Snapshot:
        """What reading shows: the present, or an earlier moment when a fault makes the answer stale."""
        fault = self.fault
        if fault is None or fault.kind != "stale":
            return self.state.snapshot_before(0, timedelta())
        writes = fault.writes or (0 if fault.seconds else 1)
        return self.state.snapshot_before(writes, timedelta(seconds=fault.seconds))

    def must_see(self, file_id: str) -> None:
        """Raises GoogleError where the caller is no member of the file's drive."""
        if self.token.email not in self.state.drives[self.state.files[file_id].drive_id].members:
            raise GoogleError(403, "The caller does not have permission", reason="forbidden")


Handler = Callable[[Call], dict[str, Any] | Response]
