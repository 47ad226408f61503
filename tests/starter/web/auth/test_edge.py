"""The edge before all pages: headers, hosts, origins, sizes, rates."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from httpx2 import AsyncClient
from playwright.async_api import Browser
from starlette.types import Message, Receive, Scope, Send

from starter.web import bodies
from starter.web.auth.edge import CODEC, WEBHOOK, BodyLimit
from starter.web.auth.rates import RULES
from starter.web.bodies import MAX_BODY
from starter.web.pages.rendering import TEMPLATES
from starter.web.visitors import person_of, visitor_of
from tests.support.lives import Life
from tests.support.pages import LAPTOP, pages, served, watched, write_lives
from tests.support.routes import routes

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PUBLIC = {
    "/healthz",
    WEBHOOK,
    CODEC,
    "/static/{name}",
    "/sign-in",
    "/sign-in/github",
    "/sign-in/back",
    "/sign-in/done",
    "/l/{token}",
    "/agenda.ics",
}
"""Pages that ask for no session: each knows its caller otherwise, or tells nothing."""
CROSS_SITE = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://elsewhere.example.org"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
)


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Yield the functions on which a route depends."""
    for each in dependant.dependencies:
        if each.call:
            yield each.call
        yield from calls(each)


async def test_every_route_but_a_few_demands_somebody_who_is_known() -> None:
    for (method, path), dependant in (await routes()).items():
        of = list(calls(dependant))
        if path.startswith("/api/"):
            assert any(call.__module__.startswith("starter.web.") for call in of), f"{method} {path}"
        elif path not in PUBLIC:
            assert {visitor_of, person_of} & set(of), f"{method} {path} demands nobody"


async def test_every_answer_has_the_headers(web: AsyncClient) -> None:
    paths = [(method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in await routes()]
    for method, path in [*paths, ("GET", "/no-such-page"), ("DELETE", "/board")]:
        if path == "/live":  # a stream without an end; its headers are those of every answer
            continue
        answer = await web.request(method, path)
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value], f"{method} {path}: {name}"
        assert answer.headers["cache-control"], f"{method} {path}"
        assert "strict-transport-security" not in answer.headers


async def test_pages_are_kept_nowhere_and_static_files_are(web: AsyncClient) -> None:
    assert (await web.get("/board")).headers["cache-control"] == "no-store"
    assert (await web.get("/static/app.css")).headers["cache-control"].startswith("public")


