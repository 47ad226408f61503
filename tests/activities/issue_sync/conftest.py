"""The issue sync on a real server, against the sandbox."""

from tests.support.deployment import (
    at_once,
    deployment,
    env,
    quick_retries,
    running_sandbox,
    sandbox,
    settings,
)

__all__ = ["at_once", "deployment", "env", "quick_retries", "running_sandbox", "sandbox", "settings"]
