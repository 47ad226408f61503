"""Sign-in with GitHub: the page where a person allows an app to know them, and the exchange of its code for a token.

As at GitHub, the exchange answers errors with status 200, and PKCE counts where it was begun with.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.github.records import Token, User, current_time
from sandbox.github.state import GitHubState
from sandbox.pages import render

CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - opens nothing but this sandbox
"""The secret of the app; its client id is that of the seed's GitHub App."""
CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True)
class _Grant:
    """A person's permission: kept until the app exchanges its code, or the code is too old."""

    user: User
    redirect_uri: str
    challenge: str
    scope: str
    until: datetime


def oauth_routes(state: GitHubState) -> list[BaseRoute]:
    """Return the routes of sign-in, at GitHub's paths."""
    pages = _OAuth(state)
    return [
        Route("/login/oauth/authorize", pages.authorize, methods=["GET", "POST"]),
        Route("/login/oauth/access_token", pages.exchange, methods=["POST"]),
    ]


class _OAuth:
    def __init__(self, state: GitHubState) -> None:
        self.state = state
        self.grants: dict[str, _Grant] = {}

    async def authorize(self, request: Request) -> Response:
        """Let one choose who signs in, and lead the browser back to the app with a code."""
        asked = request.query_params
        if asked.get("client_id") != self.state.app.client_id:
            return render(request, "refused.html", 404, message="No app has this client_id", details=[])
        if complaint := _complaint(asked):
            return render(request, "refused.html", 400, message=complaint, details=[])
        if request.method == "GET":
            people = [user for user in self.state.users.values() if user.type == "User"]
            return render(request, "authorize.html", app=self.state.app, people=people)
        form = await request.form()
        if form.get("do") == "cancel":
            return _back(
                asked, error="access_denied", error_description="The user has denied your application access."
            )
        user = self.state.user(str(form.get("login", "")))
        if user is None or user.type != "User":
            return render(request, "refused.html", 422, message="There is no such person", details=[])
        code = secrets.token_hex(10)
        self.grants[code] = _Grant(
            user,
            asked["redirect_uri"],
            asked.get("code_challenge", ""),
            asked.get("scope", ""),
            current_time() + CODE_LIFE,
        )
        return _back(asked, code=code)

    async def exchange(self, request: Request) -> Response:
        """Exchange a code, once, for a token of the person who allowed it."""
        form = await request.form()
        app = self.state.app
        if form.get("client_id") != app.client_id or form.get("client_secret") != CLIENT_SECRET:
            return _error(
                "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
            )
        grant = self.grants.pop(str(form.get("code", "")), None)
        if grant is None or grant.until <= current_time() or not _is_verified(grant, form):
            return _error("bad_verification_code", "The code passed is incorrect or expired.")
        if form.get("redirect_uri", grant.redirect_uri) != grant.redirect_uri:
            return _error("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL.")
        token = "gho_" + secrets.token_hex(18)
        self.state.tokens[token] = Token(user_id=grant.user.id)
        scope = ",".join(grant.scope.split())
        return JSONResponse({"access_token": token, "scope": scope, "token_type": "bearer"})


def _complaint(asked: Mapping[str, str]) -> str:
    """Return why the request for a code is none, or nothing."""
    back = urlsplit(asked.get("redirect_uri", ""))
    if back.scheme not in ("http", "https") or not back.netloc:
        return "The redirect_uri is missing"
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "The code_challenge_method must be S256"
    return ""


def _is_verified(grant: _Grant, form: FormData) -> bool:
    """Return True if the app that exchanges the code is the one that began (PKCE, RFC 7636)."""
    digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
    challenge = urlsafe_b64encode(digest).decode().rstrip("=")
    return not grant.challenge or hmac.compare_digest(challenge, grant.challenge)


def _back(asked: Mapping[str, str], **answer: str) -> Response:
    uri, query = asked["redirect_uri"], urlencode(answer | {"state": asked.get("state", "")})
    return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{query}", 302)


def _error(name: str, description: str) -> Response:
    return JSONResponse({"error": name, "error_description": description})
