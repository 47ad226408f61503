"""The share of the value at a stage that is counted as likely to be paid."""

from decimal import Decimal
from typing import Final

from process.types import Stage

WEIGHTS: Final = {
    Stage.LEAD: Decimal("0.1"),
    Stage.QUOTED: Decimal("0.3"),
    Stage.CONTRACTED: Decimal(1),
    Stage.HUB: Decimal(1),
    Stage.LOST: Decimal(0),
    Stage.CLOSED: Decimal(0),
}
"""Stage -> share. What is signed counts in full. 0.3 is the share of new quotes in 2i2c's forecast, a guess of theirs;
one in ten is ours for a lead that is quoted again."""


def weighted(value: int, stage: Stage) -> int:
    """Return the likely part of a value, in the same minor units, rounded."""
    return round(value * WEIGHTS[stage])
