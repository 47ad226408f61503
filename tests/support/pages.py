"""The web application for tests: asked in this process, or served to a real browser, with leads in its ledger."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.converter import DataConverter

from config.groups import Web
from config.settings import Settings
from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.views.recording import record_request
from starter.web.application import make_server, make_web
from starter.web.visitors import Visitor, visitor_of
from tests.support.lives import Life
from workflows.runtime.converter import LeadPayloadConverter

CHROMIUM = "/usr/bin/chromium"
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
KEY = "a signing key of the tests, long enough"
NOWHERE = "127.0.0.1:9"
"""Address at which no Temporal answers."""


# ---- leads


def write_lives(url: str, *lives: Life) -> None:
    """Write the events that are new since the last time, and all that follows from them."""
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
        for life in lives:
            request = record_request(life.aggregate, life.aggregate.in_ledger, life.now)
            entries = [entry_of(life.lead.id, event) for event in request.events]
            seq = ledger.append(
                life.lead.id, entries, after=request.after, row=request.row, snapshots=request.snapshots
            )
            life.aggregate = life.aggregate.recorded(seq)


# ---- the application


def web_settings(url: str, **values: Any) -> Settings:
    """Return the settings of a web application with this ledger. `web`: values of the group of that name."""
    store = SecretStr(f"{url.removesuffix('.sqlite')}-web.sqlite" if url.startswith("sqlite") else url)
    web = Web(**{"store_url": store} | values.pop("web", {}))
    defaults: dict[str, Any] = {"ledger_url": SecretStr(url), "signing_key": SecretStr(KEY), "web": web}
    return Settings(_env_file=None, **defaults | values)


async def no_temporal() -> Client:
    """Return a client of a Temporal that nobody runs."""
    converter = DataConverter(payload_converter_class=LeadPayloadConverter)
    return await Client.connect(NOWHERE, lazy=True, data_converter=converter)


@asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Start the application; return a client that asks it in this process."""
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


@asynccontextmanager
async def pages(url: str, client: Client | None = None, **values: Any) -> AsyncIterator[AsyncClient]:
    """Start an application with this ledger, by default without Temporal; return a client that asks it."""
    app = make_web(client or await no_temporal(), web_settings(url, **values))
    async with started(app) as asking:
        yield asking


@asynccontextmanager
async def pages_seen_by(
    visitor: Visitor, url: str, client: Client | None = None, **values: Any
) -> AsyncIterator[AsyncClient]:
    """Start an application as `pages` does; return a client that asks it as this person."""
    app = make_web(client or await no_temporal(), web_settings(url, **values))
    app.dependency_overrides[visitor_of] = lambda: visitor
    async with started(app) as asking:
        yield asking


@asynccontextmanager
async def served(url: str, client: Client | None = None, **values: Any) -> AsyncIterator[str]:
    """Serve an application with this ledger on a free port; return its root URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(client or await no_temporal(), web_settings(url, **values), "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def sent(web: AsyncClient, address: str, *more: tuple[str, str], **fields: str) -> Response:
    """Send a form with these fields. `more`: fields of which there are several with one name."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return await web.post(address, content=urlencode([*more, *fields.items()]), headers=headers)


def text_of(response: Response) -> str:
    """Return the text of a page without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


# ---- browsers


@dataclass
class Watched:
    """A page in a browser, with all that went wrong on it."""

    page: Page
    faults: list[str]

    async def check(self) -> None:
        """Raise AssertionError if there was an error in the console, a breach of the CSP, or an obstacle that axe finds."""
        found = await Axe().run(self.page)
        obstacles = [
            f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
            for each in found.response["violations"]
        ]
        assert not self.faults + obstacles, self.page.url
        width = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{self.page.url} scrolls sideways by {width} pixels"


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Start Debian's Chromium. Skips the test where it is not installed."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def watched(
    browser: Browser, viewport: Mapping[str, int] = LAPTOP, **context: Any
) -> AsyncIterator[Watched]:
    """Open an empty page of this size, in a context of its own (no cookies of others)."""
    async with AsyncExitStack() as stack:
        made = await browser.new_context(viewport=viewport, reduced_motion="reduce", **context)  # type: ignore[arg-type]
        stack.push_async_callback(made.close)
        page, faults = await made.new_page(), list[str]()
        page.on("console", lambda message: _note(faults, message.type, message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield Watched(page, faults)


_EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d|503)")
"""Line of the console for an answer that is an error; tests look at those themselves."""


def _note(faults: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning") and not _EXPECTED.match(text):
        faults.append(text)
