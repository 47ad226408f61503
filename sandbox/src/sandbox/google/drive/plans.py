"""Files as requests would create or change them. A plan checks the request without changing anything."""

from typing import Any

from sandbox.google import errors
from sandbox.google.call import Call
from sandbox.google.drive.access import find_editable, find_parent
from sandbox.google.state import FOLDER, MANAGERS, NATIVE, DriveFile, new_id, now

_KEPT = {"name", "mimeType", "description", "starred", "appProperties", "properties"}
_PROPERTY_BYTES = 124


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
    parent = find_parent(call, parents[0])
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
    file = find_editable(call)
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


def _moved(call: Call, file: DriveFile) -> tuple[str, ...]:
    def ids(parameter: str) -> list[str]:
        return [each for each in call.query.get(parameter, "").split(",") if each]

    added = [find_parent(call, each).id for each in ids("addParents")]
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
