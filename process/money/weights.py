"""The share of the value at a stage that is counted as likely to be paid."""

from decimal import Decimal
from typing import Final

from process.types import Stage

ETA: Final = Decimal("0.3")
"""Share of new offers that are signed: a guess in 2i2c's forecast, which measures it (`process.reports`)."""

WEIGHTS: Final = {
    Stage.LEAD: Decimal("0.1"),
    Stage.QUOTED: ETA,
    Stage.CONTRACTED: Decimal(1),
    Stage.HUB: Decimal(1),
    Stage.LOST: Decimal(0),
    Stage.CLOSED: Decimal(0),
}
"""Stage -> share. What is signed counts in full. A price of a lead that is not quoted now is hardly likely: a guess."""
