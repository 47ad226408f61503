"""Google Drive: the lead's folder, and the invoices in it.

Nothing is made twice: Drive hands out an id first, the workflow remembers it, and a second file under it is refused.
Should the workflow forget, the lead's folder is found by its mark.
"""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from googleapiclient.http import MediaIoBaseUpload, MediaUpload
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import again, park
from activities.google.clients import AlreadyThere, NotThere, drive_api
from activities.invoice.pdf import invoice_pdf
from activities.performs import performs
from config.settings import Settings
from process.effects import CreateFolder, PrepareInvoice, ReserveInvoice
from process.effects.observations import (
    DriftFound,
    FolderCreated,
    FolderReserved,
    InvoicePrepared,
    InvoiceReserved,
)
from process.effects.requests import EffectRequest, Outcome
from process.lead.lead import Artifact
from process.types import Link, one_line

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3.resources import FileListHttpRequest
    from googleapiclient._apis.drive.v3.schemas import File

FOLDER = "application/vnd.google-apps.folder"
SHOWN = 80
"""Characters of a folder's name in a sentence; Drive has no limit of its own."""
_LEADS = "the folder for leads (LEADS_GOOGLE__LEADS_FOLDER)"
_FIELDS = "id,name,webViewLink,appProperties,trashed"


class DriveActivities:
    """`lag`: how long Drive may need until it shows what it has taken."""

    def __init__(self, settings: Settings, *, lag: timedelta = timedelta(seconds=30)) -> None:
        self._settings = settings.google
        self._invoicing = settings.invoice
        self._api = drive_api(settings.google)
        self._lag = lag

    @performs("reserve_folder")
    def reserve_folder(self, request: EffectRequest) -> Outcome:
        return Outcome(observation=FolderReserved(folder_id=self._earlier(request.lead.id) or self._new_id()))

    @performs("create_folder")
    def create_folder(self, request: EffectRequest) -> Outcome:
        effect = request.effect
        assert isinstance(effect, CreateFolder)  # noqa: S101 - the workflow sends each effect to its own activity
        folder = self._ensure(
            {
                "id": effect.folder_id,
                "name": request.lead.heading,
                "mimeType": FOLDER,
                "parents": [self._leads_folder()],
                "appProperties": {"leadId": request.lead.id},
            },
            into=_LEADS,
        )
        link = _link(folder).replaced(name=folder["name"])
        return Outcome(observation=FolderCreated(link=link))

    @performs("reserve_invoice")
    def reserve_invoice(self, request: EffectRequest) -> Outcome:
        """Of an invoice that has a file, which may still lie there: the folder that was gone came back."""
        effect, lead = request.effect, request.lead
        assert isinstance(effect, ReserveInvoice)  # noqa: S101
        invoice = lead.invoice(effect.number)
        known = invoice.file.id if invoice and invoice.file else None
        there = known is not None and lead.folder is not None and self._lies_in(lead.folder.id, known)
        file_id = known if known and there else self._new_id()
        return Outcome(observation=InvoiceReserved(number=effect.number, file_id=file_id))

    @performs("prepare_invoice")
    def prepare_invoice(self, request: EffectRequest) -> Outcome:
        effect, lead = request.effect, request.lead
        assert isinstance(effect, PrepareInvoice)  # noqa: S101
        invoice = lead.invoice(effect.number)
        if invoice is None or lead.folder is None:
            raise park(f"The lead has no {'folder' if invoice else f'invoice {effect.number}'} any more")
        name = lead.invoice_name(effect.number)
        file = self._ensure(
            {
                "id": effect.file_id,
                "name": f"Invoice {name}.pdf",
                "parents": [lead.folder.id],
                "appProperties": {"leadId": lead.id, "invoice": name},
            },
            into="the lead's folder",
            media=MediaIoBaseUpload(
                BytesIO(invoice_pdf(lead, invoice, self._invoicing)), mimetype="application/pdf"
            ),
        )
        return Outcome(observation=InvoicePrepared(number=effect.number, file=_link(file)))

    @performs("check_folder")
    def check_folder(self, request: EffectRequest) -> Outcome:
        """Finds out whether the lead's folder was trashed, deleted, moved or renamed."""
        known = request.lead.folder
        if known is None:
            return Outcome()
        get = self._api.service.files().get(
            fileId=known.id,
            fields="name,parents,trashed,explicitlyTrashed,webViewLink",
            supportsAllDrives=True,
        )
        broken: dict[Artifact, str] = {}
        mended: list[str] = []
        now = known
        try:
            folder = self._api.execute(get, "the lead's folder")
        except NotThere:
            broken["folder"] = (
                "The lead's Drive folder was deleted, or is not shared with us any more: bring it back, or have a new one "
                "(folder_replaced)"
            )
        else:
            if folder.get("trashed"):
                where = "is" if folder.get("explicitlyTrashed") else "lies in a folder that is"
                broken["folder"] = (
                    f"The lead's Drive folder {where} in the trash: restore it there, or have a new one (folder_replaced)"
                )
            else:
                now = self._as_it_is(known, folder)
                mended += _changes(known, now)
        found = DriftFound(
            checked=("folder",),
            repaired=tuple(mended),
            broken=broken,
            folder=now if mended else None,
        )
        return Outcome(observation=found if found.is_news(request.lead) else None)

    def _as_it_is(self, known: Link, folder: "File") -> Link:
        home = next((parent for parent in folder.get("parents", ()) if parent != self._leads_folder()), "")
        name = folder.get("name", "")
        return Link(id=known.id, url=folder.get("webViewLink", known.url), home=home, name=name)

    def leads_with_folder(self) -> dict[str, str]:
        """Lead -> name of its folder, for all that lie in the folder for leads. A thousand for one request."""
        found: dict[str, str] = {}
        files = self._api.service.files()
        asked: FileListHttpRequest | None = files.list(
            q=f"'{self._leads_folder()}' in parents and mimeType = '{FOLDER}' and trashed = false",
            pageSize=1000,
            fields="nextPageToken,files(name,appProperties)",
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
        )
        while asked:
            answer = self._api.execute(asked, _LEADS)
            for file in answer.get("files", ()):
                found[file.get("appProperties", {}).get("leadId", "")] = file.get("name", "")
            asked = files.list_next(asked, answer)  # None after the last page
        return found

    def checks(self) -> Iterator[Check]:
        """Whether the folder for leads is there, in a shared drive, and open to us."""
        what = "folder for leads"
        try:
            folder = self._api.execute(
                self._api.service.files().get(
                    fileId=self._leads_folder(),
                    fields="name,mimeType,driveId,trashed,capabilities(canAddChildren)",
                    supportsAllDrives=True,
                ),
                _LEADS,
            )
        except ApplicationError as error:
            yield Check("Google Drive", what, ok=False, detail=error.message)
            return
        account, may_add = self._api.account, folder.get("capabilities", {}).get("canAddChildren")
        complaints = {
            "it is no folder": folder.get("mimeType") != FOLDER,
            "it is in the trash; restore it": bool(folder.get("trashed")),
            "it is in no shared drive, where a service account can own nothing": "driveId" not in folder,
            f"{account} may not add to it; make it a content manager of the shared drive": not may_add,
        }
        wrong = [complaint for complaint, applies in complaints.items() if applies]
        found = f"“{folder.get('name')}”, as {account}"
        yield Check("Google Drive", what, ok=not wrong, detail="; ".join(wrong) or found)

    def _leads_folder(self) -> str:
        if not self._settings.leads_folder:
            raise park("Name the folder for leads in LEADS_GOOGLE__LEADS_FOLDER")
        return self._settings.leads_folder

    def _earlier(self, lead_id: str) -> str | None:
        """The folder of a lead whose workflow was reset, or restored from a backup, and forgot it."""
        named = lead_id.replace("\\", "\\\\").replace("'", "\\'")
        mark = f"appProperties has {{key='leadId' and value='{named}'}}"
        answer = self._api.execute(
            self._api.service.files().list(
                q=f"'{self._leads_folder()}' in parents and mimeType = '{FOLDER}' and {mark} and trashed = false",
                orderBy="createdTime",
                pageSize=1,
                fields="files(id)",
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
            ),
            _LEADS,
        )
        return next((file["id"] for file in answer.get("files", ())), None)

    def _new_id(self) -> str:
        """An id of Drive's own making. One that is never used costs nothing, so this may run twice."""
        answer = self._api.execute(
            self._api.service.files().generateIds(count=1, space="drive", type="files"), "an id"
        )
        return answer["ids"][0]

    def _ensure(self, body: "File", *, into: str, media: MediaUpload | None = None) -> "File":
        """The file under its reserved id, made now or by an earlier attempt."""
        files = self._api.service.files()
        try:
            file = self._api.execute(
                files.create(body=body, media_body=media, fields=_FIELDS, supportsAllDrives=True), into
            )
        except AlreadyThere:
            file = self._find(body["id"])
        marks = body["appProperties"].items()
        if not marks <= file.get("appProperties", {}).items():
            raise park(f"The id {body['id']} in Drive belongs to something else than {dict(marks)}")
        if file.get("trashed"):
            raise park(f"{body['name']} is in Drive's trash: restore it there, then retry")
        return file

    def _lies_in(self, folder: str, file_id: str) -> bool:
        get = self._api.service.files().get(fileId=file_id, fields="parents,trashed", supportsAllDrives=True)
        try:
            file = self._api.execute(get, "an invoice")
        except NotThere:
            return False
        return folder in file.get("parents", ()) and not file.get("trashed")

    def _find(self, file_id: str) -> "File":
        get = self._api.service.files().get(fileId=file_id, fields=_FIELDS, supportsAllDrives=True)
        try:
            return self._api.execute(get, "what was made before")
        except NotThere:
            raise again("Drive has the file but does not show it yet", after=self._lag) from None


def _link(file: "File") -> Link:
    return Link(id=file["id"], url=file.get("webViewLink", ""))


def _changes(known: Link, now: Link) -> Iterator[str]:
    """What people changed at the folder; it is followed wherever it goes and whatever it is called."""
    if now.home != known.home:
        where = "out of the folder for leads" if now.home else "back into the folder for leads"
        yield f"the lead's Drive folder was moved {where}, and is used where it is"
    if now.name != known.name:
        name = one_line(now.name)
        short = name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"
        yield f"the lead's Drive folder was renamed to “{short}”, and is used under that name"
