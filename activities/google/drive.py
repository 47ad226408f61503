"""Activities on Google Drive: the lead's folder, and the invoices in it.

Nothing is created twice: Drive issues an id first, the workflow keeps it, and Drive refuses a second file with that
id. If the workflow lost the id, the lead's folder is found by its `leadId` property.
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
from activities.invoice.pdf import MissingGlyphs, invoice_pdf
from activities.performs import performs
from activities.settling import given_time, is_settling
from config.groups import Google
from config.settings import Settings
from process.effects import CreateFolder, PrepareInvoice, ReserveIds
from process.effects.observations import (
    DriftFound,
    FolderCreated,
    IdsReserved,
    InvoicePrepared,
)
from process.effects.requests import EffectRequest, Outcome
from process.hashing import short_hash
from process.personal import ERASED
from process.types import MAX_NAME, Artifact, Link, one_line

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3.schemas import File

FOLDER = "application/vnd.google-apps.folder"
MAX_SHOWN_NAME = 80
"""Maximum number of characters of a folder's name in a message; Drive itself has no limit."""
LEADS_FOLDER = "the folder for leads (LEADS_GOOGLE__LEADS_FOLDER)"
"""Name of the folder that holds the leads' folders, for messages."""
_REDACTED = "redacted"
"""Property of a folder: short hash of the name that it was given in place of one that named a person who was erased."""
_FIELDS = "id,name,webViewLink,appProperties,trashed"


def leads_folder_id(settings: Google) -> str:
    """Return the id of the folder for leads. Raises ApplicationError (parked) if the settings have none."""
    if not settings.leads_folder:
        raise park("Set LEADS_GOOGLE__LEADS_FOLDER to the id of the folder for leads")
    return settings.leads_folder


