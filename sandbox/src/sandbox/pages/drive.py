"""Drive's folders, where people can rename, move, trash, restore and delete."""

from typing import Any, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google import commands, errors
from sandbox.google.drive.rendering import web_view_link
from sandbox.google.state import FOLDER, DriveFile, GoogleState
from sandbox.pages import render


class Member(NamedTuple):
    """A person who can be chosen on the page."""

    login: str
    name: str


def drive_routes(google: GoogleState) -> list[BaseRoute]:
    """Return the routes of Drive's pages. POST performs the action that the form names."""

    async def drive(request: Request) -> Response:
        if request.method == "POST":
            return await _act(google, request)
        folder_id = request.path_params.get("folder_id", next(iter(google.drives)))
        trail = _trail(google, folder_id)
        if not trail:
            return render(request, "missing.html", 404, kind="folder")
        file = google.files.get(folder_id)
        people = _people(google)
        return render(
            request,
            "drive.html",
            trail=trail,
            file=file,
            files=google.children(folder_id),
            in_trash=file is not None and google.in_trash(file),
            trash=[] if file else [each for each in google.files.values() if each.trashed],
            folders=_folders(google),
            people=people,
            me=request.query_params.get("as", people[0].login),
            link=lambda each: web_view_link(each, ""),
            folder=FOLDER,
        )

    return [
        Route("/drive", drive, methods=["GET", "POST"]),
        Route("/drive/folders/{folder_id}", drive, methods=["GET", "POST"]),
    ]


async def _act(google: GoogleState, request: Request) -> Response:
    form = await request.form()
    me = _text(form, "as")
    try:
        _do(google, me, form)
    except errors.GoogleError as refused:
        return render(request, "refused.html", refused.code, message=refused.message, details=[])
    return RedirectResponse(request.url.include_query_params(**{"as": me}), 303)


def _do(google: GoogleState, me: str, form: FormData) -> None:
    """Perform the action of the form. Its field `do` is "action:file id"."""
    act, _, file_id = _text(form, "do").partition(":")
    match act:
        case "rename":
            commands.rename(google, me, file_id, _text(form, f"name:{file_id}"))
        case "move":
            commands.move(google, me, file_id, _text(form, f"to:{file_id}"))
        case "trash" | "restore":
            commands.trash(google, me, file_id, trashed=act == "trash")
        case "delete":
            commands.delete(google, me, file_id)
        case _:
            raise errors.invalid("do")


def _text(form: FormData, name: str) -> str:
    value: Any = form.get(name, "")
    return value if isinstance(value, str) else ""


def _people(google: GoogleState) -> list[Member]:
    """Return the members of the shared drives without the service account."""
    members = {email: role for drive in google.drives.values() for email, role in drive.members.items()}
    return [
        Member(email, f"{email.partition('@')[0].capitalize()}, {role}")
        for email, role in members.items()
        if email != google.service_account
    ]


def _folders(google: GoogleState) -> list[tuple[str, str]]:
    """Return (id, path) of every folder that something can be moved to."""
    found = [file for file in google.files.values() if file.mime_type == FOLDER and not google.in_trash(file)]
    paths = [(file.id, " / ".join(name for _, name in _trail(google, file.id))) for file in found]
    return [*((drive.id, drive.name) for drive in google.drives.values()), *sorted(paths, key=lambda p: p[1])]


def _trail(google: GoogleState, folder_id: str) -> list[tuple[str, str]]:
    """Return (id, name) of the folders from the drive down to this one; empty if there is no such folder."""
    if drive := google.drives.get(folder_id):
        return [(drive.id, drive.name)]
    folder: DriveFile | None = google.files.get(folder_id)
    if folder is None or folder.mime_type != FOLDER:
        return []
    return [*_trail(google, folder.parents[0]), (folder.id, folder.name)]
