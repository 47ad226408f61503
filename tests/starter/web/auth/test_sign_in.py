"""Signing in with GitHub, and the session that begins so."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx2 import AsyncClient

from sandbox.server import Sandbox
from starter.web.auth import sessions
from tests.support.deployment import OUTSIDER, SALES
from tests.support.lives import Life
from tests.support.pages import pages
from tests.support.sandboxes import running_sandbox, sandbox
from tests.support.signed_in import allowed, shown, sign_in, with_sign_in

__all__ = ["running_sandbox", "sandbox"]


@pytest.fixture
async def web(url: str, lives: dict[str, Life], sandbox: Sandbox) -> AsyncIterator[AsyncClient]:
    """Return a browser at an application at which people sign in."""
    async with pages(url, **with_sign_in(sandbox)) as client:
        yield client


async def test_who_is_not_signed_in_is_led_there_and_back(web: AsyncClient) -> None:
    first = await web.get("/board?stage=lead")
    assert (first.status_code, first.headers["location"]) == (303, "/sign-in?next=%2Fboard%3Fstage%3Dlead")
    page = await web.get(first.headers["location"])
    assert "University" not in page.text
    assert 'href="/sign-in/github?next=%2Fboard%3Fstage%3Dlead"' in page.text
    back = await sign_in(web, SALES, "/sign-in/github?next=%2Fboard%3Fstage%3Dlead")
    assert (back.status_code, back.headers["location"]) == (303, "/board?stage=lead")
    board = await web.get("/board")
    assert board.status_code == 200
    assert SALES in board.text


async def test_a_part_that_fetches_itself_is_not_led_away(web: AsyncClient) -> None:
    for headers in ({"hx-request": "true"}, {"accept": "text/event-stream"}):
        assert (await web.get("/board", headers=headers)).status_code == 401


async def test_roles_come_from_teams(web: AsyncClient) -> None:
    await sign_in(web, SALES)
    assert "Roles sales Known by your GitHub account" in shown(await web.get("/me"))


async def test_who_has_no_role_sees_no_lead_and_is_told_whom_to_ask(web: AsyncClient) -> None:
    await sign_in(web, OUTSIDER)
    board = await web.get("/board")
    assert board.status_code == 403
    assert "University" not in board.text
    assert "ask the administrator" in shown(board)
    assert (await web.get("/me")).status_code == 200
    assert (await web.post("/me/tokens", data={"name": "x", "scope": "read"})).status_code == 403


async def test_a_team_that_lets_go_counts_from_the_next_sign_in(web: AsyncClient, sandbox: Sandbox) -> None:
    await sign_in(web, SALES)
    team = sandbox.github.team("sales")
    assert team
    sandbox.github.teams[team.id] = team.replaced(members=())
    await sign_in(web, SALES)
    assert (await web.get("/board")).status_code == 403


async def test_the_cookie_is_for_this_site_and_for_no_script(web: AsyncClient) -> None:
    back = await sign_in(web, SALES)
    cookie = back.headers["set-cookie"]
    assert cookie.startswith("leads=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.lower().split("; "))


async def test_where_pages_are_encrypted_the_cookie_is_too(url: str, sandbox: Sandbox) -> None:
    settings = with_sign_in(sandbox, url="https://leads.example.org")
    async with pages(url, **settings) as web:
        web.base_url = "https://leads.example.org"
        back = await sign_in(web, SALES)
        assert back.headers["set-cookie"].startswith("__Host-leads=")
        assert "secure" in back.headers["set-cookie"].lower().split("; ")


@pytest.mark.parametrize(
    "path", ["//elsewhere.example.org", "https://elsewhere.example.org", "/\\elsewhere", "board"]
)
async def test_after_sign_in_nobody_is_led_elsewhere(web: AsyncClient, path: str) -> None:
    back = await sign_in(web, SALES, f"/sign-in/github?next={path}")
    assert back.headers["location"] == "/"


async def test_who_refuses_at_github_is_told_so(web: AsyncClient) -> None:
    page = await sign_in(web, SALES, do="cancel")
    assert page.status_code == 400
    assert "You have not allowed it" in shown(page)


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=server_error"])
async def test_a_sign_in_that_began_elsewhere_is_none(web: AsyncClient, query: str) -> None:
    page = await web.get(f"/sign-in/back{query}")
    assert page.status_code == 400
    assert "Begin anew" in shown(page)
    assert (await web.get("/board")).status_code == 303


async def test_a_code_counts_for_the_browser_that_asked_for_it(web: AsyncClient) -> None:
    path = await allowed(web, SALES)
    web.cookies.clear()
    assert (await web.get(path)).status_code == 400


async def test_a_code_that_github_does_not_know_is_none(web: AsyncClient) -> None:
    leaving = await web.get("/sign-in/github")
    state = leaving.headers["location"].partition("state=")[2].partition("&")[0]
    assert (await web.get(f"/sign-in/back?code=wrong&state={state}")).status_code == 400


# ---- the end of a session


async def test_sign_out_ends_it_here(web: AsyncClient) -> None:
    await sign_in(web, SALES)
    old = dict(web.cookies)
    assert (await web.post("/sign-out", data={"where": "here"})).status_code == 303
    assert (await web.get("/board")).status_code == 303
    web.cookies.update(old)  # another browser
    assert (await web.get("/board")).status_code == 200


async def test_sign_out_everywhere_ends_every_session(web: AsyncClient) -> None:
    await sign_in(web, SALES)
    old = dict(web.cookies)
    await web.post("/sign-out", data={"where": "everywhere"})
    web.cookies.update(old)
    assert (await web.get("/board")).status_code == 303
    web.cookies.clear()
    await sign_in(web, SALES)
    assert (await web.get("/board")).status_code == 200


async def test_it_ends_when_it_is_not_used(web: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_in(web, SALES)
    monkeypatch.setattr(sessions, "IDLE", timedelta(0))
    assert (await web.get("/board")).status_code == 303


async def test_it_ends_after_some_days_in_any_case(web: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_in(web, SALES)
    monkeypatch.setattr(sessions, "MAX_AGE", timedelta(0))
    assert (await web.get("/board")).status_code == 303


async def test_use_prolongs_it(web: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_in(web, SALES)
    assert "set-cookie" not in (await web.get("/board")).headers
    monkeypatch.setattr(sessions, "USE_NOTED", timedelta(0))
    assert "set-cookie" in (await web.get("/board")).headers


async def test_a_forged_cookie_is_none(web: AsyncClient) -> None:
    await sign_in(web, SALES)
    [(name, value)] = web.cookies.items()
    web.cookies.clear()
    web.cookies.set(name, f"{value[:-4]}AAAA")
    assert (await web.get("/board")).status_code == 303


async def test_the_previous_key_still_reads(url: str, lives: dict[str, Life], sandbox: Sandbox) -> None:
    old, new = "the key of the year before, long enough", "the key of this year, which is long enough"
    async with pages(url, **with_sign_in(sandbox), signing_key=old) as web:
        await sign_in(web, SALES)
        cookies = dict(web.cookies)
    for previous, status in ((old, 200), (None, 303)):
        keys = {"signing_key": new, "signing_key_previous": previous}
        async with pages(url, None, **with_sign_in(sandbox), **keys) as web:
            web.cookies.update(cookies)
            assert (await web.get("/board")).status_code == status


async def test_a_session_that_ends_in_a_form_loses_nothing(web: AsyncClient) -> None:
    typed = {"name": 'for <b>"reports"</b> & more', "scope": ["read", "decide"]}
    answer = await web.post("/me/tokens", data=typed)
    assert answer.status_code == 401
    assert 'action="/me/tokens"' in answer.text
    assert (
        '<input type="hidden" name="name" value="for &lt;b&gt;&#34;reports&#34;&lt;/b&gt; &amp; more">'
        in answer.text
    )
    assert answer.text.count('name="scope"') == 2
    assert 'href="/sign-in?next=/sign-in/done" target="_blank"' in answer.text
    back = await sign_in(web, SALES, "/sign-in/github?next=/sign-in/done")
    assert "go back to the one with what you typed" in shown(await web.get(back.headers["location"]))
    assert "lth_" in (await web.post("/me/tokens", data=typed)).text


async def test_a_very_long_address_is_no_dead_end(web: AsyncClient) -> None:
    page = await web.get("/sign-in", params={"next": f"/board?q={'x' * 2000}"})
    assert page.status_code == 200
    assert 'href="/sign-in/github?next=%2F"' in page.text
