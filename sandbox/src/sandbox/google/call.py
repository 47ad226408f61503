"""An authorized call of an API method, as handlers receive it."""

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
    """A call. `base` is the address that the client used; links in the response start with it."""

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
        """The data that reads see: the current data, or older data if the fault `stale` asks for it."""
        fault = self.fault
        if fault is None or fault.kind != "stale":
            return self.state.snapshot_before(0, timedelta())
        writes, seconds = fault.missed
        return self.state.snapshot_before(writes, timedelta(seconds=seconds))

    def must_see(self, file_id: str) -> None:
        """Raise GoogleError if the caller is not a member of the file's drive."""
        if self.token.email not in self.state.drives[self.state.files[file_id].drive_id].members:
            raise GoogleError(403, "The caller does not have permission", reason="forbidden")


Handler = Callable[[Call], dict[str, Any] | Response]
"""Returns the JSON body or the whole response; raises GoogleError if Google would refuse the call."""
