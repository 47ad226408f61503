"""Effects in Google Drive: the lead's folder and the files of its invoices.

Ids are reserved first, when the lead is opened, a dozen at a time, and the folder or file is then created under its own: a
repeated attempt never makes a second one. The next ids are reserved before the last ones are used, so that no folder and
no invoice waits for them.
"""

from process.effects.base import Effect
from process.lead.lead import Lead
from process.types import Id


class ReserveIds(Effect):
    """Reserves ids in Drive: for the lead's folder, if it has none, and for the files of invoices."""

    kind = "reserve_ids"
    queue = "ids"
    numbers: tuple[int, ...]
    """Numbers of the invoices: the next dozen, and those that are due and have no id."""
    files: dict[int, Id] = {}
    """Invoice number -> id of its known file, which is kept if it lies in the lead's folder again."""

    def is_obsolete(self, lead: Lead) -> bool:
        return not lead.lacks_ids

    def summary(self) -> str:
        return "Reserve ids for the lead's Drive folder and its invoices"


class CreateFolder(Effect):
    """Creates the lead's folder under its reserved id."""

    kind = "create_folder"
    is_shown = True
    queue = "folder"
    brings_link = True
    folder_id: Id

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.folder is not None

    def summary(self) -> str:
        return "Create the lead's Drive folder"


class CheckFolder(Effect):
    """Checks if the lead's folder was deleted or moved."""

    kind = "check_folder"
    queue = "folder drift"

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.folder is None

    def summary(self) -> str:
        return "Check the lead's Drive folder for drift"


class PrepareInvoice(Effect):
    """Renders an invoice as a PDF, and puts it into the lead's folder under its reserved id."""

    kind = "prepare_invoice"
    is_shown = True
    queue = "invoice"
    brings_link = True
    needs = frozenset(("invoice_files",))
    number: int
    file_id: Id

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.invoice_files.get(self.number) != self.file_id  # its folder was replaced

    def summary(self) -> str:
        return f"Prepare invoice {self.number} as a PDF in the lead's folder"
