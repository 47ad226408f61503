"""The methods of Drive that the sandbox serves."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from sandbox.google import commands, errors
from sandbox.google.call import Call, Handler
from sandbox.google.drive.access import find
from sandbox.google.drive.lists import list_changes, list_files, start_page_token
from sandbox.google.drive.permissions import create_permission, list_permissions, permission_id
from sandbox.google.drive.plans import plan_create, plan_update
from sandbox.google.drive.rendering import resource
from sandbox.google.state import NATIVE, DriveFile, new_id


def get(call: Call) -> dict[str, Any] | Response:
    """Serve `files.get`: the file's fields or, with `alt=media`, its content."""
    file = find(call, call.path["fileId"], call.snapshot.files)
    if call.query.get("alt") != "media":
        return resource(file, call)
    if file.mime_type.startswith(NATIVE):
        raise errors.GoogleError(
            403,
            "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
            reason="fileNotDownloadable",
            location="alt",
        )
    return Response(call.state.content(file.id), media_type=file.mime_type)


def generate_ids(call: Call) -> dict[str, Any]:
    """Serve `files.generateIds`: ten ids by default, for later use in `files.create`."""
    space = call.query.get("space", "drive")
    if space not in ("drive", "appDataFolder") or call.query.get("type", "files") not in (
        "files",
        "shortcuts",
    ):
        raise errors.invalid("space")
    ids = [new_id() for _ in range(call.query.get("count", 10))]
    with call.state.writing():
        call.state.reserved.update(ids)
    return {"kind": "drive#generatedIds", "space": space, "ids": ids}


def about(call: Call) -> dict[str, Any]:
    """Serve `about.get`, for which `fields` must be given."""
    if "fields" not in call.query:
        raise errors.required("fields", "The 'fields' parameter is required for this method.")
    email = call.token.email
    return {
        "kind": "drive#about",
        "user": {
            "kind": "drive#user",
            "displayName": email.split("@")[0],
            "me": True,
            "permissionId": permission_id(email),
            "emailAddress": email,
        },
        "storageQuota": {"limit": "0", "usage": "0", "usageInDrive": "0", "usageInDriveTrash": "0"},
        "canCreateDrives": False,
        "appInstalled": False,
    }


def get_drive(call: Call) -> dict[str, Any]:
    """Serve `drives.get`: 404 if the caller is not a member of the drive."""
    drive = call.state.drives.get(call.path["driveId"])
    if drive is None or call.token.email not in drive.members:
        raise errors.drive_not_found(call.path["driveId"])
    return {"kind": "drive#drive", "id": drive.id, "name": drive.name}


def list_drives(call: Call) -> dict[str, Any]:
    """Serve `drives.list`: the drives that the caller is a member of."""
    mine = [d for d in call.state.drives.values() if call.token.email in d.members]
    return {
        "kind": "drive#driveList",
        "drives": [{"kind": "drive#drive", "id": d.id, "name": d.name} for d in mine],
    }


def _stored(plan: Callable[[Call], DriveFile]) -> Handler:
    def handler(call: Call) -> dict[str, Any]:
        with call.state.writing():
            file = plan(call)
            if call.media is not None:
                file = call.state.put_content(file, call.media.content)
            call.state.files[file.id] = file
        return resource(file, call)

    return handler


def delete(call: Call) -> Response:
    """Serve `files.delete`: delete a file, or a folder with its content, permanently."""
    file = find(call, call.path["fileId"], call.state.files)
    commands.delete(call.state, call.token.email, file.id)
    return Response(status_code=204)


PLANS: dict[str, Callable[[Call], DriveFile]] = {
    "drive.files.create": plan_create,
    "drive.files.update": plan_update,
}
HANDLERS: dict[str, Handler] = {
    "drive.about.get": about,
    "drive.changes.getStartPageToken": start_page_token,
    "drive.changes.list": list_changes,
    "drive.drives.get": get_drive,
    "drive.drives.list": list_drives,
    "drive.files.create": _stored(plan_create),
    "drive.files.delete": delete,
    "drive.files.generateIds": generate_ids,
    "drive.files.get": get,
    "drive.files.list": list_files,
    "drive.files.update": _stored(plan_update),
    "drive.permissions.create": create_permission,
    "drive.permissions.list": list_permissions,
}
