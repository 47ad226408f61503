"""Sign-in with GitHub (OAuth 2 with state and PKCE): reads who it is and their teams, and drops the token."""

from typing import Any
from urllib.parse import quote, urlsplit

from authlib.integrations.starlette_client import OAuth
from fastapi import Request
from fastapi.responses import Response as Redirect
from httpx2 import Response
from pydantic import Field, ValidationError

from activities.issue_sync.roles import TEAM
from config.settings import Settings
from process.policy import Policy
from process.types import Base
from starter.web.auth.people import Person, Way

SCOPE = "read:org"
"""The scope that is asked for: membership in organizations and teams. Login and number need none."""
TIMEOUT = 10.0
"""Seconds for an answer of GitHub."""


class SignInFailed(Exception):
    """GitHub answered something else than a person."""


class _User(Base):
    login: str = Field(min_length=1, max_length=100)
    id: int


class _Membership(Base):
    state: str


class GitHubSignIn:
    """The way to GitHub and back. Of a person's teams, only those are asked for that the policy names."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        web, github = settings.web, settings.github
        assert web.github_client_id  # noqa: S101 - made only if it is set
        assert web.github_client_secret  # noqa: S101 - set together
        self._org = github.org
        named = (name for people in policy.people.values() for name in people if name.startswith(TEAM))
        self._slugs = tuple(sorted({name.removeprefix(TEAM) for name in named}))
        self._api = github.api_url.rstrip("/")
        root = site_of(self._api)
        self._client = OAuth().register(
            "github",
            client_id=web.github_client_id,
            client_secret=web.github_client_secret.get_secret_value(),
            authorize_url=f"{root}/login/oauth/authorize",
            access_token_url=f"{root}/login/oauth/access_token",
            api_base_url=f"{self._api}/",
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_post",
                "timeout": TIMEOUT,
                "headers": {"accept": "application/json"},
            },
        )

    async def redirect(self, request: Request, back: str) -> Redirect:
        """Return the answer that leads to GitHub; from there the browser comes `back`."""
        answer: Redirect = await self._client.authorize_redirect(request, back)
        return answer

    async def person(self, request: Request) -> Person:
        """Return who came back. Raises OAuthError, SignInFailed or httpx2.HTTPError."""
        token = await self._client.authorize_access_token(request)
        try:
            user = _User.model_validate((await self._get("user", token)).json())
            teams = [slug for slug in self._slugs if await self._is_member(user.login, slug, token)]
        except (ValidationError, ValueError):
            raise SignInFailed("GitHub's answer cannot be read.") from None
        return Person(Way.GITHUB, user.login, user.id, tuple(teams))

    async def _is_member(self, login: str, slug: str, token: dict[str, Any]) -> bool:
        org, team, name = (quote(part, safe="") for part in (self._org, slug, login))
        answer = await self._get(f"orgs/{org}/teams/{team}/memberships/{name}", token, none=(403, 404))
        return answer.status_code == 200 and _Membership.model_validate(answer.json()).state == "active"

    async def _get(self, path: str, token: dict[str, Any], none: tuple[int, ...] = ()) -> Response:
        """Return the answer to a question. `none`: statuses that mean that there is nothing. Raises SignInFailed."""
        answer: Response = await self._client.get(path, token=token)
        if answer.status_code not in (200, *none):
            raise SignInFailed(f"GitHub answered {answer.status_code} when asked who you are.")
        return answer


def site_of(api_url: str) -> str:
    """Return the root of the site at which people sign in: github.com, or GitHub Enterprise."""
    parts = urlsplit(api_url)
    host = "github.com" if parts.netloc == "api.github.com" else parts.netloc
    return f"{parts.scheme}://{host}"
