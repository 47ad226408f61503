"""People who sign in at the pages with the sandbox's GitHub, as a browser does."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import requests
from httpx2 import AsyncClient, Response
from pydantic import SecretStr

from config.groups import GitHub
from process.types import Role
from sandbox.github.oauth import CLIENT_SECRET
from sandbox.server import Sandbox

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
