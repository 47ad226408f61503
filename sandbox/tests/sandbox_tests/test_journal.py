"""The journal keeps requests and responses, without secrets."""

import json

from sandbox.journal import Journal
from sandbox.server import Sandbox
from sandbox_tests.support.google import Google
from sandbox_tests.support.http import call


def test_requests_and_answers(sandbox: Sandbox, google: Google, folder: str) -> None:
    (created,) = sandbox.journal.all("drive", "POST")
    assert (created.path, dict(created.query)["supportsAllDrives"]) == ("/drive/v3/files", "true")
    assert (created.body["id"], created.status, created.response) == (folder, 200, {"id": folder})
    assert (created.caller, created.authorization) == (sandbox.google.service_account, "Bearer")

    over_http = call(sandbox, "GET", "/_sandbox/requests?system=drive&method=POST&path=files$").json()
    assert [each["number"] for each in over_http] == [created.number]
    assert call(sandbox, "DELETE", "/_sandbox/requests").status == 204
    assert sandbox.journal.all() == []


def test_the_journal_has_no_secrets(sandbox: Sandbox, google: Google) -> None:
    google.drive().about().get(fields="user").execute()
    call(sandbox, "GET", "/api/v3/user", headers={"authorization": "token sandbox-token"})
    call(sandbox, "GET", "/drive/v3/about?fields=user&access_token=ya29.query")
    written = json.dumps([each.model_dump(mode="json") for each in sandbox.journal.all()])
    (token,) = sandbox.google.tokens
    for secret in (token, "sandbox-token", "ya29.query", "eyJ"):
        assert secret not in written
    (asked,) = sandbox.journal.all("token")
    assert "assertion=[hidden]" in asked.body
    assert asked.response["access_token"] == "[hidden]"
    (github,) = sandbox.journal.all("github")
    assert github.authorization == "token"


def test_the_journal_is_bounded() -> None:
    journal = Journal(length=3)
    for number in range(5):
        journal.add(system=None, method="GET", path=f"/{number}", query=[], headers={}, body=b"")
    assert [each.path for each in journal.all()] == ["/2", "/3", "/4"]
