"""Permissions of files, beside the roles of the drive's members."""

from typing import Any

from sandbox.google import errors
from sandbox.google.call import Call
from sandbox.google.drive.access import find, find_editable
from sandbox.google.state import Permission


def list_permissions(call: Call) -> dict[str, Any]:
    """Serve `permissions.list`: the roles of the drive's members, then the file's own permissions."""
    file = find(call, call.path["fileId"], call.state.files)
    inherited = [
        Permission(id=permission_id(email), role=role, email_address=email)
        for email, role in call.state.drives[file.drive_id].members.items()
    ]
    return {
        "kind": "drive#permissionList",
        "permissions": [_permission(each) for each in (*inherited, *file.permissions)],
    }


def create_permission(call: Call) -> dict[str, Any]:
    """Serve `permissions.create`; a second permission for the same address replaces the first."""
    with call.state.writing():
        file = find_editable(call)
        email, role = call.body.get("emailAddress"), call.body.get("role")
        kind = call.body.get("type")
        if role not in ("reader", "commenter", "writer", "fileOrganizer") or kind not in (
            "user",
            "group",
            "domain",
            "anyone",
        ):
            raise errors.invalid("permission.role" if role else "permission.type")
        given = Permission(id=permission_id(email or kind), type=kind, role=role, email_address=email)
        others = tuple(p for p in file.permissions if p.id != given.id)
        call.state.files[file.id] = file.model_copy(update={"permissions": (*others, given)})
    return _permission(given)


def permission_id(email: str) -> str:
    """Return the id of the permission of this address, the same on each file."""
    return str(int.from_bytes(email.encode()[:8].ljust(8, b"0"))).rjust(20, "0")


def _permission(permission: Permission) -> dict[str, Any]:
    return {"kind": "drive#permission", **permission.model_dump(by_alias=True, exclude_none=True)}
