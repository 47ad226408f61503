"""Drive, through Google's client."""

from typing import TYPE_CHECKING, Any

import google_auth_httplib2
import httplib2
import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from sandbox.server import Sandbox
from sandbox_tests.support.google import DRIVE_ID, SCOPE, Google
from sandbox_tests.support.http import TIMEOUT

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource

FOLDER = "application/vnd.google-apps.folder"
CONTENT = bytes(range(256)) * 2500  # binary, with every line ending in it; more than two pieces of an upload


def reason(error: HttpError) -> str:
    details: Any = error.error_details
    return str(details[0]["reason"])


def refused(request: Any, status: int) -> HttpError:
    with pytest.raises(HttpError) as caught:
        request.execute()
    assert caught.value.status_code == status
    return caught.value


def test_a_generated_id_can_be_used_once(drive: "DriveResource", sandbox: Sandbox) -> None:
    generated = drive.files().generateIds(count=3, space="drive").execute()
    assert generated["kind"] == "drive#generatedIds"
    first = generated["ids"][0]
    create = drive.files().create(
        body={"id": first, "name": "Acme", "mimeType": FOLDER, "parents": [sandbox.ids["tickets"]]},
        supportsAllDrives=True,
        fields="id,webViewLink",
    )
    assert create.execute() == {"id": first, "webViewLink": f"{sandbox.url}/drive/folders/{first}"}

    again = refused(
        drive.files().create(
            body={"id": first, "name": "Acme", "mimeType": FOLDER, "parents": [sandbox.ids["tickets"]]},
            supportsAllDrives=True,
        ),
        409,
    )
    assert reason(again) == "fileIdInUse"
    assert again.reason == "A file already exists with the provided ID."
    assert [each.id for each in sandbox.google.children(sandbox.ids["tickets"])] == [first]


def test_an_id_that_drive_did_not_generate_is_refused(drive: "DriveResource", sandbox: Sandbox) -> None:
    body: Any = {"id": "1" + "x" * 32, "name": "Acme", "parents": [sandbox.ids["tickets"]]}
    error = refused(drive.files().create(body=body, supportsAllDrives=True), 400)
    assert error.reason == "The provided file ID is not usable."


def test_a_service_account_has_no_storage(drive: "DriveResource") -> None:
    error = refused(drive.files().create(body={"name": "mine"}, supportsAllDrives=True), 403)
    assert reason(error) == "storageQuotaExceeded"


def test_parents_must_be_one_existing_folder(drive: "DriveResource", sandbox: Sandbox, folder: str) -> None:
    def create(*parents: str) -> Any:
        return drive.files().create(body={"name": "x", "parents": list(parents)}, supportsAllDrives=True)

    missing = refused(create("1nowhere"), 404)
    assert (reason(missing), missing.reason) == ("notFound", "File not found: 1nowhere.")
    assert reason(refused(create(sandbox.ids["prices"]), 403)) == "parentNotAFolder"
    assert reason(refused(create(folder, sandbox.ids["tickets"]), 403)) == "teamDrivesParentLimit"


def test_without_supports_all_drives_nothing_is_there(
    drive: "DriveResource", sandbox: Sandbox, folder: str
) -> None:
    refused(drive.files().get(fileId=folder), 404)
    refused(drive.files().create(body={"name": "x", "parents": [folder]}), 404)
    refused(drive.files().update(fileId=folder, body={"name": "y"}), 404)
    assert drive.files().list(q=f"'{folder}' in parents").execute()["files"] == []
    found = drive.files().list(
        q=f"'{sandbox.ids['tickets']}' in parents",
        supportsAllDrives=True,
        includeItemsFromAllDrives=True,
    )
    assert [each["id"] for each in found.execute()["files"]] == [folder]


