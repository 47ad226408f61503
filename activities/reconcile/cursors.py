"""Cursors: how far a reconciliation has read a system, and which notifications it has sent."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ValidationError

RENOTIFY_AFTER = timedelta(days=1)
"""A lead that has not fixed a problem is notified of it again after this time."""

M = TypeVar("M", bound=BaseModel)


class Notification(BaseModel):
    """The last notification of one recipient (a lead or a card)."""

    problem: str
    at: AwareDatetime


class Notifications(BaseModel):
    """The notifications already sent, so that the same one is not repeated in every reconciliation."""

    sent: dict[str, Notification] = {}
    """Last notification by recipient."""

    def due(self, problems: Mapping[str, str], at: datetime) -> tuple[list[str], "Notifications"]:
        """Return the recipients to notify now, and the notifications sent after that.

        `problems` maps recipients to their present problem. A recipient is notified if its problem is new, has
        persisted for long, or is gone.
        """
        due = [name for name, problem in problems.items() if not self._is_recent(name, problem, at)]
        due += [name for name in self.sent if name not in problems]
        sent = {
            name: Notification(problem=problem, at=at) if name in due else self.sent[name]
            for name, problem in problems.items()
        }
        return due, Notifications(sent=sent)

    def _is_recent(self, name: str, problem: str, at: datetime) -> bool:
        last = self.sent.get(name)
        return last is not None and last.problem == problem and at - last.at < RENOTIFY_AFTER


def read_cursor(kind: type[M], cursor: dict[str, Any]) -> M:
    """Return the cursor of the last reconciliation, or a new one if another release wrote it differently."""
    try:
        return kind.model_validate(cursor)
    except ValidationError:
        return kind()


def first_ten(names: Iterable[str]) -> str:
    """Return the names as one text: at most ten, and the number of the others."""
    known = list(dict.fromkeys(names))
    return ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
