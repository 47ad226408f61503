"""The owner of the key under which a workflow's payloads are sealed."""

from datetime import UTC, datetime
from typing import Final

_LEAD = "lead-"
_SERVICE = "service/"
_IN_CLEAR: Final = ("settings-of-", "reconcile", "weekly-digest")
"""Ids of schedules, of which the first is a beginning. What stands there is nobody's data, and stays for years."""


def owner_of(workflow_id: str | None) -> str | None:
    """Return the owner for this workflow, or None if its payloads are not sealed.

    Each lead has keys of its own. The service's chores share those of the month.
    """
    if workflow_id is None:
        return f"{_SERVICE}{datetime.now(UTC):%Y-%m}"
    if workflow_id.startswith(_LEAD):
        return workflow_id
    if workflow_id.startswith(_IN_CLEAR[0]) or workflow_id in _IN_CLEAR[1:]:
        return None
    return f"{_SERVICE}{datetime.now(UTC):%Y-%m}"


def may_hold(workflow_id: str | None, owner: str) -> bool:
    """Return True if a payload under this owner's key has a place in this workflow; None is any workflow."""
    if workflow_id is None:
        return True
    if workflow_id.startswith(_LEAD):
        return owner == workflow_id
    return owner.startswith(_SERVICE)
