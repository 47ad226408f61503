"""The issue sync on a real server, against the sandbox."""

from tests.support.office import env, office, quick_retries, running_sandbox, sandbox, settings

__all__ = ["env", "office", "quick_retries", "running_sandbox", "sandbox", "settings"]
