"""The token endpoint and the rights of tokens."""

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from sandbox.google.token import GRANT
from sandbox.server import Sandbox
from sandbox_tests.support.google import SCOPE, Google
from sandbox_tests.support.http import call


def grant(sandbox: Sandbox, key: Any = None, **claims: Any) -> tuple[int, Any]:
    """Request a token with a valid grant, changed by `claims`."""
    now = int(time.time())
    right = {
        "iss": sandbox.google.service_account,
        "aud": "https://oauth2.googleapis.com/token",
        "scope": f"{SCOPE}drive",
        "iat": now,
        "exp": now + 3600,
    }
    own = json.loads(sandbox.credentials_file.read_text())["private_key"]
    assertion = jwt.encode({**right, **claims}, key or own, algorithm="RS256")
    answer = call(
        sandbox,
        "POST",
        "/token",
        f"grant_type={GRANT}&assertion={assertion}",
        {"content-type": "application/x-www-form-urlencoded"},
    )
    return answer.status, answer.json()


def test_a_valid_grant_gets_a_token(sandbox: Sandbox) -> None:
    status, body = grant(sandbox)
    assert (status, body["token_type"]) == (200, "Bearer")
    assert sandbox.google.find_token(body["access_token"]) is not None


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"aud": "https://example.org/token"}, "invalid_grant", "Failed audience check"),
        (
            {"exp": int(time.time()) - 60, "iat": int(time.time()) - 3660},
            "invalid_grant",
            "short-lived token",
        ),
        ({"exp": int(time.time()) + 90000}, "invalid_grant", "short-lived token"),
        ({"iss": "someone@example.org"}, "invalid_grant", "account not found"),
        ({"scope": ""}, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": f"{SCOPE}everything"}, "invalid_scope", "Invalid OAuth scope"),
        ({"sub": "ann@example.org"}, "unauthorized_client", "Client is unauthorized"),
    ],
)
def test_an_invalid_grant_is_refused(
    sandbox: Sandbox, claims: dict[str, Any], error: str, description: str
) -> None:
    status, body = grant(sandbox, **claims)
    assert status in (400, 401)
    assert (body["error"], description in body["error_description"]) == (error, True)


def test_a_grant_signed_by_another_key_is_refused(sandbox: Sandbox) -> None:
    status, body = grant(sandbox, key=generate_private_key(65537, 2048))
    assert (status, body) == (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})


def test_delegation_acts_for_a_user_who_allowed_it(sandbox: Sandbox, google: Google) -> None:
    sandbox.google.delegated.add("ann@example.org")
    credentials = google.credentials([f"{SCOPE}drive"]).with_subject("ann@example.org")  # type: ignore[no-untyped-call]
    about = google.drive(credentials=credentials).about().get(fields="user").execute()
    assert about["user"]["emailAddress"] == "ann@example.org"
    stranger = google.credentials([f"{SCOPE}drive"]).with_subject("bo@example.org")  # type: ignore[no-untyped-call]
    with pytest.raises(RefreshError, match="unauthorized_client"):
        google.drive(credentials=stranger).about().get(fields="user").execute()


def test_an_expired_token_is_401_and_the_client_gets_a_new_one(sandbox: Sandbox, google: Google) -> None:
    client = google.drive()
    client.about().get(fields="user").execute()
    sandbox.google.expire_tokens()
    client.about().get(fields="user").execute()
    assert [each.status for each in sandbox.journal.all("drive")] == [200, 401, 200]


def test_a_missing_and_an_unknown_token(sandbox: Sandbox) -> None:
    anonymous = call(sandbox, "GET", "/drive/v3/about?fields=user")
    assert (anonymous.status, anonymous.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    foreign = call(
        sandbox, "GET", "/drive/v3/about?fields=user", headers={"authorization": "Bearer ya29.foreign"}
    )
    assert foreign.json()["error"]["errors"][0]["reason"] == "authError"


@pytest.mark.parametrize("scope", ["forms.body.readonly", "spreadsheets.readonly"])
def test_a_token_without_the_scope_is_refused(google: Google, scope: str) -> None:
    with pytest.raises(HttpError) as caught:
        google.drive(f"{SCOPE}{scope}").about().get(fields="user").execute()
    assert caught.value.status_code == 403
    assert b"ACCESS_TOKEN_SCOPE_INSUFFICIENT" in caught.value.content
    details: Any = caught.value.error_details
    assert details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_the_key_file_is_for_its_owner_alone(sandbox: Sandbox) -> None:
    assert sandbox.credentials_file.stat().st_mode & 0o077 == 0
