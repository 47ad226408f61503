"""Every fault as the client sees it, and its effect on the sandbox."""

import http.client
import time
from typing import TYPE_CHECKING, Any

import pytest
from googleapiclient.errors import HttpError
from pydantic import ValidationError

from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox_tests.support.google import ANSWERS, Google
from sandbox_tests.support.http import TIMEOUT, call

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource

GITHUB = {"authorization": "Bearer sandbox-token"}


def create(drive: "DriveResource", folder: str, name: str = "x") -> Any:
    return drive.files().create(body={"name": name, "parents": [folder]}, supportsAllDrives=True)


def names(sandbox: Sandbox, folder: str) -> list[str]:
    return [each.name for each in sandbox.google.children(folder)]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "internalError"), (503, "transientError"), (403, "insufficientFilePermissions")],
)
def test_status_performs_nothing(
    sandbox: Sandbox, drive: "DriveResource", folder: str, status: int, reason: str
) -> None:
    sandbox.faults.add(Fault(system="drive", method="POST", path="files$", kind="status", status=status))
    with pytest.raises(HttpError) as caught:
        create(drive, folder).execute()
    details: Any = caught.value.error_details
    assert (caught.value.status_code, details[0]["reason"]) == (status, reason)
    assert names(sandbox, folder) == []
    create(drive, folder).execute()  # once is once


def test_status_after_performs_the_request(sandbox: Sandbox, drive: "DriveResource", folder: str) -> None:
    sandbox.faults.add(Fault(system="drive", method="POST", kind="status_after", status=502))
    with pytest.raises(HttpError) as caught:
        create(drive, folder).execute()
    assert caught.value.status_code == 502
    assert b"Error 502" in caught.value.content
    assert names(sandbox, folder) == ["x"]


def test_cut_performs_nothing(sandbox: Sandbox, drive: "DriveResource", folder: str) -> None:
    sandbox.faults.add(Fault(system="drive", method="POST", kind="cut", times=None))
    with pytest.raises((http.client.HTTPException, OSError)):
        create(drive, folder).execute()
    assert names(sandbox, folder) == []


def test_cut_after_makes_googles_transport_repeat_the_request(
    sandbox: Sandbox, drive: "DriveResource", folder: str
) -> None:
    sandbox.faults.add(Fault(system="drive", method="POST", kind="cut_after"))
    create(drive, folder).execute()
    assert names(sandbox, folder) == ["x", "x"]
    assert [(each.status, each.fault) for each in sandbox.journal.all("drive", "POST")][-2:] == [
        (None, "cut_after"),
        (200, None),
    ]


def test_cut_closes_the_connection_without_a_response(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(system="github", path="^/api/v3/user$", kind="cut"))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        call(sandbox, "GET", "/api/v3/user", headers=GITHUB)


@pytest.mark.parametrize(("status", "reason"), [(None, "userRateLimitExceeded"), (429, "rateLimitExceeded")])
def test_drive_s_rate_limit(
    sandbox: Sandbox, drive: "DriveResource", folder: str, status: int | None, reason: str
) -> None:
    sandbox.faults.add(Fault(system="drive", kind="rate_limit", status=status))
    with pytest.raises(HttpError) as caught:
        create(drive, folder).execute()
    details: Any = caught.value.error_details
    assert (caught.value.status_code, details[0]["reason"]) == (status or 403, reason)


def test_the_rate_limit_of_forms(sandbox: Sandbox, google: Google) -> None:
    sandbox.faults.add(Fault(system="forms", kind="rate_limit"))
    with pytest.raises(HttpError, match="Quota exceeded for quota metric") as caught:
        google.forms().forms().get(formId=sandbox.ids["contact"]).execute()
    assert caught.value.status_code == 429


def test_github_s_limits(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(system="github", kind="secondary_limit", seconds=7))
    secondary = call(sandbox, "GET", "/api/v3/user", headers=GITHUB)
    assert (secondary.status, secondary.headers["retry-after"]) == (403, "7")
    assert "secondary rate limit" in secondary.json()["message"]

    sandbox.faults.add(Fault(system="github", kind="primary_limit", seconds=90))
    primary = call(sandbox, "GET", "/api/v3/user", headers=GITHUB)
    assert (primary.status, primary.headers["x-ratelimit-remaining"]) == (403, "0")
    assert time.time() < int(primary.headers["x-ratelimit-reset"]) <= time.time() + 91


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "Bad credentials"),
        (403, "Resource not accessible by integration"),
        (404, "Not Found"),
        (422, "Validation Failed"),
        (502, "Server Error"),
    ],
)
def test_github_s_errors(sandbox: Sandbox, status: int, message: str) -> None:
    sandbox.faults.add(Fault(system="github", kind="status", status=status))
    answer = call(sandbox, "GET", "/api/v3/user", headers=GITHUB)
    assert (answer.status, answer.json()["message"]) == (status, message)


