"""The clocks as data with a version: a lead records which it was decided under (process.md, Clocks)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from process.model import Model

FAR = 3650
"""Days that no clock runs longer than, so that no date leaves the calendar."""

Days = Annotated[int, Field(ge=0, le=FAR)]


class Clocks(Model):
    """Days, in the lead's own zone; working days where said. Defaults are those of process.md."""

    questionnaire_nudge: int = Field(
        7, ge=1, le=FAR, description="questionnaire unanswered: nudge, then again as often"
    )
    stale: int = Field(30, ge=1, le=FAR, description="no progress: stale, then again as often")
    quote_validity: int = Field(
        30, ge=1, le=FAR, description="a quote is valid this long unless it says otherwise"
    )
    quote_reminder: int = Field(7, ge=0, le=FAR, description="reminder this long before a quote expires")
    handover_reminder: int = Field(
        3, ge=1, le=FAR, description="working days without word from the contracts team"
    )
    handover_escalation: int = Field(10, ge=1, le=FAR, description="working days until sales is told")
    invoice_overdue: int = Field(60, ge=1, le=FAR, description="after sending")
    renewal_windows: tuple[Days, ...] = Field((180, 90, 30), description="before the contract ends")
    lapse_extension: int = Field(
        14, ge=1, le=FAR, description="one step by which a person extends a lapsed service"
    )
    lapse_decision: int = Field(42, ge=1, le=FAR, description="after the contract's end a decision is due")
    decommission_notice: tuple[Days, ...] = Field((14, 2), description="before decommission")
    archive: int = Field(
        365, ge=1, le=FAR, description="an ended lead still answers this long (data kept a year)"
    )


class Policy(Model):
    """Clocks and holidays under one version."""

    version: str = "2026-06"
    clocks: Clocks = Clocks()
    holidays: tuple[date, ...] = ()
