"""Types and conditions that the schedules share."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from process.core.events import Fact
from process.lead.lead import Lead
from process.types import Stage


class Due(NamedTuple):
    """A fact and the time (UTC) at which it becomes true, unless the lead changes before."""

    when: datetime
    fact: Fact


Schedules = dict[str, Callable[[Lead], Iterator[Due]]]
"""Kind of a fact → the schedule that yields it."""


def waiting_for_us(lead: Lead) -> bool:
    """Return True if the lead is before its contract, not on hold, and no undecided duplicate."""
    return lead.stage in (Stage.LEAD, Stage.QUOTED) and lead.hold is None and not lead.undecided
