"""Effects in Google Drive: the lead's folder and the files of its invoices.

An id is reserved first, and the folder or file is then created under it: a repeated attempt never makes a second one.
"""

from process.effects.base import Effect
from process.lead.lead import Lead


class ReserveFolder(Effect):
    """Reserves an id in Drive for the lead's folder."""

    kind = "reserve_folder"
    queue = "folder"

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.folder_id is not None

    def summary(self) -> str:
        return "Reserve an id for the lead's Drive folder"


class CreateFolder(Effect):
    """Creates the lead's folder under its reserved id."""

    kind = "create_folder"
    queue = "folder"
    brings_link = True
    folder_id: str

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


class ReserveInvoice(Effect):
    """Reserves an id in Drive for the file of an invoice."""

    kind = "reserve_invoice"
    queue = "invoice"
    needs = frozenset(("invoice_files",))
    number: int

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return self.number in lead.invoice_files

    def summary(self) -> str:
        return f"Reserve an id for the file of invoice {self.number}"


class PrepareInvoice(Effect):
    """Renders an invoice as a PDF, and puts it into the lead's folder under its reserved id."""

    kind = "prepare_invoice"
    queue = "invoice"
    needs = frozenset(("invoice_files",))
    number: int
    file_id: str

    def ready(self, lead: Lead) -> bool:
        return lead.folder is not None

    def is_obsolete(self, lead: Lead) -> bool:
        return lead.invoice_files.get(self.number) != self.file_id  # its folder was replaced

    def summary(self) -> str:
        return f"Prepare invoice {self.number} as a PDF in the lead's folder"
