"""Drive v3: files and folders on shared drives, as a service account sees them.

A service account has no storage of its own: files for its My Drive are refused, as Google does.
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from sandbox.google import commands, errors, query
from sandbox.google.call import Call, Handler
from sandbox.google.state import (
    FOLDER,
    FORM,
    MANAGERS,
    NATIVE,
    SHEET,
    WRITERS,
    DriveFile,
    Permission,
    new_id,
    now,
    rfc3339,
)

_SCOPE = "https://www.googleapis.com/auth/drive"
_ALL_FILES = {f"{_SCOPE}{s}" for s in ("", ".readonly", ".metadata", ".metadata.readonly")}
_KEPT = {"name", "mimeType", "description", "starred", "appProperties", "properties"}
_SMALL = ("kind", "driveId", "teamDriveId", "mimeType", "id", "name")
"""Fields in a response to a caller that names no `fields`."""
_PROPERTY_BYTES = 124


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


# Reading


def get(call: Call) -> dict[str, Any] | Response:
    """Serve `files.get`: the file's fields or, with `alt=media`, its content."""
    file = _find(call, call.path["fileId"], call.snapshot.files)
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


def list_files(call: Call) -> dict[str, Any]:
    """Serve `files.list`: 100 files a page by default; none without `includeItemsFromAllDrives`."""
    parameters = call.query
    drive_id, corpora = parameters.get("driveId"), parameters.get("corpora", "user")
    everywhere = parameters.get("includeItemsFromAllDrives", False)
    if everywhere and not _all_drives(call):
        raise errors.invalid(
            "supportsAllDrives",
            "The supportsAllDrives parameter must be set to true if includeItemsFromAllDrives is set to true.",
            403,
        )
    if (drive_id is not None) != (corpora == "drive"):
        raise errors.invalid(
            "driveId", "The driveId parameter must be specified if and only if corpora is set to drive."
        )
    if corpora not in ("user", "drive", "domain", "allDrives"):
        raise errors.invalid("corpora")
    if corpora in ("drive", "allDrives") and not everywhere:
        raise errors.invalid(
            "includeItemsFromAllDrives",
            "The includeItemsFromAllDrives parameter must be set to true when driveId is specified or corpora "
            "contains drive or allDrives.",
            403,
        )
    if drive_id is not None and call.token.email not in getattr(
        call.state.drives.get(drive_id), "members", {}
    ):
        raise errors.drive_not_found(drive_id)
    try:
        wanted = query.parse(parameters["q"]) if parameters.get("q") else lambda _: True
    except query.QueryError:
        raise errors.invalid("q") from None
    found = [
        file
        for file in call.snapshot.files.values()
        if everywhere
        and drive_id in (None, file.drive_id)
        and _visible(call, file)
        and wanted(_as_seen(call, file))
    ]
    page, following = _page(_ordered(found, parameters.get("orderBy")), parameters, 100)
    answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
    if following:
        answer["nextPageToken"] = following
    return answer | {"files": [resource(file, call) for file in page]}


def start_page_token(call: Call) -> dict[str, Any]:
    """Serve `changes.getStartPageToken`: the end of the log of changes."""
    _check_drive(call, call.query.get("driveId"))
    return {"kind": "drive#startPageToken", "startPageToken": str(call.snapshot.changes + 1)}


def list_changes(call: Call) -> dict[str, Any]:
    """Serve `changes.list`: each file that changed since the token once, as it is now."""
    parameters = call.query
    drive_id = parameters.get("driveId")
    everywhere = parameters.get("includeItemsFromAllDrives") and _all_drives(call)
    _check_drive(call, drive_id)
    length = call.snapshot.changes
    if "pageToken" not in parameters:
        raise errors.required("pageToken", "Required parameter: pageToken")
    token = str(parameters["pageToken"])
    if not token.isdigit() or not 1 <= int(token) <= length + 1:
        raise errors.invalid("pageToken")
    first = int(token) - 1
    newest = {each.file_id: number for number, each in enumerate(call.state.changes[:length])}
    found = [
        (number, each)
        for number, each in enumerate(call.state.changes[first:length], first)
        if newest[each.file_id] == number
        and everywhere
        and drive_id in (None, each.drive_id)
        and call.token.email in call.state.drives[each.drive_id].members
        and (parameters.get("includeRemoved", True) or not each.removed)
    ]
    page = found[: parameters.get("pageSize", 100)]
    ended = len(page) == len(found)
    following = {"newStartPageToken": str(length + 1)} if ended else {"nextPageToken": str(page[-1][0] + 2)}
    changes = []
    for _, each in page:
        file = None if each.removed else call.snapshot.files.get(each.file_id)
        entry = {
            "kind": "drive#change",
            "changeType": "file",
            "time": rfc3339(each.time),
            "removed": file is None or not _visible(call, file),
            "fileId": each.file_id,
        }
        if file is not None and not entry["removed"]:
            entry["file"] = resource(file, call)
        changes.append(entry)
    return {"kind": "drive#changeList", **following, "changes": changes}


