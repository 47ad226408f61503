from tests.activities.sandboxed import running_sandbox, sandbox, settings

__all__ = ["running_sandbox", "sandbox", "settings"]
