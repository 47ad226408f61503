"""Reads that lag behind the writes, on demand."""

from starlette.requests import Request

from sandbox.faults import Fault
from sandbox.github.state import GitHubState


def fault_of(request: Request) -> Fault | None:
    """The fault that this request is to suffer inside GitHub itself."""
    fault: Fault | None = request.scope.get("sandbox.fault")
    return fault


def state_for(request: Request, state: GitHubState) -> GitHubState:
    """The state as this request is to see it: the present, or the past that its fault `stale` asks for.

    The fault's `writes` takes back that many of the latest writes, its `seconds` all writes of that last while; with
    neither, the latest write is not seen yet.
    """
    fault = fault_of(request)
    if fault is None or fault.kind != "stale":
        return state
    return state.past(writes=fault.writes or (0 if fault.seconds else 1), seconds=fault.seconds)
