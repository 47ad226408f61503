"""People who sign in at the pages with the sandbox's GitHub, as a browser does, or are named by a proxy."""

import asyncio
import re
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import requests
from httpx2 import AsyncClient, Response
from pydantic import SecretStr

from config.groups import GitHub
from config.policy_file import current_policy
from process.types import Role
from sandbox.github.oauth import CLIENT_SECRET
from sandbox.server import Sandbox
from starter.web.auth.access import Access
from starter.web.auth.database import WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.store import AccountStore, Scope
from tests.support.pages import web_settings

TEAMS = {role: [f"team:{role}"] for role in (Role.SALES, Role.CONTRACTS, Role.ENGINEERING)}


def with_sign_in(sandbox: Sandbox, **web: Any) -> dict[str, Any]:
    """Return settings of a web application at which people sign in with the sandbox's GitHub."""
    app = {
        "github_client_id": sandbox.github.app.client_id,
        "github_client_secret": SecretStr(CLIENT_SECRET),
    }
    return {
        "github": GitHub(api_url=f"{sandbox.url}/api/v3", org=sandbox.github.organization.login),
        "people": TEAMS,
        "web": app | web,
    }


async def sign_in(web: AsyncClient, login: str, path: str = "/sign-in/github", **form: str) -> Response:
    """Sign in as this person, and return the page to which that leads, or a redirect to it."""
    return await web.get(await allowed(web, login, path, **form))


async def allowed(web: AsyncClient, login: str, path: str = "/sign-in/github", **form: str) -> str:
    """Let this person allow the sign-in at GitHub, and return the path by which they come back."""
    leaving = await web.get(path)
    assert leaving.status_code == 302, leaving.text
    back = urlsplit(await asyncio.to_thread(_allow, leaving.headers["location"], {"login": login} | form))
    return f"{back.path}?{back.query}"


def _allow(page: str, form: dict[str, str]) -> str:
    answer = requests.post(page, data=form, allow_redirects=False, timeout=10)
    return answer.headers["location"]


def shown(page: Response) -> str:
    """Return the text of a page without its markup."""
    text = page.text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


PROXIED: dict[str, Any] = {
    "web": {"proxy_header": "X-Forwarded-User", "trusted_proxies": ["127.0.0.1"]},
    "people": {"sales": ["grace"], "contracts": ["cleo"]},
}
"""Settings of pages behind a proxy that says who is there."""


def token(url: str, name: str, *scopes: Scope) -> dict[str, str]:
    """Make a token of this person; return the header with it."""
    settings = web_settings(url, **PROXIED)
    people = People(current_policy(settings), Access.of(settings).ways)
    with closing(WebDatabase.open(settings.web.store_url.get_secret_value())) as database:
        secret = AccountStore(database, people).add_token(Person(Way.PROXY, name), "a script", scopes)
    return {"authorization": f"Bearer {secret}"}
