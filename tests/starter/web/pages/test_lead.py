"""The page of a lead, from the ledger alone."""

import re
from contextlib import closing
from html import unescape

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser

from ledger.conversion import entry_of
from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from ledger.queries import board
from process.types import Role
from process.views.folded import folded
from starter.web.pages import lead_walk
from starter.web.pages.lead_view import Window, view_of
from starter.web.visitors import Visitor
from tests.support.lives import DISCOUNTED, Life, a_life, last_seq
from tests.support.pages import LAPTOP, PHONE, pages, served, text_of, watched, write_lives
from tests.support.states import STATES
from tests.support.waiting import TIMEOUT

HOSTILE = "</title><script>alert(1)</script>{{7*7}}"


# ---- where it stands


async def test_it_says_where_the_lead_stands_and_whose_move_it_is(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo")
    assert response.status_code == 200
    assert response.text.count("<h1>") == 1
    shown = text_of(response)
    assert "[University of Bo / Ada Example] - Hub for a course" in shown
    assert "Community : agree to the price by 2026-07-01" in shown
    assert "Next date 2026-06-25: the quote expires soon" in shown
    assert re.search(r"quoted \d+ days? since 2026-06-01", shown)


async def test_the_next_decisions_come_first_and_all_others_tell_why(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo")
    first, more, refused = (
        response.text.index(part)
        for part in (
            'href="/leads/lead-bo/decide/quote-accepted"',
            'href="/leads/lead-bo/decide/put-on-hold"',
            "<dt>Hub live</dt>",
        )
    )
    assert first < more < refused
    assert "decides" not in text_of(response), "the person at this machine has every role"


async def test_a_refusal_links_to_what_would_work(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-di")
    assert "Lost on 2026-06-01: they said no, reason budget" in text_of(response)
    assert re.search(
        r"<dt>Price quoted</dt>\s*<dd>The lead is lost\.\s*<a href=\"/leads/lead-di/decide/reopened\">",
        response.text,
    )


def test_a_decision_of_another_role_says_whose_it_is() -> None:
    life = a_life("bo").quoted()
    found = folded(tuple(life.aggregate.event_log.events), life.lead.id)
    eve = Visitor("eve", "eve", (Role.ENGINEERING,))
    decisions = view_of(found, life.now, Window(), eve, past=False).decisions
    assert decisions is not None
    whose = {each.kind: each.whose for each in (*decisions.next, *decisions.others)}
    assert whose["quote_accepted"] == "sales"
    assert whose["put_on_hold"] == ""
    assert whose["hub_information_given"] == ""


# ---- what is known


async def test_a_hub_shows_its_contract_invoices_and_information(web: AsyncClient) -> None:
    shown = text_of(await web.get("/leads/lead-ed"))
    assert "2026-06-01 to 2027-05-31" in shown
    assert "12,000.00 USD a year, billed monthly" in shown
    assert "10 of 14 fields known" in shown
    assert "Vendor set-up: not needed" in shown


@pytest.mark.parametrize("state", STATES)
async def test_a_lead_in_any_state_has_its_page(url: str, state: str) -> None:
    life = STATES[state]()
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
        events = life.aggregate.event_log.events
        ledger.append("lead-example", [entry_of("lead-example", event) for event in events], after=0)
    async with pages(url) as web:
        response = await web.get("/leads/lead-example")
    assert response.status_code == 200, text_of(response)
    assert f'<span class="chip stage-{life.lead.stage}">' in response.text


async def test_a_merged_lead_leads_to_its_successor(url: str) -> None:
    life = STATES["merged"]()
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get(f"/leads/{life.lead.id}")
    assert 'It was merged into <a href="/leads/lead-original">' in response.text


async def test_an_archived_lead_is_shown_without_its_workflow(url: str) -> None:
    life = a_life("gil").lost().wait(400)
    assert life.lead.archived
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get("/leads/lead-gil")
    assert response.status_code == 200
    assert "It is archived: its workflow has ended" in text_of(response)


async def test_words_from_outside_are_text(url: str) -> None:
    life = a_life("eve", title=f"{HOSTILE}{'W' * 150}", person=HOSTILE)
    life.does("lost", reason="budget", note=f"{HOSTILE}\n'\"")
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get("/leads/lead-eve")
    assert "<script>alert" not in response.text
    assert response.text.count("</title>") == 1
    assert HOSTILE in unescape(response.text)


# ---- requests for what is not there


@pytest.mark.parametrize(
    "name", ["lead-nobody", "digest", "lead-%00", "lead-%F0%9F%98%80", "x" * 3000, "..%5c", "%E2%80%AE"]
)
async def test_an_unknown_lead_is_not_found(web: AsyncClient, name: str) -> None:
    response = await web.get(f"/leads/{name}")
    assert response.status_code == 404, response.text
    assert len(response.text) < 5_000


@pytest.mark.parametrize(
    "query",
    ["before=0", "before=x", "event=-1", f"event={10**30}", "show=everything", "taken=%00", "now=perhaps"],
)
async def test_a_wrong_address_is_said(web: AsyncClient, query: str) -> None:
    assert (await web.get(f"/leads/lead-bo?{query}")).status_code == 422


# ---- the list that one came from


async def test_one_walks_through_the_list_that_one_came_from(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_walk, "SECONDS", TIMEOUT)
    query = "from=stage%3Dquoted%26sort%3Dvalue"
    response = await web.get(f"/leads/lead-bo?{query}")
    assert "2 of 2 quoted" in text_of(response)
    assert f'href="/leads/lead-cy?{query}" data-key="["' in response.text
    assert 'data-key="]"' not in response.text
    assert 'href="/board?stage=quoted&amp;sort=value"' in response.text


async def test_a_list_that_is_too_long_to_count_is_left_out(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "place", _too_slow)
    monkeypatch.setattr(lead_walk, "SECONDS", TIMEOUT)
    response = await web.get("/leads/lead-bo?from=stage%3Dquoted%26sort%3Dvalue")
    assert 'href="/leads/lead-cy?' in response.text
    assert "of 2 quoted" not in text_of(response)
    monkeypatch.setattr(board, "neighbours", _too_slow)
    response = await web.get("/leads/lead-bo?from=stage%3Dquoted%26sort%3Dvalue")
    assert "All leads at this stage" in text_of(response)


def _too_slow(*_: object) -> None:
    raise LedgerUnavailable("It takes too long.")


@pytest.mark.parametrize("query", ["stage%3Dnowhere", "%00", "a%3Db", "sort%3Dx", "%26%26%3D"])
async def test_a_list_that_nobody_knows_is_left_out(web: AsyncClient, query: str) -> None:
    response = await web.get(f"/leads/lead-bo?from={query}")
    assert response.status_code == 200
    assert "\0" not in response.text


# ---- browsers


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    lives["ed"].wait(200).perform()
    lives["ed"].does("corrected", seq=last_seq(lives["ed"], "hub_live"), reason="It was not up")
    lives["bo"].does("price_quoted", **DISCOUNTED)
    write_lives(url, lives["ed"], lives["bo"])
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                for address in ("lead-ed", "lead-bo?from=stage%3Dquoted", "lead-ed?as-of=2026-06-01"):
                    await seen.page.goto(f"{root}/leads/{address}")
                    if "as-of" not in address:
                        await seen.page.get_by_text("Temporal does not answer").wait_for()
                    for folded_away in await seen.page.locator("main summary").all():
                        await folded_away.click()
                    await seen.check()
