"""Ids in Drive that are reserved ahead of need, and the effects that use them."""

from collections.abc import Iterable

from process.core.events import Change
from process.effects import Effect, PrepareInvoice, ReserveIds


def id_effects(change: Change) -> Iterable[Effect]:
    """Reserve ids if the lead has none for its folder or for a due invoice, or few for the next ones."""
    lead = change.after
    if lead.lacks_ids:
        numbers = lead.invoices_without_id
        files = {i.number: i.file.id for i in lead.invoices if i.file and i.number in numbers}
        yield ReserveIds(key=change.key("reserve_ids"), cause=change.event.seq, numbers=numbers, files=files)


def prepare_invoice(change: Change, number: int) -> PrepareInvoice:
    """Return the effect that prepares the invoice under its reserved id."""
    return PrepareInvoice(
        key=change.key(f"prepare_invoice-{number}"),
        cause=change.event.seq,
        number=number,
        file_id=change.after.invoice_files[number],
    )
