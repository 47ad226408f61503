"""One-time links, as the person who makes one and the one outside see them."""

import re
from contextlib import closing
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser

from client.answers import Waiting
from client.errors import Unavailable
from process.actor import Actor, Face
from process.decisions.registry import DECISIONS
from process.types import Role
from starter.web.auth import links
from starter.web.auth.database import WebDatabase
from starter.web.auth.links import Link, LinkStore
from starter.web.auth.people import People, Standing
from starter.web.auth.tables import LINKS
from starter.web.forms.form import Form
from starter.web.pages import link_answer
from tests.support.lives import Life
from tests.support.pages import LAPTOP, PHONE, pages, sent, served, watched, web_settings, write_lives
from tests.support.signed_in import shown

from .conftest import FORM, made


async def test_the_page_offers_what_can_be_decided_now(web: AsyncClient) -> None:
    page = await web.get("/leads/lead-bo/link")
    assert "Accept or decline the quote Record" in shown(page)
    assert "Not now: No hub of this lead is running" in shown(page)
    assert "Not now: The lead is lost" in shown(await web.get("/leads/lead-di/link"))


async def test_a_link_asks_one_question_and_shows_nothing_else(
    web: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    lives["bo"].does("details_changed", zone="America/New_York")
    write_lives(url, lives["bo"])
    path = await made(web)
    assert not re.search("lead-bo|rive|quote", path, re.IGNORECASE)
    web.cookies.clear()
    page = await web.get(path)
    assert page.status_code == 200
    text = shown(page)
    assert "Do you accept this quote?" in text
    assert "12,000" in text
    assert "For Bo Rive" in text
    assert "Organisation University of Bo" in text
    assert re.search(r"Valid until \d{4}-\d\d-\d\d", text)
    assert "The price is agreed, and a contract with this price is prepared." in text
    assert re.search(r"The link counts until \d{4}-\d\d-\d\d \d\d:\d\d \(America/New_York\)", text)
    assert "<nav" not in page.text
    assert "/leads/" not in page.text
    assert set(re.findall(r'name="(\w+)"', page.text.partition("<main")[2])) == {"answer", "reason"}


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("purpose", "", "Choose what the link is for"),
        ("purpose", "price_quoted", "Choose what the link is for"),
        ("purpose", "hub", "No hub of this lead is running"),
        ("name", " ", "Say for whom the link is"),
        ("name", "x" * 201, "The name has 201 characters, and may have 200 at most."),
        ("mail", "nobody", "The mail address"),
        ("days", "0", "from 1 to 60"),
        ("days", "61", "from 1 to 60"),
        ("days", "³", "from 1 to 60"),
        ("days", "1e9", "from 1 to 60"),
    ],
)
async def test_a_link_that_cannot_be_is_not_made(
    web: AsyncClient, field: str, value: str, complaint: str
) -> None:
    answer = await sent(web, "/leads/lead-bo/link", **FORM | {field: value})
    assert answer.status_code == 422
    assert complaint in shown(answer)
    assert "/l/" not in answer.text


async def test_a_link_of_no_lead_is_not_made(web: AsyncClient) -> None:
    assert (await sent(web, "/leads/lead-nobody/link", **FORM)).status_code == 404


