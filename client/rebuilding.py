"""Makes the rows of the ledger anew from its events, lead by lead."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from client.errors import LedgerFailed
from config.settings import Settings
from ledger.events import Ledger, LedgerError


class RebuiltRow(NamedTuple):
    """The row of one lead that was rebuilt, or could not be."""

    lead_id: str
    readable: bool
    """False if this code cannot read its events as a lead; its row stays as it was."""


def rebuild_rows(settings: Settings, first: str = "") -> Iterator[RebuiltRow]:
    """Rebuild the rows of all leads in the order of their ids, from the id `first` on.

    Leads and workers may go on meanwhile. Raises LedgerFailed.
    """
    try:
        with closing(Ledger.open(settings.ledger_url.get_secret_value())) as ledger:
            for lead_id in ledger.leads_from(first):
                yield RebuiltRow(lead_id, ledger.rebuild(lead_id))
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
