"""The progress of an activity that reconciles one system. A retry goes on where the attempt before it stopped."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Generic

from pydantic import ValidationError
from temporalio import activity

from activities.reconcile.cursors import C, read_cursor
from workflows.reconcile import SystemResult

TURN = timedelta(minutes=4)
"""Time after which an activity hands over to another one, well before the timeout of its attempt."""


class Progress(Generic[C]):
    """The work done for one system, in this activity's earlier attempts and in this one.

    The cursor may be changed in place; `save` keeps it in the details of a heartbeat. A step that was saved is not
    repeated, and one that was not is: so each must be one that may be done twice.
    """

    def __init__(self, kind: type[C], cursor: dict[str, Any]) -> None:
        """`cursor`: where the last reconciliation ended; it counts only without an earlier attempt."""
        done = _earlier_attempt() or SystemResult(cursor=cursor)
        self.cursor: C = read_cursor(kind, done.cursor)
        self._found = list(done.found)
        self._cost = Counter(done.cost)
        self._failed = done.failed
        self._end = time.monotonic() + TURN.total_seconds()

    @property
    def is_over(self) -> bool:
        """True if the rest is for another activity."""
        return time.monotonic() >= self._end

    def find(self, *lines: str) -> None:
        """Add lines to the result, each once."""
        self._found += [line for line in dict.fromkeys(lines) if line not in self._found]

    def spend(self, cost: Mapping[str, int]) -> None:
        """Add a number of calls, by kind."""
        self._cost.update(cost)

    def fail(self, reason: str) -> None:
        """Add the reason why a part failed for good. Other parts go on."""
        if reason not in self._failed:
            self._failed = f"{self._failed}; {reason}" if self._failed else reason

    def save(self) -> None:
        """Keep what was done, in case this attempt fails."""
        activity.heartbeat(self.result().model_dump(mode="json"))

    def result(self, *, more: bool = False) -> SystemResult:
        """Return what was done; `more` asks for another activity that goes on from there."""
        return SystemResult(
            cursor=self.cursor.model_dump(mode="json"),
            found=tuple(self._found),
            cost=dict(self._cost),
            failed=self._failed,
            more=more,
        ).shortened()


def _earlier_attempt() -> SystemResult | None:
    """Return what an earlier attempt had done, or None. Other releases may have left other details."""
    for details in activity.info().heartbeat_details:
        try:
            return SystemResult.model_validate(details)
        except ValidationError:
            continue
    return None
