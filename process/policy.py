"""The clocks as data with a version: a lead records which it was decided under (process.md, Clocks)."""

from datetime import date

from pydantic import Field

from process.model import Model


class Clocks(Model):
    """Days, in the lead's own zone; working days where said. Defaults are those of process.md."""

    questionnaire_nudge: int = Field(
        7, ge=1, description="questionnaire unanswered: nudge, then again as often"
    )
    stale: int = Field(30, ge=1, description="no progress: stale, then again as often")
    quote_validity: int = Field(30, ge=1, description="a quote is valid this long unless it says otherwise")
    quote_reminder: int = Field(7, ge=0, description="reminder this long before a quote expires")
    handover_reminder: int = Field(3, ge=1, description="working days without word from the contracts team")
    handover_escalation: int = Field(10, ge=1, description="working days until sales is told")
    invoice_overdue: int = Field(60, ge=1, description="after sending")
    renewal_windows: tuple[int, ...] = Field((180, 90, 30), description="before the contract ends")
    lapse_extension: int = Field(14, ge=1, description="one step by which a person extends a lapsed service")
    lapse_decision: int = Field(42, ge=1, description="after the contract's end a decision is due")
    decommission_notice: tuple[int, ...] = Field((14, 2), description="before decommission")
    archive: int = Field(365, ge=1, description="an ended lead still answers this long (data kept a year)")


class Policy(Model):
    """Clocks and holidays under one version."""

    version: str = "2026-06"
    clocks: Clocks = Clocks()
    holidays: tuple[date, ...] = ()
