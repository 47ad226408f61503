"""The indexes of some rows only. They load the dialects of both engines, which reading does without."""

from functools import cache

from sqlalchemy import Index

from ledger.read_tables import IS_NOW, IS_TOLD, MONEY, STAGES
from ledger.tables import ENTRIES, FIRST, LEADS


@cache
def declare_partial_indexes() -> None:
    """Declare the indexes of some rows only, so that they are made with the tables."""
    opened = ("opened_at", "stage", "is_first", "days", "from_at", "lead_id")
    began = ("stage", "from_at", "is_first", "before", "before_days", "open_days", "reason", "to_seq")
    amount = ("kind", "first", "months")
    for name, columns, condition in (
        # the few rows that took the place of others; reading the valid events asks only this index about each
        (
            "ledger_entries_revised",
            [ENTRIES.c[name] for name in ("lead_id", "seq", "revision")],
            ENTRIES.c.revision > FIRST,
        ),
        ("ledger_leads_merged", [LEADS.c.lead_id], LEADS.c.merged_into.is_not(None)),
        ("ledger_leads_unprojected", [LEADS.c.lead_id], LEADS.c.projected < LEADS.c.recorded),
        # all that reports ask of the stages, so that no row is read
        ("ledger_stages_opened", [STAGES.c[name] for name in opened], IS_NOW),
        ("ledger_stages_began", [STAGES.c[name] for name in (*began, "lead_id", "from_seq")], IS_NOW),
        ("ledger_stages_told", [STAGES.c[name] for name in ("from_at", "to_at", "stage")], IS_TOLD),
        # what lasts is most of the money: it is read in the order in which it is summed up
        (
            "ledger_money_lasting",
            [MONEY.c[name] for name in ("currency", *amount, "from_at", "month", "rest", "to_at")],
            MONEY.c.to_at.is_(None),
        ),
        (
            "ledger_money_ended",
            [MONEY.c[name] for name in ("currency", "to_at", "from_at", *amount, "month", "rest", "to_seq")],
            MONEY.c.to_at.is_not(None),
        ),
    ):
        Index(name, *columns, sqlite_where=condition, postgresql_where=condition)