def test_searching_a_shared_drive_needs_all_its_flags(drive: "DriveResource", folder: str) -> None:
    found = drive.files().list(
        q="appProperties has { key='ticketId' and value='T-1' } and trashed=false",
        corpora="drive",
        driveId=DRIVE_ID,
        supportsAllDrives=True,
        includeItemsFromAllDrives=True,
    )
    assert [each["id"] for each in found.execute()["files"]] == [folder]
    refused(drive.files().list(driveId=DRIVE_ID, supportsAllDrives=True, includeItemsFromAllDrives=True), 400)
    refused(drive.files().list(corpora="drive", driveId=DRIVE_ID, supportsAllDrives=True), 403)
    refused(drive.files().list(includeItemsFromAllDrives=True), 403)
    unknown = drive.files().list(
        corpora="drive", driveId="0Aelse", supportsAllDrives=True, includeItemsFromAllDrives=True
    )
    assert refused(unknown, 404).reason == "Shared drive not found: 0Aelse"


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("name = 'Ann\\'s \\\\ ticket'", ["Ann's \\ ticket"]),
        (f"mimeType='{FOLDER}' and name='Acme'", ["Acme"]),
        (f"mimeType != '{FOLDER}' and '{{tickets}}' in parents", ["Ann's \\ ticket"]),
        ("trashed = true", []),
        ("appProperties has { key = 'ticketId' and value = 'T-2' }", []),
    ],
)
def test_queries(drive: "DriveResource", sandbox: Sandbox, folder: str, q: str, names: list[str]) -> None:
    tickets = sandbox.ids["tickets"]
    drive.files().create(
        body={"name": "Ann's \\ ticket", "parents": [tickets]}, supportsAllDrives=True
    ).execute()
    found = (
        drive.files()
        .list(q=q.replace("{tickets}", tickets), supportsAllDrives=True, includeItemsFromAllDrives=True)
        .execute()
    )
    assert [each["name"] for each in found["files"]] == names


@pytest.mark.parametrize(
    "q",
    [
        "fullText contains 'Acme'",
        "name = 'Acme' or name = 'Beta'",
        "name = Acme",
        "name = 'Acme' and",
        "title = 'Acme'",
        "name = 'Acme' trashed = false",
        "appProperties has { key='ticketId' }",
    ],
)
def test_an_unsupported_query_is_refused(drive: "DriveResource", q: str) -> None:
    error = refused(drive.files().list(q=q, supportsAllDrives=True, includeItemsFromAllDrives=True), 400)
    details: Any = error.error_details
    assert details == [
        {
            "message": "Invalid Value",
            "domain": "global",
            "reason": "invalid",
            "location": "q",
            "locationType": "parameter",
        }
    ]


def test_lists_come_in_pages(drive: "DriveResource", folder: str) -> None:
    for number in range(5):
        drive.files().create(
            body={"name": f"{number}", "parents": [folder]}, supportsAllDrives=True
        ).execute()
    asked: Any = {
        "q": f"'{folder}' in parents",
        "pageSize": 2,
        "orderBy": "name desc",
        "supportsAllDrives": True,
        "includeItemsFromAllDrives": True,
    }
    names = list[str]()
    request: Any = drive.files().list(**asked)
    while request is not None:
        page = request.execute()
        assert len(page["files"]) <= 2
        names += [each["name"] for each in page["files"]]
        request = drive.files().list_next(request, page)
    assert names == ["4", "3", "2", "1", "0"]
    assert reason(refused(drive.files().list(**asked, pageToken="bogus"), 400)) == "invalid"


def test_the_default_response_has_few_fields(drive: "DriveResource", folder: str) -> None:
    small = drive.files().get(fileId=folder, supportsAllDrives=True).execute()
    assert set(small) == {"kind", "id", "name", "mimeType", "driveId", "teamDriveId"}
    asked = drive.files().get(
        fileId=folder, supportsAllDrives=True, fields="appProperties,capabilities/canAddChildren,parents"
    )
    rendered = asked.execute()
    assert rendered["appProperties"] == {"ticketId": "T-1"}
    assert rendered["capabilities"] == {"canAddChildren": True}
    assert set(rendered) == {"appProperties", "capabilities", "parents"}
    everything = drive.files().get(fileId=folder, supportsAllDrives=True, fields="*").execute()
    assert {"createdTime", "modifiedTime", "version", "webViewLink", "trashed"} <= set(everything)
    wrong = refused(drive.files().get(fileId=folder, supportsAllDrives=True, fields="id,titel"), 400)
    assert (wrong.reason, reason(wrong)) == ("Invalid field selection titel", "invalidParameter")
    refused(drive.files().get(fileId=folder, supportsAllDrives=True, fields="id,("), 400)


