"""Actions of people on Drive, by page, API and `on_drive`, and the application's view of the result."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from googleapiclient.errors import HttpError

from sandbox.google.errors import GoogleError
from sandbox.server import Sandbox
from sandbox_tests.support.google import DRIVE_ID
from sandbox_tests.support.http import Answer, call

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource

ANN = "ann@example.org"


def seen(drive: "DriveResource", file: str) -> Any:
    """Return the file as the application sees it; None if it does not."""
    fields = "name,parents,trashed,explicitlyTrashed"
    try:
        return drive.files().get(fileId=file, fields=fields, supportsAllDrives=True).execute()
    except HttpError as error:
        if error.resp.status != 404:
            raise
        return None


def post(sandbox: Sandbox, do: str, **fields: str) -> Answer:
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(sandbox, "POST", "/drive", urlencode({"as": ANN, "do": do} | fields), head)


def test_actions_on_the_page(sandbox: Sandbox, drive: "DriveResource", folder: str) -> None:
    answer = post(sandbox, f"rename:{folder}", **{f"name:{folder}": "Acme Ltd", "name:other": "x"})
    assert (answer.status, answer.headers["location"]) == (303, f"{sandbox.url}/drive?as=ann%40example.org")
    assert seen(drive, folder)["name"] == "Acme Ltd"
    post(sandbox, f"move:{folder}", **{f"to:{folder}": DRIVE_ID})
    assert seen(drive, folder)["parents"] == [DRIVE_ID]
    post(sandbox, f"trash:{folder}")
    assert seen(drive, folder)["trashed"]
    assert "Acme Ltd" in call(sandbox, "GET", "/drive").text.partition("<h2>Trash</h2>")[2]
    assert "in the trash" in call(sandbox, "GET", f"/drive/folders/{folder}").text
    post(sandbox, f"restore:{folder}")
    assert not seen(drive, folder)["trashed"]
    post(sandbox, f"delete:{folder}")
    assert seen(drive, folder) is None


@pytest.mark.parametrize(
    ("do", "status"),
    [("rename:1nothing", 400), ("move:1nothing", 404), ("explode:x", 400), ("trash:", 404), ("", 400)],
)
def test_refused_actions_on_the_page(sandbox: Sandbox, do: str, status: int) -> None:
    assert post(sandbox, do).status == status


def test_the_content_of_a_folder_is_trashed_and_restored_with_it(
    sandbox: Sandbox, drive: "DriveResource", folder: str
) -> None:
    ann = sandbox.on_drive()
    ann.trash(sandbox.ids["tickets"])
    assert (seen(drive, folder)["trashed"], seen(drive, folder)["explicitlyTrashed"]) == (True, False)
    found = drive.files().list(
        q="trashed = false and appProperties has { key='ticketId' and value='T-1' }",
        supportsAllDrives=True,
        includeItemsFromAllDrives=True,
    )
    assert found.execute()["files"] == []
    ann.restore(sandbox.ids["tickets"])
    assert len(found.execute()["files"]) == 1
    ann.delete(sandbox.ids["tickets"])
    assert seen(drive, folder) is None


def test_actions_over_the_api_with_a_persons_token(
    sandbox: Sandbox, drive: "DriveResource", folder: str
) -> None:
    path = f"/drive/v3/files/{folder}?supportsAllDrives=true"
    head = {"Authorization": f"Bearer sandbox-token-{ANN}", "Content-Type": "application/json"}
    renamed = call(sandbox, "PATCH", path, json.dumps({"name": "By Ann"}), head)
    assert (renamed.status, seen(drive, folder)["name"]) == (200, "By Ann")
    assert call(sandbox, "DELETE", path, None, head).status == 204
    assert seen(drive, folder) is None
    nobody = {"Authorization": "Bearer sandbox-token-nobody@example.org"}
    assert call(sandbox, "GET", path, None, nobody).status == 401


def test_the_service_account_may_trash_but_not_delete(
    sandbox: Sandbox, drive: "DriveResource", folder: str
) -> None:
    with pytest.raises(HttpError) as refused:
        drive.files().delete(fileId=folder, supportsAllDrives=True).execute()
    assert refused.value.resp.status == 403
    drive.files().update(fileId=folder, body={"trashed": True}, supportsAllDrives=True).execute()
    assert seen(drive, folder)["trashed"]


def test_rights(sandbox: Sandbox, folder: str) -> None:
    shared = sandbox.google.drives[DRIVE_ID]
    ben = sandbox.on_drive("ben@example.org")
    with pytest.raises(GoogleError, match="not found"):
        ben.rename(folder, "x")
    members = {**shared.members, ben.email: "writer"}
    sandbox.google.drives[DRIVE_ID] = shared.model_copy(update={"members": members})
    ben.rename(folder, "x")
    for act in (ben.trash, ben.delete, lambda file: ben.move(file, DRIVE_ID)):
        with pytest.raises(GoogleError, match="permissions"):
            act(folder)


def test_a_folder_cannot_be_moved_into_itself(sandbox: Sandbox, folder: str) -> None:
    ann = sandbox.on_drive()
    with pytest.raises(GoogleError, match="into itself"):
        ann.move(sandbox.ids["tickets"], folder)
