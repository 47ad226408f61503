"""Sign-in with GitHub."""

import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.github import oauth
from sandbox.github.oauth import CLIENT_SECRET
from sandbox.server import Sandbox

BACK = "http://localhost:1/back"
VERIFIER = "a verifier that only the app knows"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
TIMEOUT = 10


def asked(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return {
        "client_id": sandbox.github.app.client_id,
        "redirect_uri": BACK,
        "state": "of-the-app",
        "scope": "read:org",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | more


def allow(sandbox: Sandbox, **form: str) -> dict[str, list[str]]:
    login = next(user.login for user in sandbox.github.users.values() if user.type == "User")
    answer = requests.post(
        f"{sandbox.url}/login/oauth/authorize",
        params=asked(sandbox),
        data={"login": login} | form,
        allow_redirects=False,
        timeout=TIMEOUT,
    )
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(BACK)
    return parse_qs(urlsplit(answer.headers["location"]).query)


def exchange(sandbox: Sandbox, code: str, **form: str) -> dict[str, str]:
    body = {
        "client_id": sandbox.github.app.client_id,
        "client_secret": CLIENT_SECRET,
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": BACK,
    }
    answer = requests.post(f"{sandbox.url}/login/oauth/access_token", data=body | form, timeout=TIMEOUT)
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def test_an_app_learns_who_it_is(sandbox: Sandbox) -> None:
    back = allow(sandbox)
    assert back["state"] == ["of-the-app"]
    token = exchange(sandbox, back["code"][0])
    assert token["token_type"] == "bearer"
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    user = requests.get(f"{sandbox.url}/api/v3/user", headers=bearer, timeout=TIMEOUT).json()
    assert sandbox.github.user(user["login"])


def test_the_page_offers_the_people_and_no_programs(sandbox: Sandbox) -> None:
    page = requests.get(f"{sandbox.url}/login/oauth/authorize", params=asked(sandbox), timeout=TIMEOUT).text
    for user in sandbox.github.users.values():
        assert (f'value="{user.login}"' in page) == (user.type == "User")


def test_a_code_counts_once_and_not_for_long(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    code = allow(sandbox)["code"][0]
    assert "access_token" in exchange(sandbox, code)
    assert exchange(sandbox, code)["error"] == "bad_verification_code"
    monkeypatch.setattr(oauth, "CODE_LIFE", -oauth.CODE_LIFE)
    assert exchange(sandbox, allow(sandbox)["code"][0])["error"] == "bad_verification_code"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_secret": "another"}, "incorrect_client_credentials"),
        ({"code_verifier": "another"}, "bad_verification_code"),
        ({"redirect_uri": "http://localhost:1/elsewhere"}, "redirect_uri_mismatch"),
    ],
)
def test_another_app_gets_no_token(sandbox: Sandbox, wrong: dict[str, str], error: str) -> None:
    assert exchange(sandbox, allow(sandbox)["code"][0], **wrong)["error"] == error


def test_a_person_may_refuse(sandbox: Sandbox) -> None:
    assert allow(sandbox, do="cancel")["error"] == ["access_denied"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"client_id": "another"}, 404), ({"redirect_uri": ""}, 400), ({"code_challenge_method": "plain"}, 400)],
)
def test_a_request_for_no_code_leads_nowhere(sandbox: Sandbox, wrong: dict[str, str], status: int) -> None:
    url = f"{sandbox.url}/login/oauth/authorize"
    answer = requests.get(url, params=asked(sandbox, **wrong), allow_redirects=False, timeout=TIMEOUT)
    assert answer.status_code == status
