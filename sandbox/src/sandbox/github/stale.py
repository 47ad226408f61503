"""Faults that GitHub performs itself, among them stale reads."""

from starlette.requests import Request

from sandbox.faults import Fault
from sandbox.github.state import GitHubState


def fault_of(request: Request) -> Fault | None:
    """Return the fault that GitHub itself must perform on this request, or None."""
    fault: Fault | None = request.scope.get("sandbox.fault")
    return fault


def state_for(request: Request, state: GitHubState) -> GitHubState:
    """Return the state that this request sees: the current one, or a past one for the fault `stale`.

    The fault's `writes` hides that many of the latest writes, its `seconds` all writes of that period, and its `as_of` all
    writes after that time; without any the latest write is hidden.
    """
    fault = fault_of(request)
    if fault is None or fault.kind != "stale":
        return state
    writes, seconds = fault.missed
    return state.past(writes=writes, seconds=seconds)
