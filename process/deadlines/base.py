"""What the periods have in common."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from process.core.events import Fact
from process.lead.lead import Lead
from process.types import Stage


class Due(NamedTuple):
    """What becomes true at a moment (UTC) unless something else happens before."""

    when: datetime
    fact: Fact


Schedules = dict[str, Callable[[Lead], Iterator[Due]]]
"""Kind of a fact -> by which schedule it comes."""


def waiting_for_us(lead: Lead) -> bool:
    """Before the contract, not on hold, and no probable duplicate: that waits for a decision of its own."""
    return lead.stage in (Stage.LEAD, Stage.QUOTED) and lead.hold is None and not lead.undecided
