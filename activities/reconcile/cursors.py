"""Cursors: how far a reconciliation has read a system, and which notifications it has sent.

They are handed from one reconciliation to the next, so none may grow with the number of leads.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ValidationError

from process.types import Base, Id, Words

RENOTIFY_AFTER = timedelta(days=1)
"""A lead that has not fixed a problem is notified of it again after this time."""
MAX_SENT = 500
"""Maximum number of notifications that are remembered. Those before them are sent again with the next look at the lead."""
C = TypeVar("C", bound=BaseModel)


class Notification(Base):
    """The last notification of a lead."""

    problem: Words
    at: AwareDatetime


class Notifications(Base):
    """The notifications already sent, so that the same one is not repeated in every reconciliation."""

    sent: dict[Id, Notification] = {}
    """Last notification by lead, oldest first."""

    def due(self, problems: Mapping[str, str], at: datetime) -> list[str]:
        """Return the leads to notify now: those whose problem is new, or has persisted for long."""
        return [lead_id for lead_id, problem in problems.items() if not self._is_recent(lead_id, problem, at)]

    def note(self, problems: Mapping[str, str], looked_at: Iterable[str], at: datetime) -> None:
        """Remember that the leads that are due were notified, and forget those without a problem."""
        due = self.due(problems, at)
        kept = {lead_id: sent for lead_id, sent in self.sent.items() if lead_id not in due}
        for lead_id in looked_at:
            if lead_id not in problems:
                kept.pop(lead_id, None)
        kept |= {lead_id: Notification(problem=problems[lead_id], at=at) for lead_id in due}
        self.sent = dict(list(kept.items())[-MAX_SENT:])

    def _is_recent(self, lead_id: str, problem: str, at: datetime) -> bool:
        last = self.sent.get(lead_id)
        return last is not None and last.problem == problem and at - last.at < RENOTIFY_AFTER


class Sweep(Base):
    """Position in a walk over all open leads, in the order of their ids, of which each reconciliation makes a slice."""

    after: Id = ""
    """Id of the last lead that was looked at; empty at the beginning of a walk."""
    left: int | None = None
    """Number of leads that this reconciliation still has to look at; None before it begins and after it ends."""

    def begin(self, open_leads: int, minutes: int, hours: int, at_least: int) -> None:
        """Set the size of this reconciliation's slice, unless an earlier attempt did.

        `minutes`: time between two reconciliations; `hours`: time of a walk, in which every lead is looked at.
        """
        if self.left is None:
            slice_ = math.ceil(open_leads * minutes / (hours * 60)) if minutes else open_leads
            self.left = max(slice_, at_least)

    def advance(self, lead_ids: Sequence[str], *, more: bool) -> None:
        """Note that these leads were looked at. Without `more` leads the walk ends, and the slice with it."""
        if more:
            self.after, self.left = lead_ids[-1], max(0, (self.left or 0) - len(lead_ids))
        else:
            self.after, self.left = "", 0

    def end(self) -> None:
        """End the slice; the next reconciliation begins another one."""
        self.left = None


def read_cursor(kind: type[C], cursor: dict[str, Any]) -> C:
    """Return the cursor of the last reconciliation, or a new one if another release wrote it differently."""
    try:
        return kind.model_validate(cursor)
    except ValidationError:
        return kind()


def first_ten(names: Iterable[str]) -> str:
    """Return the names as one text: at most ten, and the number of the others."""
    known = list(dict.fromkeys(names))
    return ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
