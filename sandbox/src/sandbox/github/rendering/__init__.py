"""The records as REST returns them. Every URL starts with the host that the caller used."""

from sandbox.github.rendering.accounts import Json, time
from sandbox.github.rendering.hooks import HookRenderer
from sandbox.github.rendering.issues import IssueRenderer

__all__ = ["Json", "Renderer", "time"]


class Renderer(IssueRenderer, HookRenderer):
    """Renders records for a caller who reached the sandbox at `base` (scheme, host and port).

    Use it for a single response: it counts comments and reactions only once.
    """
