"""Files as Drive returns them."""

from typing import Any

from sandbox.google.call import Call
from sandbox.google.state import FOLDER, FORM, MANAGERS, SHEET, WRITERS, DriveFile, rfc3339

_SMALL = ("kind", "driveId", "teamDriveId", "mimeType", "id", "name")
"""Fields in a response to a caller that names no `fields`."""


def resource(file: DriveFile, call: Call) -> dict[str, Any]:
    """Return all fields of a file in Drive's format; its capabilities are the caller's."""
    role = call.state.drives[file.drive_id].members.get(call.token.email)
    writer = role in WRITERS
    folder = file.mime_type == FOLDER
    stored = file.model_dump(
        by_alias=True, mode="json", exclude_none=True, exclude={"by_app", "permissions", "parents"}
    )
    rendered: dict[str, Any] = {
        "kind": "drive#file",
        **{name: value for name, value in stored.items() if value != {}},
        "createdTime": rfc3339(file.created_time),
        "modifiedTime": rfc3339(file.modified_time),
        "version": str(file.version),
        "teamDriveId": file.drive_id,
        "spaces": ["drive"],
        "trashed": call.state.in_trash(file),
        "explicitlyTrashed": file.trashed,
        "ownedByMe": False,
        "isAppAuthorized": file.by_app,
        "webViewLink": web_view_link(file, call.base),
        "capabilities": {
            "canEdit": writer,
            "canRename": writer,
            "canTrash": role in MANAGERS,
            "canDelete": role == "organizer",
            "canDownload": not folder,
            "canListChildren": folder,
            "canAddChildren": folder and writer,
        },
    }
    if file.parents:
        rendered["parents"] = list(file.parents)
    if file.size is not None:
        rendered |= {
            "size": str(file.size),
            "originalFilename": file.name,
            "webContentLink": f"{call.base}/drive/file/{file.id}",
        }
    return rendered


def web_view_link(file: DriveFile, base: str) -> str:
    """Return the URL, below `base`, of the file's page, or of its content if it has no page."""
    kinds = {FOLDER: "/drive/folders/{}", FORM: "/forms/{}/viewform", SHEET: "/spreadsheets/d/{}/edit"}
    return base + kinds.get(file.mime_type, "/drive/file/{}").format(file.id)


def default_fields(rendered: dict[str, Any]) -> dict[str, Any]:
    """Reduce a response to the fields that Drive returns to a caller that names no `fields`."""
    if rendered.get("kind") == "drive#file":
        return {name: rendered[name] for name in _SMALL if name in rendered}
    if rendered.get("kind") == "drive#fileList":
        return rendered | {"files": [default_fields(each) for each in rendered["files"]]}
    if rendered.get("kind") == "drive#changeList":
        changes = [each | {"file": default_fields(each.get("file", {}))} for each in rendered["changes"]]
        return rendered | {"changes": changes}
    return rendered