async def test_a_lead_has_so_many_links_and_no_more(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_OPEN", 1)
    await made(web)
    answer = await sent(web, "/leads/lead-bo/link", **FORM)
    assert answer.status_code == 409
    assert "take one back first" in shown(answer)


async def test_a_link_is_taken_back(web: AsyncClient) -> None:
    path = await made(web)
    listed = await web.get("/leads/lead-bo/link")
    found = re.search(r'action="(/leads/lead-bo/link/\w+/remove)"', listed.text)
    assert found
    assert (await sent(web, found[1])).status_code == 303
    assert (await web.get(path)).status_code == 404
    assert "Take back" not in (await web.get("/leads/lead-bo/link")).text


async def test_a_link_that_was_tampered_with_is_none(web: AsyncClient) -> None:
    path = await made(web)
    other = await made(web, "lead-cy")
    forged = [
        f"{path[:-1]}{'a' if path[-1] != 'a' else 'b'}",
        path[:35] + other[35:],
        path[:-1],
        "/l/x",
        "/l/%00",
    ]
    for each in forged:
        answer = await web.get(each)
        assert answer.status_code == 404, each
        assert "University" not in answer.text


async def test_a_link_whose_row_was_changed_is_none(web: AsyncClient, url: str) -> None:
    path = await made(web)
    location = web_settings(url).web.store_url.get_secret_value()
    with closing(WebDatabase.open(location)) as database, database.writing() as connection:
        connection.execute(LINKS.update().values(lead_id="lead-cy"))
    assert (await web.get(path)).status_code == 404


async def test_an_expired_link_says_so(
    url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pages(url) as web:
        path = await made(web, days="1")
    with closing(WebDatabase.open(web_settings(url).web.store_url.get_secret_value())) as database:
        [link] = LinkStore(database).of("lead-bo")
    monkeypatch.setattr(Link, "is_over", lambda _, now: now + timedelta(days=1, minutes=1) > link.expires)
    async with pages(url) as web:
        answer = await web.get(path)
    assert answer.status_code == 410
    assert re.search(r"has expired on \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)", shown(answer))


async def test_a_link_made_with_the_previous_key_counts(url: str, lives: dict[str, Life]) -> None:
    old, new = "the key of the year before, long enough", "the key of this year, which is long enough"
    async with pages(url, None, signing_key=old) as web:
        path = await made(web)
    for previous, status in ((old, 200), (None, 404)):
        async with pages(url, None, signing_key=new, signing_key_previous=previous) as web:
            assert (await web.get(path)).status_code == status


async def test_without_a_key_no_link_is_made(url: str, lives: dict[str, Life]) -> None:
    async with pages(url, None, signing_key=None) as web:
        answer = await sent(web, "/leads/lead-bo/link", **FORM)
        assert answer.status_code == 422
        assert "LEADS_SIGNING_KEY" in shown(answer)


async def test_a_link_for_a_quote_that_was_replaced_is_over(
    web: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    path = await made(web)
    write_lives(url, lives["bo"].quoted(amount="9000", currency="USD", per="year"))
    answer = await web.get(path)
    assert answer.status_code == 410
    assert "Things have moved on" in shown(answer)
    assert "9,000" not in answer.text


async def test_a_link_of_a_lead_that_ended_is_over(
    web: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    path = await made(web)
    write_lives(url, lives["bo"].lost())
    answer = await sent(web, path, answer="quote_accepted")
    assert answer.status_code == 410
    assert "lost" not in shown(answer)


async def test_an_answer_that_the_link_does_not_offer_is_refused(web: AsyncClient) -> None:
    path = await made(web)
    for kind in ("", "contract_signed", "price_quoted", "lost"):
        assert (await sent(web, path, answer=kind)).status_code == 422


async def test_an_answer_without_temporal_is_kept_in_the_form(web: AsyncClient) -> None:
    path = await made(web)
    answer = await sent(web, path, answer="quote_declined", reason="Too much for this year")
    assert answer.status_code == 503
    assert "Too much for this year</textarea>" in answer.text


async def test_a_wrong_answer_is_named_at_its_field(web: AsyncClient) -> None:
    path = await made(web, "lead-ed", purpose="hub")
    answer = await sent(web, path, answer="hub_validated", users="many")
    assert answer.status_code == 422
    assert "Users: write a whole number" in shown(answer)


async def test_whoever_may_not_decide_makes_no_link(
    url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(People, "standing", lambda *_: Standing("ed", (Role.ENGINEERING,)))
    async with pages(url) as web:
        answer = await sent(web, "/leads/lead-bo/link", **FORM)
        assert answer.status_code == 422
        assert "Only sales can decide that" in shown(answer)


async def test_a_decision_with_the_links_key_is_no_answer(
    web: AsyncClient, url: str, lives: dict[str, Life]
) -> None:
    path = await made(web)
    with closing(WebDatabase.open(web_settings(url).web.store_url.get_secret_value())) as database:
        [link] = LinkStore(database).of("lead-bo")
    lives["bo"].does("details_changed", title="They haggle", key=link.key)
    write_lives(url, lives["bo"])
    page = shown(await web.get(path))
    assert "Do you accept this quote?" in page
    assert "You answered" not in page


async def test_keys_of_links_come_from_links_alone(web: AsyncClient) -> None:
    answer = await web.post(
        "/api/v1/leads/lead-bo/decisions/lost",
        json={"reason": "budget"},
        headers={"idempotency-key": "link-1"},
    )
    assert answer.status_code == 422
    assert "one-time links" in answer.text
    assert not Form.sent(DECISIONS["lost"], [("key", "link-1")]).key.startswith("link-")


async def test_another_answer_than_the_one_that_waits_is_not_promised(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(*_: object) -> Waiting:
        return Waiting(Unavailable("No worker"))

    monkeypatch.setattr(link_answer, "take", waits)
    path = await made(web)
    for _ in range(2):  # sent twice, it is one answer
        assert (await sent(web, path, answer="quote_accepted")).status_code == 202
    assert "“Accept the quote”. This answer is on its way" in shown(await web.get(path))
    other = await sent(web, path, answer="quote_declined", reason="no")
    assert other.status_code == 409
    assert "“Accept the quote”" in shown(other)


def test_a_link_decides_only_what_links_are_for() -> None:
    life = Life().quoted()
    actor = Actor(face=Face.LINK, identity="mail:bo@example.edu", authenticated=True)
    assert "only what it was made for" in life.refused("lost", reason="budget", actor=actor)
    accepted = life.does("quote_accepted", actor=actor)
    assert "only what it was made for" in life.refused("corrected", seq=accepted.seq, reason="x", actor=actor)


def test_a_link_counts_only_if_the_service_vouches_for_it() -> None:
    unknown = Actor(face=Face.LINK, identity="mail:bo@example.edu")
    assert "did not vouch" in Life().quoted().refused("quote_accepted", actor=unknown)


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/leads/lead-bo/link")
                await seen.check()
                await seen.page.get_by_role("radio", name="Accept or decline the quote").check()
                await seen.page.get_by_label("For whom").fill("Bo Rive")
                await seen.page.get_by_label("Their mail address").fill("bo@example.edu")
                await seen.page.get_by_role("button", name="Make the link").click()
                await seen.check()
                await seen.page.goto(await seen.page.inner_text("code.secret"))
                await seen.check()
                await seen.page.goto(f"{root}/me")
                await seen.page.get_by_label("What it is for").fill("Figures of every week, for the board")
                await seen.page.get_by_role("button", name="Make the token").click()
                await seen.check()
