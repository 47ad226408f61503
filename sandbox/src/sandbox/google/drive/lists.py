"""Lists of files and of changes, page by page."""

import base64
import re
from collections.abc import Callable
from typing import Any

from sandbox.google import errors, query
from sandbox.google.call import Call
from sandbox.google.drive.access import all_drives, as_seen, check_drive, is_visible
from sandbox.google.drive.rendering import resource
from sandbox.google.state import FOLDER, DriveFile, rfc3339


def list_files(call: Call) -> dict[str, Any]:
    """Serve `files.list`: 100 files a page by default; none without `includeItemsFromAllDrives`."""
    parameters = call.query
    drive_id, corpora = parameters.get("driveId"), parameters.get("corpora", "user")
    everywhere = parameters.get("includeItemsFromAllDrives", False)
    if everywhere and not all_drives(call):
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
        and is_visible(call, file)
        and wanted(as_seen(call, file))
    ]
    page, following = _page(_ordered(found, parameters.get("orderBy")), parameters, 100)
    answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
    if following:
        answer["nextPageToken"] = following
    return answer | {"files": [resource(file, call) for file in page]}


def start_page_token(call: Call) -> dict[str, Any]:
    """Serve `changes.getStartPageToken`: the end of the log of changes."""
    check_drive(call, call.query.get("driveId"))
    return {"kind": "drive#startPageToken", "startPageToken": str(call.snapshot.changes + 1)}


def list_changes(call: Call) -> dict[str, Any]:
    """Serve `changes.list`: each file that changed since the token once, as it is now."""
    parameters = call.query
    drive_id = parameters.get("driveId")
    everywhere = parameters.get("includeItemsFromAllDrives") and all_drives(call)
    check_drive(call, drive_id)
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
            "removed": file is None or not is_visible(call, file),
            "fileId": each.file_id,
        }
        if file is not None and not entry["removed"]:
            entry["file"] = resource(file, call)
        changes.append(entry)
    return {"kind": "drive#changeList", **following, "changes": changes}


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