def _check_drive(call: Call, drive_id: str | None) -> None:
    """Check that a named shared drive is asked for properly. Raises GoogleError."""
    if drive_id is None:
        return
    if not _all_drives(call):
        raise errors.invalid("supportsAllDrives")
    if call.token.email not in getattr(call.state.drives.get(drive_id), "members", {}):
        raise errors.drive_not_found(drive_id)


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
            "permissionId": _permission_id(email),
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


# Writing: a plan validates the request without changing anything; its handler then stores the result


def plan_create(call: Call) -> DriveFile:
    """Return the file that a create request would make. Raises GoogleError."""
    body = _writable(call, _KEPT | {"id", "parents"})
    file_id, parents = body.get("id"), body.get("parents") or ["root"]
    media_type = call.media.mime_type if call.media else "application/octet-stream"
    mime_type = body.get("mimeType") or media_type
    if file_id is not None:
        if file_id in call.state.files:
            raise errors.id_in_use()
        if file_id not in call.state.reserved:
            raise errors.id_not_usable()
        if mime_type.startswith(NATIVE) and mime_type != FOLDER:
            raise errors.refused(
                403,
                "insufficientFilePermissions",
                "Generated IDs are not supported for Docs Editors formats.",
            )
    if len(parents) > 1:
        raise errors.refused(
            403, "teamDrivesParentLimit", "A shared drive item must have exactly one parent."
        )
    if parents == ["root"]:
        raise errors.no_storage()
    parent = _parent(call, parents[0])
    time = now()
    return DriveFile(
        id=file_id or new_id(),
        name=body.get("name") or "Untitled",
        mime_type=mime_type,
        drive_id=parent.drive_id,
        parents=(parent.id,),
        description=body.get("description"),
        starred=body.get("starred") or False,
        app_properties=_properties({}, body.get("appProperties")),
        properties=_properties({}, body.get("properties")),
        created_time=time,
        modified_time=time,
        by_app=True,
        size=None if mime_type.startswith(NATIVE) else 0,
    )


def plan_update(call: Call) -> DriveFile:
    """Return the file as an update request would change it. Raises GoogleError."""
    file = _editable(call)
    if "parents" in call.body:
        raise errors.refused(
            403,
            "fieldNotWritable",
            "The parents field is not directly writable in update requests. Use the addParents and removeParents "
            "parameters instead.",
        )
    body = _writable(call, _KEPT | {"trashed"})
    change: dict[str, Any] = {
        {"mimeType": "mime_type"}.get(name, name): body[name]
        for name in ("name", "mimeType", "description", "starred", "trashed")
        if body.get(name) is not None
    }
    change["app_properties"] = _properties(file.app_properties, body.get("appProperties"))
    change["properties"] = _properties(file.properties, body.get("properties"))
    change["parents"] = _moved(call, file)
    managed = change["parents"] != file.parents or change.get("trashed", file.trashed) != file.trashed
    if managed and call.state.drives[file.drive_id].members[call.token.email] not in MANAGERS:
        raise errors.forbidden_file()
    return file.model_copy(update=change | {"modified_time": now(), "version": file.version + 1})


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
    file = _find(call, call.path["fileId"], call.state.files)
    commands.delete(call.state, call.token.email, file.id)
    return Response(status_code=204)


def list_permissions(call: Call) -> dict[str, Any]:
    """Serve `permissions.list`: the roles of the drive's members, then the file's own permissions."""
    file = _find(call, call.path["fileId"], call.state.files)
    inherited = [
        Permission(id=_permission_id(email), role=role, email_address=email)
        for email, role in call.state.drives[file.drive_id].members.items()
    ]
    return {
        "kind": "drive#permissionList",
        "permissions": [_permission(each) for each in (*inherited, *file.permissions)],
    }


def create_permission(call: Call) -> dict[str, Any]:
    """Serve `permissions.create`; a second permission for the same address replaces the first."""
    with call.state.writing():
        file = _editable(call)
        email, role = call.body.get("emailAddress"), call.body.get("role")
        kind = call.body.get("type")
        if role not in ("reader", "commenter", "writer", "fileOrganizer") or kind not in (
            "user",
            "group",
            "domain",
            "anyone",
        ):
            raise errors.invalid("permission.role" if role else "permission.type")
        given = Permission(id=_permission_id(email or kind), type=kind, role=role, email_address=email)
        others = tuple(p for p in file.permissions if p.id != given.id)
        call.state.files[file.id] = file.model_copy(update={"permissions": (*others, given)})
    return _permission(given)


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


def _all_drives(call: Call) -> bool:
    return bool(call.query.get("supportsAllDrives") or call.query.get("supportsTeamDrives"))


