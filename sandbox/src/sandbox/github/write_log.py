"""A log of the latest writes, from which past states are computed for stale reads.

It keeps only the values that each write replaced: a past state is the current one with the latest writes undone.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

KEPT_WRITES: Final = 10_000
"""Number of writes that can be undone."""

Tables = Mapping[str, dict[Any, Any]]

ABSENT: Final = object()

Replaced = dict[str, dict[Any, object]]
"""Table -> key -> value before a write; `ABSENT` if there was none."""


@dataclass(frozen=True)
class _Write:
    at: datetime
    replaced: Replaced


class WriteLog:
    """The latest writes to a set of tables whose values are immutable."""

    def __init__(self) -> None:
        self._writes: deque[_Write] = deque(maxlen=KEPT_WRITES)

    @contextmanager
    def write(self, tables: Tables, at: datetime) -> Iterator[Replaced]:
        """Record the values that the enclosed block replaces; if it raises, restore them.

        The yielded dictionary is filled when the block ends.
        """
        before = {name: dict(table) for name, table in tables.items()}
        replaced: Replaced = {}
        try:
            yield replaced
        except BaseException:
            for name, table in tables.items():
                table.clear()
                table.update(before[name])
            raise
        for name, table in tables.items():
            if changes := _changes(before[name], table):
                replaced[name] = changes
        if replaced:
            self._writes.append(_Write(at, replaced))

    def past(self, tables: Tables, now: datetime, *, writes: int = 0, seconds: float = 0) -> Tables:
        """Return the tables without the latest `writes` writes and without those of the last `seconds`."""
        past = {name: dict(table) for name, table in tables.items()}
        horizon = now - timedelta(seconds=seconds)
        for age, write in enumerate(reversed(self._writes)):
            if age >= writes and (seconds == 0 or write.at <= horizon):
                break
            for name, changes in write.replaced.items():
                for key, value in changes.items():
                    if value is ABSENT:
                        del past[name][key]
                    else:
                        past[name][key] = value
        return past


def _changes(before: dict[Any, Any], after: dict[Any, Any]) -> dict[Any, object]:
    return {
        key: before.get(key, ABSENT)
        for key in before.keys() | after.keys()
        if before.get(key, ABSENT) is not after.get(key, ABSENT)
    }
