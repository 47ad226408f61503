"""A GitHub App signs a JWT, gets a token and works with it, through PyGithub."""

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from github import Auth, BadCredentialsException, Github, GithubException, GithubIntegration
from github.Consts import DEFAULT_JWT_ALGORITHM

from sandbox.github.records import current_time
from sandbox.github.seed import initial_state
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from sandbox_tests.support.github import REST, TICKETS, WEBSITE, Rest


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, str]:
    """The private and the public key, generated once: that is slow."""
    state = initial_state(read_seed())
    private = state.register_app_key()
    assert state.app.public_key is not None
    return private, state.app.public_key


@pytest.fixture
def private_key(sandbox: Sandbox, key_pair: tuple[str, str]) -> str:
    private, public = key_pair
    sandbox.github.app = sandbox.github.app.replaced(public_key=public)
    return private


@pytest.fixture
def app_auth(sandbox: Sandbox, private_key: str) -> Auth.AppAuth:
    return Auth.AppAuth(sandbox.github.app.id, private_key)


def test_works_as_an_installation(
    sandbox: Sandbox, client: Callable[[Auth.Auth], Github], app_auth: Auth.AppAuth
) -> None:
    github = client(app_auth.get_installation_auth(sandbox.github.app.installation_id))
    issue = github.get_repo("example-org/tickets").create_issue("By the App", labels=["ticket"])
    assert issue.user.login == "example-app[bot]"
    assert issue.raw_data["performed_via_github_app"]["slug"] == "example-app"
    assert [label.name for label in issue.labels] == ["ticket"]


def test_finds_its_installation(sandbox: Sandbox, app_auth: Auth.AppAuth) -> None:
    with GithubIntegration(auth=app_auth, base_url=sandbox.url + REST, retry=None) as integration:
        assert integration.get_app().slug == "example-app"
        installation = integration.get_org_installation("example-org")
        assert [found.id for found in integration.get_installations()] == [installation.id]
        token = integration.get_access_token(installation.id, permissions={"issues": "read"})
    assert token.permissions == {"metadata": "read", "issues": "read"}
    assert token.expires_at > current_time() + timedelta(minutes=59)


def test_a_token_can_be_limited(sandbox: Sandbox, rest: Rest, private_key: str) -> None:
    as_app = rest.as_(_assertion(sandbox, private_key))
    path = f"/app/installations/{sandbox.github.app.installation_id}/access_tokens"
    granted = as_app("POST", path, {"repositories": ["website"]})
    assert granted.status == 201
    only_hubs = rest.as_(granted.json()["token"])
    assert only_hubs("GET", TICKETS).status == 404
    assert only_hubs("POST", f"{WEBSITE}/issues", {"title": "A page"}).status == 201
    assert as_app("POST", path, {"permissions": {"administration": "write"}}).status == 422
    assert as_app("POST", path, {"repositories": ["missing"]}).status == 422
    assert as_app("POST", "/app/installations/1/access_tokens").status == 404


def test_a_token_expires(
    sandbox: Sandbox, client: Callable[[Auth.Auth], Github], app_auth: Auth.AppAuth
) -> None:
    github = client(app_auth.get_installation_auth(sandbox.github.app.installation_id))
    github.get_repo("example-org/tickets")
    for secret, token in sandbox.github.tokens.items():
        sandbox.github.tokens[secret] = token.replaced(expires_at=current_time())
    with pytest.raises(BadCredentialsException):
        github.get_repo("example-org/tickets")


def _assertion(sandbox: Sandbox, key: str, **claims: int | str | None) -> str:
    now = int(time.time())
    claim_set = {"iat": now - 60, "exp": now + 300, "iss": str(sandbox.github.app.id)} | claims
    claim_set = {name: value for name, value in claim_set.items() if value is not None}
    return jwt.encode(claim_set, key, algorithm=DEFAULT_JWT_ALGORITHM)


@pytest.mark.parametrize(
    ("claims", "status", "message"),
    [
        ({"exp": 1}, 401, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"exp": 2**40}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"exp": None}, 401, "A JSON web token could not be decoded"),
        ({"iat": 2**40}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iss": "1"}, 404, "Integration not found"),
    ],
)
def test_a_bad_assertion(
    sandbox: Sandbox,
    rest: Rest,
    private_key: str,
    claims: dict[str, int | str | None],
    status: int,
    message: str,
) -> None:
    answer = rest.as_(_assertion(sandbox, private_key, **claims))("GET", "/app")
    assert answer.status == status
    assert answer.json()["message"].startswith(message)


def test_an_assertion_with_another_signature(sandbox: Sandbox, app_auth: Auth.AppAuth) -> None:
    sandbox.github.register_app_key()
    with (
        GithubIntegration(auth=app_auth, base_url=sandbox.url + REST, retry=None) as integration,
        pytest.raises(GithubException, match="could not be decoded"),
    ):
        integration.get_app()