def test_slow_performs_the_request_after_the_caller_gave_up(
    sandbox: Sandbox, drive: "DriveResource", folder: str
) -> None:
    slow = sandbox.faults.add(Fault(system="drive", method="POST", kind="slow", seconds=TIMEOUT))
    request = create(drive, folder)
    request.http.http.timeout = 0.05
    with pytest.raises(TimeoutError):
        request.execute()
    assert names(sandbox, folder) == []
    while not slow.hits:
        time.sleep(0.02)
    sandbox.faults.remove(slow)
    while not (done := names(sandbox, folder)):  # the test's own time limit is the end of that
        time.sleep(0.02)
    assert done == ["x"]


def test_garbage_is_a_web_page(sandbox: Sandbox, drive: "DriveResource", folder: str) -> None:
    sandbox.faults.add(Fault(system="drive", kind="garbage"))
    answer: Any = create(drive, folder).execute()
    assert str(answer).startswith("<!DOCTYPE html>")  # Google's client hands it on as if it were the answer
    assert names(sandbox, folder) == []


def test_a_stale_drive_misses_the_last_writes(sandbox: Sandbox, drive: "DriveResource", folder: str) -> None:
    for name in ("a", "b", "c"):
        create(drive, folder, name).execute()

    def seen() -> list[str]:
        listed = drive.files().list(
            q=f"'{folder}' in parents", orderBy="name", supportsAllDrives=True, includeItemsFromAllDrives=True
        )
        return [each["name"] for each in listed.execute()["files"]]

    sandbox.faults.add(Fault(system="drive", method="GET", kind="stale", writes=2))
    assert seen() == ["a"]
    assert seen() == ["a", "b", "c"]
    sandbox.faults.add(Fault(system="drive", method="GET", kind="stale", seconds=3600))
    assert seen() == []
    sandbox.faults.add(Fault(system="drive", method="GET", path=f"/{folder}$", kind="stale", seconds=3600))
    with pytest.raises(HttpError, match="File not found"):
        drive.files().get(fileId=folder, supportsAllDrives=True).execute()


def test_stale_responses(sandbox: Sandbox, google: Google) -> None:
    sandbox.google.submit(sandbox.ids["contact"], ANSWERS)
    sandbox.faults.add(Fault(system="forms", kind="stale"))
    responses = google.forms().forms().responses()
    assert responses.list(formId=sandbox.ids["contact"]).execute() == {}
    assert len(responses.list(formId=sandbox.ids["contact"]).execute()["responses"]) == 1


def test_faults_of_the_token_endpoint(sandbox: Sandbox, google: Google) -> None:
    from google.auth.exceptions import RefreshError

    sandbox.faults.add(Fault(system="token", kind="status", status=400))
    with pytest.raises(RefreshError, match="invalid_grant"):
        google.drive().about().get(fields="user").execute()


def test_after_and_times(sandbox: Sandbox) -> None:
    fault = sandbox.faults.add(
        Fault(system="github", path="user", body="secret", kind="status", status=502, after=1, times=2)
    )
    statuses = [call(sandbox, "POST", "/api/v3/user", "a secret", GITHUB).status == 502 for _ in range(4)]
    assert statuses == [False, True, True, False]
    assert (fault.hits, fault.exhausted) == (2, True)
    other = sandbox.faults.add(Fault(system="github", body="secret", kind="status", status=502))
    assert call(sandbox, "POST", "/api/v3/user", "nothing", GITHUB).status != 502
    assert other.hits == 0


def test_faults_over_http(sandbox: Sandbox) -> None:
    given = {"system": "github", "method": "GET", "path": "user", "kind": "status", "status": 503}
    assert call(sandbox, "POST", "/_sandbox/faults", given).status == 201
    assert call(sandbox, "GET", "/api/v3/user", headers=GITHUB).status == 503
    (listed,) = call(sandbox, "GET", "/_sandbox/faults").json()
    assert (listed["kind"], listed["hits"], listed["exhausted"]) == ("status", 1, True)
    assert call(sandbox, "DELETE", "/_sandbox/faults").status == 204
    assert sandbox.faults.all() == []
    for nonsense in ({**given, "kind": "gremlins"}, {**given, "pth": "x"}, {**given, "status": None}):
        assert call(sandbox, "POST", "/_sandbox/faults", nonsense).status == 422


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        ("drive", "secondary_limit"),
        ("github", "rate_limit"),
        ("sheets", "stale"),
        ("mail", "cut"),
        ("drive", "mail_refused"),
    ],
)
def test_a_system_has_only_its_own_faults(system: Any, kind: Any) -> None:
    with pytest.raises(ValidationError, match="has no fault"):
        Fault(system=system, kind=kind)
