"""Rows of leads, written into a ledger without their workflows."""

from contextlib import closing

from ledger.events import Ledger
from process.views.row import row_of
from tests.support.lives import Life


def write_rows(url: str, *lives: Life) -> None:
    """Make the ledger, if there is none, and write the rows of these leads as they are now."""
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
        for life in lives:
            ledger.append(life.lead.id, [], after=0, row=row_of(life.aggregate, life.now))