@pytest.mark.parametrize("resumable", [False, True])
def test_media_is_uploaded_and_downloaded(drive: "DriveResource", folder: str, resumable: bool) -> None:
    media = MediaInMemoryUpload(
        CONTENT, mimetype="application/pdf", resumable=resumable, chunksize=256 * 1024
    )
    stored = (
        drive.files()
        .create(
            body={"name": "invoice.pdf", "parents": [folder]},
            media_body=media,
            supportsAllDrives=True,
            fields="id,size,mimeType,webContentLink",
        )
        .execute()
    )
    assert (stored["size"], stored["mimeType"]) == (str(len(CONTENT)), "application/pdf")
    assert drive.files().get_media(fileId=stored["id"], supportsAllDrives=True).execute() == CONTENT

    changed = MediaInMemoryUpload(b"second", mimetype="application/pdf", resumable=resumable)
    drive.files().update(fileId=stored["id"], body={}, media_body=changed, supportsAllDrives=True).execute()
    assert drive.files().get_media(fileId=stored["id"], supportsAllDrives=True).execute() == b"second"


def test_a_resumable_upload_is_refused_before_its_bytes_are_sent(
    drive: "DriveResource", sandbox: Sandbox
) -> None:
    media = MediaInMemoryUpload(CONTENT, mimetype="application/pdf", resumable=True)
    refused(
        drive.files().create(
            body={"name": "x", "parents": ["1nowhere"]}, media_body=media, supportsAllDrives=True
        ),
        404,
    )
    assert sandbox.journal.all("drive", "PUT") == []


def test_a_folder_has_no_bytes(drive: "DriveResource", folder: str) -> None:
    error = refused(drive.files().get_media(fileId=folder, supportsAllDrives=True), 403)
    assert reason(error) == "fileNotDownloadable"


def test_update_renames_moves_marks_and_trashes(
    drive: "DriveResource", sandbox: Sandbox, folder: str
) -> None:
    tickets = sandbox.ids["tickets"]

    def update(body: Any, **more: Any) -> Any:
        return drive.files().update(
            fileId=folder,
            body=body,
            supportsAllDrives=True,
            fields="name,parents,appProperties,trashed",
            **more,
        )

    rendered = update({"name": "Acme Ltd", "appProperties": {"ticketId": None, "stage": "quoted"}}).execute()
    assert (rendered["name"], rendered["appProperties"]) == ("Acme Ltd", {"stage": "quoted"})
    assert update({}, addParents=DRIVE_ID, removeParents=tickets).execute()["parents"] == [DRIVE_ID]
    assert reason(refused(update({}, addParents=tickets), 403)) == "cannotAddParent"
    assert reason(refused(update({"parents": [tickets]}), 403)) == "fieldNotWritable"
    assert update({"trashed": True}).execute()["trashed"] is True
    long: Any = {"appProperties": {"k": "v" * 124}}
    refused(update(long), 403)


def test_rights(google: Google, sandbox: Sandbox, folder: str) -> None:
    shared = sandbox.google.drives[DRIVE_ID]

    def become(role: str | None) -> None:
        members = {"ann@example.org": "organizer"} | ({sandbox.google.service_account: role} if role else {})
        sandbox.google.drives[DRIVE_ID] = shared.model_copy(update={"members": members})

    client = google.drive()
    become("reader")
    client.files().get(fileId=folder, supportsAllDrives=True).execute()
    writing = refused(client.files().update(fileId=folder, body={"name": "x"}, supportsAllDrives=True), 403)
    assert reason(writing) == "insufficientFilePermissions"
    creating = client.files().create(body={"name": "x", "parents": [folder]}, supportsAllDrives=True)
    assert reason(refused(creating, 403)) == "insufficientParentPermissions"
    become(None)
    refused(client.files().get(fileId=folder, supportsAllDrives=True), 404)


def test_drive_file_sees_only_what_the_app_made(google: Google, sandbox: Sandbox, folder: str) -> None:
    narrow = google.drive(f"{SCOPE}drive.file")
    narrow.files().get(fileId=folder, supportsAllDrives=True).execute()
    refused(narrow.files().get(fileId=sandbox.ids["tickets"], supportsAllDrives=True), 404)


