"""Sign-in with GitHub, and the pages for those who are not signed in, or have no role."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import structlog
from authlib.integrations.starlette_client import OAuthError
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from httpx2 import HTTPError

from process.policy import Policy
from process.types import Role
from starter.web.auth import sessions
from starter.web.auth.github import GitHubSignIn, SignInFailed
from starter.web.auth.people import Way
from starter.web.forms.posted import posted
from starter.web.pages.rendering import page
from starter.web.services import root_of, services_of
from starter.web.visitors import NoRole, SignInNeeded

MAX_FIELDS = 200
"""Fields of a form that are kept for somebody who must sign in first."""
MAX_NEXT = 1000
"""Bytes of the address to which sign-in leads back, as the cookie holds it. After a longer one it leads to the start."""
_NEXT = "next"

_log = structlog.get_logger("web")

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def show(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002 - a word of the address
    """Show how one signs in."""
    return _sign_in_page(request, 200, _local(next))


@router.get("/sign-in/github")
async def leave(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Lead the browser to GitHub."""
    request.session[_NEXT] = _local(next)
    return await _github(request).redirect(request, f"{root_of(request)}/sign-in/back")


@router.get("/sign-in/back")
async def come_back(request: Request) -> Response:
    """Begin the session of whom GitHub names."""
    services = services_of(request)
    try:
        person = await _github(request).person(request)
    except (OAuthError, SignInFailed, HTTPError) as failed:
        _log.warning("sign-in failed", why=type(failed).__name__)
        return _sign_in_page(request, 400, "/", failed=_why(failed))
    path = _local(str(request.session.get(_NEXT, "/")))
    account = await services.run(lambda: services.store.sign_in(person))
    sessions.begin(request, account, services.clock())
    return RedirectResponse(path, 303)


@router.get("/sign-in/done")
async def done(request: Request) -> HTMLResponse:
    """Say that one is signed in, in a tab of its own beside the form that waits."""
    return page(request, "signed_in.html", None)


def register(app: FastAPI) -> None:
    """Let the application answer those who are not signed in, and those who have no role."""
    app.add_exception_handler(SignInNeeded, _needed)
    app.add_exception_handler(NoRole, _no_role)


async def _needed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Lead to sign-in and back. What was typed into a form is kept: it can be sent again after sign-in."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_part = "hx-request" in request.headers or "event-stream" in request.headers.get("accept", "")
    if request.method in ("GET", "HEAD"):
        if is_part or Way.GITHUB not in services_of(request).access.ways:
            return _sign_in_page(request, 401, path)
        return RedirectResponse(f"/sign-in?{urlencode({'next': path})}", 303)
    try:
        kept = await posted(request)
    except HTTPException:  # no form, or one that could not be sent again
        kept = []
    return page(request, "sign_in_again.html", None, 401, path=path, kept=kept[:MAX_FIELDS])


async def _no_role(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, NoRole)  # noqa: S101 - as registered
    policy = services_of(request).people.policy
    return page(request, "no_role.html", None, 403, who=error.visitor.name, askable=_askable(policy))


def _askable(policy: Policy) -> Mapping[Role, tuple[str, ...]]:
    """Return whom to ask: the addresses of each role."""
    return {role: tuple(policy.addresses[role]) for role in Role if role in policy.addresses}


def _sign_in_page(request: Request, status: int, path: str, failed: str = "") -> HTMLResponse:
    access = services_of(request).access
    return page(
        request,
        "sign_in.html",
        None,
        status,
        with_github=Way.GITHUB in access.ways,
        next=urlencode({"next": path}),
        failed=failed,
    )


def _github(request: Request) -> GitHubSignIn:
    """Return the sign-in with GitHub. Raises HTTPException if it is not set up."""
    services = services_of(request)
    if Way.GITHUB not in services.access.ways:
        raise HTTPException(404, "Sign-in with GitHub is not set up here.")
    return GitHubSignIn(services.settings, services.people.policy)


def _local(path: str) -> str:
    """Return the path if it is one of ours and short enough: nobody is led elsewhere after sign-in."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    fits = len(json.dumps(path)) <= MAX_NEXT
    return path if is_ours and fits and not path.startswith("/sign-in/github") else "/"


def _why(failed: Exception) -> str:
    match failed:
        case SignInFailed():
            return str(failed)
        case OAuthError(error="access_denied"):
            return "You have not allowed it at GitHub."
        case HTTPError():
            return "GitHub does not answer."
    return "GitHub's answer does not belong to a sign-in that began here. Begin anew."
