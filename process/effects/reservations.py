"""Ids in Drive that are reserved ahead of need, and the effects that use them."""

from collections.abc import Iterable

from process.core.events import Change
from process.effects import CreateFolder, Effect, PrepareInvoice, ReserveIds


def id_effects(change: Change) -> Iterable[Effect]:
    """Reserve ids if the lead has none for its folder or for a due invoice, or few for the next ones."""
    lead = change.after
    if lead.lacks_ids:
        numbers = lead.invoices_without_id
        files = {i.number: i.file.id for i in lead.invoices if i.file and i.number in numbers}
        yield ReserveIds(key=change.key("reserve_ids"), cause=change.event.seq, numbers=numbers, files=files)


def folder_effects(change: Change) -> Iterable[Effect]:
    """Have the lead's Drive folder made if it has none. The first asset of any kind needs it (seed)."""
    if change.after.folder_id is None:
        yield from id_effects(change)
    yield from create_folder(change)


def create_folder(change: Change) -> Iterable[CreateFolder]:
    """Create the lead's folder once it is wanted and has an id, whichever comes last."""
    before, after = change.before, change.after
    if after.folder_wanted and after.folder_id and not (before.folder_wanted and before.folder_id):
        key = change.key("create_folder")
        yield CreateFolder(key=key, cause=change.event.seq, folder_id=after.folder_id)


def prepare_invoice(change: Change, number: int) -> PrepareInvoice:
    """Return the effect that prepares the invoice under its reserved id."""
    return PrepareInvoice(
        key=change.key(f"prepare_invoice-{number}"),
        cause=change.event.seq,
        number=number,
        file_id=change.after.invoice_files[number],
    )
