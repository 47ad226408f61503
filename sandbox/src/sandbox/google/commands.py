"""Commands of people on a shared drive, with the rights that Google gives their roles. All raise GoogleError.

Writers rename; a content manager (`fileOrganizer`) also moves, trashes and restores; a manager (`organizer`) also
deletes permanently. Deleting a folder deletes everything in it.
"""

from collections.abc import Iterable

from sandbox.google import errors
from sandbox.google.state import FOLDER, MANAGERS, WRITERS, DriveFile, GoogleState, Role, now


def rename(state: GoogleState, email: str, file_id: str, name: str) -> DriveFile:
    """Rename a file or folder."""
    if not name.strip():
        raise errors.invalid("name")
    return _change(state, _theirs(state, email, file_id, WRITERS), name=name.strip())


def move(state: GoogleState, email: str, file_id: str, folder_id: str) -> DriveFile:
    """Move a file or folder into another folder of the shared drive, or to its top."""
    file = _theirs(state, email, file_id, MANAGERS)
    if folder_id not in state.drives:
        folder = _theirs(state, email, folder_id, WRITERS)
        if folder.mime_type != FOLDER:
            raise errors.refused(403, "parentNotAFolder", "The specified parent is not a folder.")
    elif folder_id != file.drive_id:
        raise errors.refused(403, "cannotMoveTrashedItemOutOfTeamDrive", "It stays on its shared drive here.")
    if file_id in {folder_id, *(each.id for each in state.ancestors(folder_id))}:
        raise errors.refused(403, "cyclicParent", "A folder cannot be moved into itself.")
    return _change(state, file, parents=(folder_id,))


def trash(state: GoogleState, email: str, file_id: str, *, trashed: bool = True) -> DriveFile:
    """Move a file or folder to the trash, or restore it. The content of a folder goes with it."""
    return _change(state, _theirs(state, email, file_id, MANAGERS), trashed=trashed)


def delete(state: GoogleState, email: str, file_id: str) -> None:
    """Delete a file or folder permanently."""
    file = _theirs(state, email, file_id, frozenset({"organizer"}))
    with state.writing():
        for each in [file, *_inside(state, file.id)]:
            del state.files[each.id]


def _theirs(state: GoogleState, email: str, file_id: str, roles: frozenset[Role]) -> DriveFile:
    file = state.files.get(file_id)
    role = state.drives[file.drive_id].members.get(email) if file else None
    if file is None or role is None:
        raise errors.file_not_found(file_id)
    if role not in roles:
        raise errors.forbidden_file()
    return file


def _change(state: GoogleState, file: DriveFile, **changes: object) -> DriveFile:
    with state.writing():
        changed = file.model_copy(update=changes | {"modified_time": now(), "version": file.version + 1})
        state.files[file.id] = changed
    return changed


def _inside(state: GoogleState, folder_id: str) -> Iterable[DriveFile]:
    for file in list(state.files.values()):
        if folder_id in file.parents:
            yield file
            yield from _inside(state, file.id)