async def test_a_new_page_meets_no_old_script(web: AsyncClient) -> None:
    """The address of a file has its version, so that it may be kept for ever; without, browsers ask each time."""
    page = (await web.get("/board")).text
    addresses = set(re.findall(r"/static/[^\"]+", page))
    assert len(addresses) >= 4
    for address in addresses:
        assert re.search(r"\?v=\w{16}$", address)
        assert "immutable" in (await web.get(address)).headers["cache-control"]
    for address in ("/static/app.js", "/static/app.js?v=old"):
        plain = await web.get(address)
        assert plain.headers["cache-control"] == "public, no-cache"
        again = await web.get(address, headers={"if-none-match": plain.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_browsers_come_back_encrypted_once_they_were(url: str) -> None:
    async with pages(url, web={"url": "https://leads.example.org"}) as web:
        answer = await web.get("/board", headers={"host": "leads.example.org"})
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_an_answer_about_a_failure_has_them_too(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.web.visitors.login", lambda: 1 / 0)
    answer = await web.get("/board")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


@pytest.mark.parametrize("headers", CROSS_SITE)
async def test_another_site_decides_nothing(web: AsyncClient, headers: dict[str, str]) -> None:
    for method, path in await routes():
        if method in ("POST", "PUT", "PATCH", "DELETE") and path != WEBHOOK:
            answer = await web.request(method, re.sub(r"\{[^}]*\}", "x", path), headers=headers)
            assert answer.status_code == 403, path
            assert "another site" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": "http://localhost"}],
)
async def test_our_own_pages_decide(web: AsyncClient, headers: dict[str, str]) -> None:
    assert (await web.post("/me/calendar", headers=headers)).status_code == 200


async def test_the_webhook_is_for_programs_elsewhere(web: AsyncClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "host": "hooks.example.org"}
    assert (await web.post(WEBHOOK, headers=headers)).status_code == 503  # no secret is set


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8001", "127.0.0.1:8001", "[::1]:8001", "a.localhost"]
)
async def test_this_machine_has_several_names(web: AsyncClient, host: str) -> None:
    assert (await web.get("/board", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["leads.example.org", "localhost.example.org", "10.0.0.1", "", "a b"])
async def test_under_another_name_it_is_not_reached(web: AsyncClient, host: str) -> None:
    answer = await web.get("/board", headers={"host": host})
    assert answer.status_code == 400
    assert "University" not in answer.text


async def test_its_own_name_is_that_of_the_settings(url: str, lives: dict[str, Life]) -> None:
    async with pages(url, web={"url": "https://leads.example.org"}) as web:
        assert (await web.get("/board", headers={"host": "leads.example.org"})).status_code == 200
        assert (await web.get("/board", headers={"host": "other.example.org"})).status_code == 400


async def test_a_large_body_is_refused_before_it_is_read(web: AsyncClient) -> None:
    read = []

    async def chunks() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"a" * (10 << 20)

    headers = {"content-length": str(10 << 20)}
    answer = await web.post("/me/tokens", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert "at most 1 MB" in answer.text
    assert answer.headers["connection"] == "close"
    assert not read


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30])
async def test_a_length_that_is_none_is_refused(web: AsyncClient, length: str) -> None:
    answer = await web.post("/me/tokens", content=b"", headers={"content-length": length})
    assert answer.status_code == 413


async def test_a_large_body_of_unknown_length_is_refused_while_it_is_read(web: AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b"a=" + b"a" * 998

    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await web.post("/me/tokens", content=chunks(), headers=form)
    assert answer.status_code == 413


async def test_a_form_that_comes_too_slowly_is_given_up(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"name="
        await asyncio.Event().wait()

    monkeypatch.setattr(bodies, "BODY_TIMEOUT", 0.05)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/me/tokens", "/sign-out", "/leads/lead-bo/link"):
        async with asyncio.timeout(20):
            assert (await web.post(path, content=stuck(), headers=form)).status_code == 408


async def test_the_edge_reads_a_body_for_every_route() -> None:
    read: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        read.append(len(message["body"]))
        assert not message["more_body"]

    parts = iter([(b"ab", True), (b"cd", False)])

    async def receive() -> Message:
        body, more = next(parts)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(message: Message) -> None:
        """Send nothing."""

    await BodyLimit(app)({"type": "http", "headers": [], "method": "POST"}, receive, send)
    assert read == [4]


async def test_who_asks_too_often_waits(web: AsyncClient) -> None:
    links = next(rule for rule in RULES if rule.name == "one-time links")
    answers = [await web.get("/l/guess") for _ in range(links.limit.amount + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {404}
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    assert "Wait" in answers[-1].text
    assert (await web.get("/board")).status_code == 200


def test_no_template_has_a_script_or_a_style_in_it() -> None:
    forbidden = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=|hx-on|js:|javascript:|<script(?![^>]*\ssrc=)|hx-trigger=\"[^\"{]*\["
        r"|\|\s*safe|<base|<iframe",
        re.IGNORECASE,
    )
    files = sorted(TEMPLATES.rglob("*.html"))
    assert files
    for file in files:
        text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        assert not (found := forbidden.search(text)), f"{file.name}: {found and found[0]}"


async def test_hostile_words_are_shown_as_words(url: str, browser: Browser) -> None:
    hostile = (
        "<script>document.title='taken'</script>",
        '"><img src=x onerror="document.title=\'taken\'">',
        "' onmouseover='document.title=1",
        "{{ 7 * 7 }} ${7*7} <% 7*7 %>",
    )
    lives = [Life(lead_id=f"lead-hostile-{number}", org=text) for number, text in enumerate(hostile)]
    write_lives(url, *lives)
    async with served(url) as root, watched(browser, LAPTOP) as seen:
        await seen.page.goto(f"{root}/board")
        text = await seen.page.inner_text("main")
        assert all(each[:60] in text for each in hostile)
        assert "taken" not in await seen.page.title()
        await seen.check()
