"""Files that a caller may see or change."""

from sandbox.google import errors
from sandbox.google.call import Call
from sandbox.google.state import FOLDER, WRITERS, DriveFile

_SCOPE = "https://www.googleapis.com/auth/drive"
_ALL_FILES = {f"{_SCOPE}{s}" for s in ("", ".readonly", ".metadata", ".metadata.readonly")}


def all_drives(call: Call) -> bool:
    """Return True if the caller asks for shared drives, too."""
    return bool(call.query.get("supportsAllDrives") or call.query.get("supportsTeamDrives"))


def is_visible(call: Call, file: DriveFile) -> bool:
    """Return True if the caller is a member of the drive and, with only the scope `drive.file`, made the file."""
    member = call.token.email in call.state.drives[file.drive_id].members
    return member and (file.by_app or bool(call.token.scopes & _ALL_FILES))


def as_seen(call: Call, file: DriveFile) -> DriveFile:
    """Return the file as a search sees it: in a trashed folder it counts as trashed."""
    return file.model_copy(update={"trashed": True}) if call.state.in_trash(file) else file


def find(call: Call, file_id: str, files: dict[str, DriveFile]) -> DriveFile:
    """Return the file. Without `supportsAllDrives` nothing on a shared drive is found, as at Google."""
    file = files.get(file_id)
    if file is None and (drive := call.state.drives.get(file_id)):
        start = min(f.created_time for f in call.state.files.values() if f.drive_id == file_id)
        file = DriveFile(
            id=drive.id,
            name="Drive",
            mime_type=FOLDER,
            drive_id=drive.id,
            parents=(),
            created_time=start,
            modified_time=start,
        )
    if file is None or not all_drives(call) or not is_visible(call, file):
        raise errors.file_not_found(file_id)
    return file


def find_editable(call: Call) -> DriveFile:
    """Return the file of the call, which the caller may write. Raises GoogleError."""
    file = find(call, call.path["fileId"], call.state.files)
    if call.state.drives[file.drive_id].members[call.token.email] not in WRITERS:
        raise errors.forbidden_file()
    return file


def find_parent(call: Call, folder_id: str) -> DriveFile:
    """Return the folder, into which the caller may write. Raises GoogleError."""
    folder = find(call, folder_id, call.state.files)
    if folder.mime_type != FOLDER:
        raise errors.refused(403, "parentNotAFolder", "The specified parent is not a folder.")
    if call.state.drives[folder.drive_id].members[call.token.email] not in WRITERS:
        raise errors.forbidden_parent()
    return folder


def check_drive(call: Call, drive_id: str | None) -> None:
    """Check that a named shared drive is asked for properly. Raises GoogleError."""
    if drive_id is None:
        return
    if not all_drives(call):
        raise errors.invalid("supportsAllDrives")
    if call.token.email not in getattr(call.state.drives.get(drive_id), "members", {}):
        raise errors.drive_not_found(drive_id)