class DriveActivities:
    """Creates and checks files on Drive. `lag` is the time until Drive shows a file that it has accepted."""

    def __init__(self, settings: Settings, *, lag: timedelta = timedelta(seconds=30)) -> None:
        self._settings = settings.google
        self._invoicing = settings.invoice
        self._api = drive_api(settings.google)
        self._lag = lag

    @performs("reserve_ids")
    def reserve_ids(self, request: EffectRequest) -> Outcome:
        """Reserve ids for the lead's folder, if it has none, and for the files of invoices.

        What already exists keeps its id: a folder made for this lead before its workflow was reset, or restored by a
        person, and the files of invoices in it.
        """
        effect, lead = request.effect, request.lead
        assert isinstance(effect, ReserveIds)  # noqa: S101 - the workflow sends each effect to its own activity
        folder = None if lead.folder_id else self._existing_folder(lead.id)
        known = effect.files.items() if folder else ()
        found = {number: file_id for number, file_id in known if folder and self._lies_in(folder, file_id)}
        numbers = [number for number in effect.numbers if number not in found]
        new = iter(self._new_ids(len(numbers) + 1))
        return Outcome(
            observation=IdsReserved(
                folder_id=None if lead.folder_id else folder or next(new),
                invoice_ids=found | dict(zip(numbers, new, strict=False)),
            )
        )

    @performs("create_folder")
    def create_folder(self, request: EffectRequest) -> Outcome:
        """Create the lead's folder under its reserved id, unless an earlier attempt did."""
        effect = request.effect
        assert isinstance(effect, CreateFolder)  # noqa: S101 - the workflow sends each effect to its own activity
        folder = self._ensure(
            {
                "id": effect.folder_id,
                "name": request.lead.heading,
                "mimeType": FOLDER,
                "parents": [leads_folder_id(self._settings)],
                "appProperties": {"leadId": request.lead.id},
            },
            into=LEADS_FOLDER,
        )
        link = _link(folder).replaced(name=folder["name"][:MAX_NAME])
        return Outcome(observation=FolderCreated(link=link))

    @performs("prepare_invoice")
    def prepare_invoice(self, request: EffectRequest) -> Outcome:
        """Render the invoice and put it into the lead's folder under its reserved id."""
        effect, lead = request.effect, request.lead
        assert isinstance(effect, PrepareInvoice)  # noqa: S101
        invoice = lead.invoice(effect.number)
        if invoice is None or lead.folder is None:
            raise park(f"The lead has no {'folder' if invoice else f'invoice {effect.number}'} any more")
        name = lead.invoice_name(effect.number)
        try:
            document = invoice_pdf(lead, invoice, self._invoicing)
        except MissingGlyphs as missing:
            raise park(f"The invoice {name} cannot be written, {missing}; then retry") from None
        file = self._ensure(
            {
                "id": effect.file_id,
                "name": f"Invoice {name}.pdf",
                "parents": [lead.folder.id],
                "appProperties": {"leadId": lead.id, "invoice": name},
            },
            into="the lead's folder",
            media=MediaIoBaseUpload(BytesIO(document), mimetype="application/pdf"),
        )
        return Outcome(observation=InvoicePrepared(number=effect.number, file=_link(file)))

    @performs("check_folder")
    def check_folder(self, request: EffectRequest) -> Outcome:
        """Report if the lead's folder was trashed, deleted, moved or renamed."""
        known = request.lead.folder
        if known is None:
            return Outcome()
        get = self._api.service.files().get(
            fileId=known.id,
            fields="name,parents,trashed,explicitlyTrashed,webViewLink,appProperties",
            supportsAllDrives=True,
        )
        broken: dict[Artifact, str] = {}
        mended: list[str] = []
        now = known
        try:
            folder = self._api.execute(get, "the lead's folder")
        except NotThere as error:
            if is_settling():
                raise given_time(error) from None
            broken["folder"] = (
                "The lead's Drive folder was deleted, or is no longer shared with the service: restore it, or "
                "have a new one (folder_replaced)"
            )
        else:
            if folder.get("trashed"):
                where = "is" if folder.get("explicitlyTrashed") else "lies in a folder that is"
                broken["folder"] = (
                    f"The lead's Drive folder {where} in the trash: restore it there, or have a new one (folder_replaced)"
                )
            else:
                now = self._present_link(known, folder)
                if self._is_to_forget(known, folder):
                    now = now.replaced(name=self._renamed(known))
                    mended.append("the lead's Drive folder was renamed: its name had named a person")
                mended += _changes(known, now)
        found = DriftFound(
            checked=("folder",),
            repaired=tuple(mended),
            broken=broken,
            folder=now if mended else None,
        )
        return Outcome(observation=found if found.is_news(request.lead) else None)

    @staticmethod
    def _is_to_forget(known: Link, folder: "File") -> bool:
        """Return True if the lead's name of the folder was redacted, and the folder was not given that name yet.

        What people name it afterwards counts again.
        """
        return (
            ERASED in known.name
            and folder.get("name", "")[:MAX_NAME] != known.name
            and folder.get("appProperties", {}).get(_REDACTED) != short_hash(known.name)
        )

    def _renamed(self, known: Link) -> str:
        """Give the folder the name that was redacted, and return it."""
        body: File = {"name": known.name, "appProperties": {_REDACTED: short_hash(known.name)}}
        update = self._api.service.files().update(
            fileId=known.id, body=body, fields="id", supportsAllDrives=True
        )
        self._api.execute(update, "the lead's folder")
        return known.name

    def _present_link(self, known: Link, folder: "File") -> Link:
        home = next(
            (parent for parent in folder.get("parents", ()) if parent != leads_folder_id(self._settings)), ""
        )
        name = folder.get("name", "")[:MAX_NAME]
        return Link(id=known.id, url=folder.get("webViewLink", known.url), home=home, name=name)

    def checks(self) -> Iterator[Check]:
        """Check that the folder for leads exists in a shared drive and can be written to."""
        try:
            folder = self._api.execute(
                self._api.service.files().get(
                    fileId=leads_folder_id(self._settings),
                    fields="name,mimeType,driveId,trashed,capabilities(canAddChildren)",
                    supportsAllDrives=True,
                ),
                LEADS_FOLDER,
            )
        except ApplicationError as error:
            yield Check("Google Drive", "folder for leads", ok=False, detail=error.message)
            return
        account, may_add = self._api.account, folder.get("capabilities", {}).get("canAddChildren")
        complaints = {
            "it is not a folder": folder.get("mimeType") != FOLDER,
            "it is in the trash; restore it": bool(folder.get("trashed")),
            "it is not in a shared drive, and a service account has no storage of its own": "driveId"
            not in folder,
            f"{account} may not add to it; make it a content manager of the shared drive": not may_add,
        }
        wrong = [complaint for complaint, applies in complaints.items() if applies]
        found = f"“{folder.get('name')}”, as {account}"
        yield Check("Google Drive", "folder for leads", ok=not wrong, detail="; ".join(wrong) or found)

    def _existing_folder(self, lead_id: str) -> str | None:
        """Return the folder made for this lead before its workflow was reset or restored from a backup."""
        quoted = lead_id.replace("\\", "\\\\").replace("'", "\\'")
        has_id = f"appProperties has {{key='leadId' and value='{quoted}'}}"
        inside = f"'{leads_folder_id(self._settings)}' in parents"
        answer = self._api.execute(
            self._api.service.files().list(
                q=f"{inside} and mimeType = '{FOLDER}' and {has_id} and trashed = false",
                orderBy="createdTime",
                pageSize=1,
                fields="files(id)",
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
            ),
            LEADS_FOLDER,
        )
        return next((file["id"] for file in answer.get("files", ())), None)

    def _new_ids(self, count: int) -> list[str]:
        """Return new ids issued by Drive. An unused id costs nothing, so this may run twice."""
        answer = self._api.execute(
            self._api.service.files().generateIds(count=count, space="drive", type="files"), "ids"
        )
        return answer["ids"]

    def _ensure(self, body: "File", *, into: str, media: MediaUpload | None = None) -> "File":
        """The file under its reserved id, made now or by an earlier attempt."""
        files = self._api.service.files()
        try:
            file = self._api.execute(
                files.create(body=body, media_body=media, fields=_FIELDS, supportsAllDrives=True), into
            )
        except AlreadyThere:
            file = self._find(body["id"])
        properties = body["appProperties"].items()
        if not properties <= file.get("appProperties", {}).items():
            raise park(f"The id {body['id']} in Drive belongs to something other than {dict(properties)}")
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
            return self._api.execute(get, "the file made before")
        except NotThere:
            raise again("Drive has the file but does not show it yet", after=self._lag) from None


def _link(file: "File") -> Link:
    return Link(id=file["id"], url=file.get("webViewLink", ""))


def _changes(known: Link, now: Link) -> Iterator[str]:
    """Yield a message for each change that people made. The folder is used wherever it is."""
    if now.home != known.home:
        where = "out of the folder for leads" if now.home else "back into the folder for leads"
        yield f"the lead's Drive folder was moved {where}, and is used where it is"
    if now.name != known.name:
        name = one_line(now.name)
        short = name if len(name) <= MAX_SHOWN_NAME else f"{name[: MAX_SHOWN_NAME - 1]}…"
        yield f"the lead's Drive folder was renamed to “{short}”, and is used under that name"