def test_about_permissions_and_drives(drive: "DriveResource", sandbox: Sandbox, folder: str) -> None:
    assert drive.about().get(fields="user/emailAddress").execute() == {
        "user": {"emailAddress": sandbox.google.service_account}
    }
    assert reason(refused(drive.about().get(), 400)) == "required"
    drive.permissions().create(
        fileId=folder,
        body={"type": "user", "role": "reader", "emailAddress": "bo@example.org"},
        supportsAllDrives=True,
    ).execute()
    listed = drive.permissions().list(
        fileId=folder, supportsAllDrives=True, fields="permissions(emailAddress,role)"
    )
    assert {(each["emailAddress"], each["role"]) for each in listed.execute()["permissions"]} == {
        ("ann@example.org", "organizer"),
        (sandbox.google.service_account, "fileOrganizer"),
        ("bo@example.org", "reader"),
    }
    assert drive.drives().get(driveId=DRIVE_ID).execute()["id"] == DRIVE_ID


def raw(google: Google, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    """Send a request that the client library would not send."""
    credentials = google.credentials([f"{SCOPE}drive"])
    transport = httplib2.Http(timeout=TIMEOUT)
    try:
        http = google_auth_httplib2.AuthorizedHttp(credentials, http=transport)
        answer, content = http.request(
            google.root + path, method, body=body, headers={"content-type": "application/json"}
        )
    finally:
        transport.close()
    return answer.status, content.decode()


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/drive/v3/files?supportAllDrives=true", "{}", "Cannot bind query parameter"),
        (
            "/drive/v3/files?supportsAllDrives=perhaps",
            "{}",
            "Invalid value at 'supports_all_drives' (TYPE_BOOL)",
        ),
        ("/drive/v3/files", '{"title": "x"}', 'Unknown name \\"title\\": Cannot find field.'),
        ("/drive/v3/files", '{"name": 7}', "Invalid value at 'name' (TYPE_STRING), 7"),
        (
            "/drive/v3/files",
            '{"appProperties": {"ticket": 7}}',
            "Invalid value at 'appProperties.ticket' (TYPE_STRING), 7",
        ),
        ("/drive/v3/files", '{"parents": "x"}', "Invalid value at 'parents' (TYPE_ARRAY)"),
        ("/drive/v3/files", "{", "Invalid JSON payload received"),
        ("/drive/v3/files", "[]", "Root element must be a message"),
    ],
)
def test_the_discovery_document_validates_parameters_and_bodies(
    google: Google, path: str, body: str, message: str
) -> None:
    status, content = raw(google, "POST", path, body)
    assert status == 400
    assert message in content


def test_unsupported_methods_are_501(google: Google, folder: str) -> None:
    assert raw(google, "POST", f"/drive/v3/files/{folder}/copy", "{}")[0] == 501
    status, page = raw(google, "GET", "/drive/v3/nothing/of/the/kind")
    assert (status, "<!DOCTYPE html>" in page) == (404, True)


def test_changes_are_listed_once_each_from_a_token_on(
    drive: "DriveResource", sandbox: Sandbox, folder: str
) -> None:
    everywhere: Any = {"supportsAllDrives": True, "driveId": DRIVE_ID}
    token = drive.changes().getStartPageToken(**everywhere).execute()["startPageToken"]
    ann = sandbox.on_drive()
    ann.rename(folder, "Another name")
    ann.trash(folder)
    ann.restore(folder)

    def changes(token: str, **more: Any) -> Any:
        request = drive.changes().list(
            pageToken=token, includeItemsFromAllDrives=True, **everywhere | more, fields="*"
        )
        return request.execute()

    found = changes(token)
    assert [(each["fileId"], each["removed"]) for each in found["changes"]] == [(folder, False)]
    assert found["changes"][0]["file"]["name"] == "Another name"
    token = found["newStartPageToken"]
    assert changes(token)["changes"] == []
    ann.rename(sandbox.ids["prices"], "Prices of this year")
    ann.delete(folder)
    first = changes(token, pageSize=1)
    assert [each["fileId"] for each in first["changes"]] == [sandbox.ids["prices"]]
    rest = changes(first["nextPageToken"])
    assert [(each["fileId"], each["removed"]) for each in rest["changes"]] == [(folder, True)]
    assert "file" not in rest["changes"][0]
    assert changes(token, includeRemoved=False)["changes"] == first["changes"]


def test_changes_need_a_token_that_drive_issued(drive: "DriveResource") -> None:
    for token in ("0", "nonsense", "9999999"):
        error = refused(drive.changes().list(pageToken=token, supportsAllDrives=True), 400)
        assert reason(error) == "invalid"
    nowhere = drive.changes().getStartPageToken(driveId="0Anowhere", supportsAllDrives=True)
    assert reason(refused(nowhere, 404)) == "notFound"