def _visible(call: Call, file: DriveFile) -> bool:
    """Return True if the caller is a member of the drive and, with only the scope `drive.file`, made the file."""
    member = call.token.email in call.state.drives[file.drive_id].members
    return member and (file.by_app or bool(call.token.scopes & _ALL_FILES))


def _as_seen(call: Call, file: DriveFile) -> DriveFile:
    """Return the file as a search sees it: in a trashed folder it counts as trashed."""
    return file.model_copy(update={"trashed": True}) if call.state.in_trash(file) else file


def _find(call: Call, file_id: str, files: dict[str, DriveFile]) -> DriveFile:
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
    if file is None or not _all_drives(call) or not _visible(call, file):
        raise errors.file_not_found(file_id)
    return file


def _editable(call: Call) -> DriveFile:
    file = _find(call, call.path["fileId"], call.state.files)
    if call.state.drives[file.drive_id].members[call.token.email] not in WRITERS:
        raise errors.forbidden_file()
    return file


def _parent(call: Call, folder_id: str) -> DriveFile:
    folder = _find(call, folder_id, call.state.files)
    if folder.mime_type != FOLDER:
        raise errors.refused(403, "parentNotAFolder", "The specified parent is not a folder.")
    if call.state.drives[folder.drive_id].members[call.token.email] not in WRITERS:
        raise errors.forbidden_parent()
    return folder


def _moved(call: Call, file: DriveFile) -> tuple[str, ...]:
    def ids(parameter: str) -> list[str]:
        return [each for each in call.query.get(parameter, "").split(",") if each]

    added = [_parent(call, each).id for each in ids("addParents")]
    kept = [each for each in file.parents if each not in ids("removeParents")]
    parents = tuple(dict.fromkeys([*kept, *added]))
    if len(parents) > 1:
        raise errors.refused(403, "cannotAddParent", "Increasing the number of parents is not allowed")
    if not parents:
        raise errors.refused(
            403, "teamDrivesParentLimit", "A shared drive item must have exactly one parent."
        )
    return parents


def _writable(call: Call, allowed: set[str]) -> dict[str, Any]:
    known = call.method.api.schemas["File"]["properties"]
    body = {name: value for name, value in call.body.items() if name != "kind"}
    for name in body.keys() - allowed:
        if known[name].get("description", "").startswith("Output only") or name in ("id", "trashed"):
            raise errors.refused(
                403,
                "fieldNotWritable",
                "The resource body includes fields which are not directly writable.",
            )
        raise errors.not_implemented(f"writable file field {name}")
    return body


def _properties(old: Any, change: dict[str, str | None] | None) -> dict[str, str]:
    """Return the merged properties; a null removes its key."""
    merged = {**old, **(change or {})}
    for key, value in merged.items():
        if value is not None and len(f"{key}{value}".encode()) > _PROPERTY_BYTES:
            raise errors.refused(
                403,
                "propertyLengthLimitExceeded",
                "The combined length of a property's key and value is limited to 124 bytes in UTF-8.",
            )
    return {key: value for key, value in merged.items() if value is not None}


def _permission_id(email: str) -> str:
    return str(int.from_bytes(email.encode()[:8].ljust(8, b"0"))).rjust(20, "0")


def _permission(permission: Permission) -> dict[str, Any]:
    return {"kind": "drive#permission", **permission.model_dump(by_alias=True, exclude_none=True)}


def _ordered(files: list[DriveFile], order_by: str | None) -> list[DriveFile]:
    keys: dict[str, Callable[[DriveFile], Any]] = {
        "name": lambda f: f.name,
        "createdTime": lambda f: f.created_time,
        "modifiedTime": lambda f: f.modified_time,
        "folder": lambda f: f.mime_type != FOLDER,
    }
    for part in reversed((order_by or "modifiedTime desc").split(",")):
        match = re.fullmatch(r"\s*(\w+)(\s+desc)?\s*", part)
        if not match or match[1] not in keys:
            raise errors.invalid("orderBy")
        files = sorted(files, key=keys[match[1]], reverse=bool(match[2]))
    return files


def _page(
    files: list[DriveFile], parameters: dict[str, Any], default_size: int
) -> tuple[list[DriveFile], str | None]:
    """Return one page, and the token of the next one. A token is valid for the same query only."""
    question = "|".join(str(parameters.get(name)) for name in ("q", "driveId", "corpora", "orderBy"))
    start, size = 0, parameters.get("pageSize", default_size)
    if "pageToken" in parameters:
        try:
            offset, same = base64.urlsafe_b64decode(parameters["pageToken"]).decode().split("|", 1)
            start = int(offset)
        except ValueError:
            raise errors.invalid("pageToken") from None
        if same != question:
            raise errors.invalid("pageToken")
    end = start + size
    following = base64.urlsafe_b64encode(f"{end}|{question}".encode()).decode() if end < len(files) else None
    return files[start:end], following
