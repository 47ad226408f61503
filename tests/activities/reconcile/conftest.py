"""Reconciliation on a real server, against the sandbox."""

from tests.support.deployment import deployment, env, quick_retries, running_sandbox, sandbox, settings

__all__ = ["deployment", "env", "quick_retries", "running_sandbox", "sandbox", "settings"]
