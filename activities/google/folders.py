"""Reads from Drive what became of the leads' folders: the changes since a point, and single folders."""

from typing import TYPE_CHECKING, NamedTuple

from activities.google.clients import NotThere, NotValid, drive_api
from activities.google.drive import FOLDER, LEADS_FOLDER, leads_folder_id
from config.groups import Google

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3.schemas import Change, File

PAGE = 500
"""Number of changes in one answer."""
_FILE = "id,mimeType,name,parents,trashed,appProperties"


class SeenFolder(NamedTuple):
    """A folder of a lead as Drive shows it now."""

    id: str
    lead_id: str
    name: str
    home: str
    """Id of the folder in which it lies, if that is not the folder for leads."""
    trashed: bool
    """True if it, or a folder around it, is in the trash."""


class LeadsFolder(NamedTuple):
    """The folder that holds the leads' folders."""

    drive_id: str | None
    """The shared drive, or None for a folder in somebody's own Drive."""
    trashed: bool


class FolderChanges(NamedTuple):
    """A page of the changes of folders."""

    folders: list[SeenFolder]
    gone: list[str]
    """Ids of files and folders that were deleted, or are hidden from us."""
    position: str
    """Token from which the reading goes on."""
    last: bool


class Folders:
    """Reads the leads' folders. Methods block; one instance serves all threads. They raise ApplicationError."""

    def __init__(self, settings: Google) -> None:
        self._settings = settings
        self._api = drive_api(settings)

    def leads_folder(self) -> LeadsFolder:
        """Return the folder for leads."""
        request = self._api.service.files().get(
            fileId=leads_folder_id(self._settings), fields="driveId,trashed", supportsAllDrives=True
        )
        found = self._api.execute(request, LEADS_FOLDER)
        return LeadsFolder(found.get("driveId"), bool(found.get("trashed")))

    def position(self, drive_id: str | None) -> str:
        """Return the end of Drive's log of changes."""
        changes, subject = self._api.service.changes(), "the end of its log of changes"
        if drive_id is None:
            request = changes.getStartPageToken(fields="startPageToken")
        else:
            request = changes.getStartPageToken(
                driveId=drive_id, supportsAllDrives=True, fields="startPageToken"
            )
        return self._api.execute(request, subject)["startPageToken"]

    def changes(self, drive_id: str | None, position: str) -> FolderChanges | None:
        """Return a page of the changes from this position on, or None if Drive does not know the position (any more)."""
        changes, fields = (
            self._api.service.changes(),
            f"nextPageToken,newStartPageToken,changes(fileId,removed,file({_FILE}))",
        )
        if drive_id is None:
            request = changes.list(
                pageToken=position,
                pageSize=PAGE,
                fields=fields,
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
            )
        else:
            request = changes.list(
                pageToken=position,
                pageSize=PAGE,
                fields=fields,
                driveId=drive_id,
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
            )
        try:
            answer = self._api.execute(request, "its log of changes")
        except (NotThere, NotValid):
            return None
        found = answer.get("changes", [])
        following = answer.get("nextPageToken")
        return FolderChanges(
            folders=[folder for change in found if (folder := self._changed(change))],
            gone=[change["fileId"] for change in found if change.get("removed")],
            position=following or answer.get("newStartPageToken") or position,
            last=following is None,
        )

    def find(self, folder_id: str) -> SeenFolder | None:
        """Return the folder, or None if it was deleted, or is hidden from us."""
        request = self._api.service.files().get(fileId=folder_id, fields=_FILE, supportsAllDrives=True)
        try:
            return self._seen(self._api.execute(request, "the lead's folder"))
        except NotThere:
            return None

    def _changed(self, change: "Change") -> SeenFolder | None:
        """Return the changed folder of a lead, or None for other files."""
        file = change.get("file")
        if not file or file.get("mimeType") != FOLDER or "leadId" not in file.get("appProperties", {}):
            return None
        return self._seen(file)

    def _seen(self, file: "File") -> SeenFolder:
        return SeenFolder(
            id=file["id"],
            lead_id=file.get("appProperties", {}).get("leadId", ""),
            name=file.get("name", ""),
            home=next(
                (each for each in file.get("parents", ()) if each != leads_folder_id(self._settings)), ""
            ),
            trashed=bool(file.get("trashed")),
        )
