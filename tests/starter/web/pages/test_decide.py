"""The form of a decision, as somebody sees it while no worker runs."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from httpx2 import AsyncClient

from process.actor import Actor, Face
from process.decisions.registry import DECISIONS
from process.types import Role
from starter.web.visitors import Visitor
from tests.support.lives import DISCOUNTED, Life, a_life
from tests.support.pages import pages, pages_seen_by, sent, text_of, write_lives

QUOTE = {"amount": "9000", "currency": "USD", "per": "year"}


async def test_the_form_asks_for_what_the_decision_needs(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-ada/decide/price-quoted")
    assert response.status_code == 200
    assert re.search(r'<label for="f-amount">Amount', response.text)
    assert 'placeholder="12000"' in response.text
    assert 'name="by"' not in response.text


async def test_an_example_is_never_a_value(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-ada/decide/price-quoted")
    assert not re.search(r'name="amount"[^>]* value="[^"]', response.text)


async def test_an_address_fills_the_form_and_shows_what_it_would_do(web: AsyncClient) -> None:
    response = await web.get(f"/leads/lead-ada/decide/price-quoted?{urlencode(QUOTE)}")
    assert response.status_code == 200
    assert re.search(r'name="amount"[^>]* value="9000"', response.text)
    shown = text_of(response)
    assert "9,000.00 USD a year" in shown
    assert "Lead becomes Quoted" in shown
    assert "what is under way outside is not considered" in shown


async def test_a_wrong_value_in_an_address_is_named_at_its_field(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-ada/decide/price-quoted?per=week")
    assert response.status_code == 422
    assert "Charged per: write " in text_of(response)


async def test_a_decision_without_needs_shows_at_once_what_it_would_do(web: AsyncClient) -> None:
    assert "Nothing has happened yet" in text_of(await web.get("/leads/lead-ada/decide/questionnaire-sent"))


@pytest.mark.parametrize("kind", DECISIONS)
async def test_every_decision_has_its_page_at_every_stage(kind: str, web: AsyncClient) -> None:
    for name in ("ada", "bo", "di", "ed", "flo"):
        response = await web.get(f"/leads/lead-{name}/decide/{kind.replace('_', '-')}")
        assert response.status_code == (303 if kind == "corrected" else 200), (name, response.text)


async def test_what_is_impossible_now_says_why_and_what_would_work(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-di/decide/price-quoted")
    assert "The lead is lost." in text_of(response)
    assert 'href="/leads/lead-di/decide/reopened"' in response.text
    assert "<form method" not in response.text
    assert 'class="deciding"' not in response.text


async def test_looking_does_nothing_and_keeps_the_key(web: AsyncClient) -> None:
    address = "/leads/lead-ada/decide/price-quoted"
    response = await sent(web, address, do="look", key="my-key", seen="99", **QUOTE)
    assert response.status_code == 200
    assert 'value="my-key"' in response.text
    assert "Lead becomes Quoted" in text_of(response)


async def test_looking_shows_why_it_would_be_refused(web: AsyncClient) -> None:
    response = await sent(web, "/leads/lead-ada/decide/price-quoted", do="look", amount="9000")
    assert response.status_code == 200
    assert "Would be refused" in text_of(response)
    assert "A price needs currency and per." in text_of(response)


async def test_a_wrong_form_keeps_what_was_typed_and_links_each_complaint(web: AsyncClient) -> None:
    fields = {"amount": "12.000,5.0", "currency": "dollars", "note": "They <b>insist</b>"}
    response = await sent(web, "/leads/lead-ada/decide/price-quoted", do="take", key="k", **fields)
    assert response.status_code == 422
    assert 'tabindex="-1" autofocus' in response.text
    assert 'href="#f-currency"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert "They &lt;b&gt;insist&lt;/b&gt;</textarea>" in response.text
    assert 'value="dollars"' in response.text


async def test_a_refresh_of_the_preview_is_no_error_while_the_form_is_filled_in(web: AsyncClient) -> None:
    fields = urlencode({"do": "look", "amount": "x"})
    headers = {"content-type": "application/x-www-form-urlencoded", "hx-request": "true"}
    response = await web.post("/leads/lead-ada/decide/price-quoted", content=fields, headers=headers)
    assert response.status_code == 200


async def test_what_was_posted_can_be_shown_again_as_it_was(web: AsyncClient) -> None:
    """As after a sign-in in the middle of a form."""
    response = await sent(web, "/leads/lead-ada/decide/price-quoted", do="edit", key="my-key", amount="x y")
    assert response.status_code == 200
    assert 'value="x y"' in response.text
    assert 'value="my-key"' in response.text


async def test_without_temporal_nothing_is_taken_and_nothing_is_lost(web: AsyncClient) -> None:
    response = await sent(
        web, "/leads/lead-ada/decide/lost", do="take", key="my-key", seen="99", reason="budget"
    )
    assert response.status_code == 503
    assert "something is away" in text_of(response) or "Perhaps taken" in text_of(response)
    assert 'value="my-key"' in response.text


async def test_news_are_shown_before_anything_is_taken(
    url: str, web: AsyncClient, lives: dict[str, Life]
) -> None:
    life = lives["bo"]
    seen = life.lead.last_seq
    write_lives(url, life.lost())
    response = await sent(web, "/leads/lead-bo/decide/quote-accepted", do="take", key="k", seen=str(seen))
    assert response.status_code == 409
    assert "Not taken yet: One new event since you opened this." in text_of(response)
    assert f'name="seen" value="{life.lead.last_seq}"' in response.text


async def test_one_s_own_decision_sent_twice_is_no_news(url: str, web: AsyncClient) -> None:
    life = a_life("zoe")
    seen = life.lead.last_seq
    life.does("questionnaire_sent", key="my-key")
    write_lives(url, life)
    again = {"do": "take", "key": "my-key", "seen": str(seen)}
    response = await sent(web, "/leads/lead-zoe/decide/questionnaire-sent", **again)
    assert response.status_code == 503  # it went on to Temporal, which is away


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/leads/lead-ada/decide/price-quote", 404, "Did you mean price-quoted?"),
        ("/leads/lead-nobody/decide/price-quoted", 404, "no lead"),
        ("/leads/lead-ada/decide/lead-opened", 404, "no such decision"),
    ],
)
async def test_a_wrong_address_says_what_is_wrong(
    web: AsyncClient, address: str, status: int, says: str
) -> None:
    response = await web.get(address)
    assert (response.status_code, says in text_of(response)) == (status, True)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/leads/%00/decide/lost", "reason=budget"),
        ("/leads/%ED%A0%80/decide/lost", "reason=budget"),
        ("/leads/lead-ada/decide/%00", ""),
        ("/leads/lead-ada/decide/" + "x" * 3000, ""),
        ("/leads/lead-ada/decide/lost", "note=%00%ED%A0%80&reason=%ED%A0%80&key=%00"),
        ("/leads/lead-ada/decide/price-quoted", "per=year&currency=USD&amount=" + "9" * 5000),
        ("/leads/lead-ada/decide/put-on-hold", "until=0001-01-01"),
        ("/leads/lead-ada/decide/put-on-hold", "until=9999-12-31"),
        ("/leads/lead-flo/decide/decommission-decided", "on=9999-12-31&reason=x"),
        ("/leads/lead-ed/decide/usage-reported", "month=9999-12&active_users=5"),
        ("/leads/lead-cy/decide/contract-signed", "evidence=x&start=0001-01-01&end=9999-12-31"),
    ],
)
async def test_nothing_that_is_sent_breaks_a_page(web: AsyncClient, address: str, fields: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await web.get(f"{address}?{fields}")).status_code < 500
    assert (await web.post(address, content=f"do=look&{fields}", headers=headers)).status_code < 500


async def test_a_form_that_is_too_large_or_none_at_all_is_refused(web: AsyncClient) -> None:
    address = "/leads/lead-ada/decide/lost"
    assert (await sent(web, address, note="x" * 2_000_000)).status_code == 413
    assert (await web.post(address, json={"do": "take"})).status_code == 415
    spelled = {"content-type": "Application/X-WWW-Form-URLencoded; charset=utf-8"}
    assert (await web.post(address, content="do=look", headers=spelled)).status_code == 422
    many = urlencode([("a", "1")] * 501)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await web.post(address, content=many, headers=headers)).status_code == 413


@pytest.mark.parametrize("seq", ["", "-1", "x", "9" * 50, "²"])
async def test_any_number_of_the_newest_event_is_taken(web: AsyncClient, seq: str) -> None:
    response = await sent(web, "/leads/lead-ada/decide/lost", do="take", seen=seq, reason="budget")
    assert response.status_code == 409  # as if nothing had been seen


async def test_a_correction_is_begun_at_its_event(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo/decide/corrected?seq=2&compensate=mail&compensate=hub")
    assert response.headers["location"] == "/leads/lead-bo/correct/2?compensate=mail&compensate=hub"
    response = await web.get("/leads/lead-bo/decide/corrected")
    assert response.headers["location"] == "/leads/lead-bo#timeline"


async def test_names_from_outside_are_text(url: str) -> None:
    life = a_life("eve", title="<script>alert(1)</script>")
    write_lives(url, life)
    async with pages(url) as web:
        response = await web.get("/leads/lead-eve/decide/lost")
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;" in response.text


async def test_while_the_ledger_is_away_all_that_was_typed_is_kept(tmp_path: Path) -> None:
    async with pages(f"sqlite:///{tmp_path}/nowhere/ledger.sqlite") as web:
        address = "/leads/lead-ada/decide/lost"
        response = await sent(web, address, do="take", key="my-key", reason="budget", note="They <said> so")
    assert response.status_code == 503
    assert "the ledger is away" in text_of(response)
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.text))
    assert kept == {"do": "take", "key": "my-key", "reason": "budget", "note": "They &lt;said&gt; so"}


# ---- whose decision it is


def ada(*roles: Role) -> Visitor:
    return Visitor("Ada", "ada", roles)


async def test_what_is_not_theirs_is_shown_as_somebody_else_s(url: str, lives: dict[str, Life]) -> None:
    lives["bo"].does("assigned", role="sales", person="Grace Example")
    write_lives(url, lives["bo"])
    address = "/leads/lead-bo/decide/quote-accepted"
    async with pages_seen_by(ada(Role.ENGINEERING), url) as web:
        response = await web.get(address)
        assert response.status_code == 200
        assert "This is decided by sales (Grace Example)" in text_of(response)
        assert 'class="deciding"' not in response.text
        for do in ("look", "take"):
            assert (await sent(web, address, do=do, key="k", seen="99")).status_code == 403


async def test_what_is_theirs_has_its_form(url: str, lives: dict[str, Life]) -> None:
    async with pages_seen_by(ada(Role.SALES), url) as web:
        response = await web.get("/leads/lead-bo/decide/quote-accepted")
    assert 'class="deciding"' in response.text
    assert "decided by Ada" in text_of(response)


async def test_a_correction_belongs_to_those_who_decide_what_it_corrects(
    url: str, lives: dict[str, Life]
) -> None:
    events = lives["flo"].aggregate.event_log.events
    signed = next(event.seq for event in reversed(events) if event.kind == "contract_signed")
    for role, shown in ((Role.SALES, False), (Role.CONTRACTS, True)):
        async with pages_seen_by(ada(role), url) as web:
            response = await web.get(f"/leads/lead-flo/correct/{signed}")
            sent_too = await sent(web, f"/leads/lead-flo/correct/{signed}", do="look", reason="A slip")
        assert ("This is decided by contracts" in text_of(response)) is not shown
        assert sent_too.status_code == (200 if shown else 403)


async def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    url: str, lives: dict[str, Life]
) -> None:
    access = {"github_client_id": "x", "github_client_secret": "y", "url": "http://localhost"}
    typed = {"do": "take", "key": "my-key", "seen": "1", "reason": "budget", "note": "Two\nlines"}
    async with pages(url, web=access) as web:
        stopped = await sent(web, "/leads/lead-ada/decide/lost", **typed)
        assert stopped.status_code == 401
        kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', stopped.text))
        assert kept == typed
    async with pages_seen_by(ada(Role.SALES), url, web=access) as web:  # signed in again
        shown = await sent(web, "/leads/lead-ada/decide/lost", **kept | {"do": "edit"})
    assert shown.status_code == 200
    assert "Two\nlines</textarea>" in shown.text
    assert 'value="my-key"' in shown.text


async def test_nobody_is_sent_to_a_page_where_nobody_could_approve(url: str) -> None:
    write_lives(url, a_life("gus").quoted(**DISCOUNTED, actor=Actor(face=Face.PAGE)))
    async with pages(url) as web:
        shown = text_of(await web.get("/leads/lead-gus"))
        approval = await web.get("/leads/lead-gus/decide/discount-approved")
        foretold = text_of(await web.get(f"/leads/lead-bo/decide/price-quoted?{urlencode(DISCOUNTED)}"))
    assert "again where the service knows who gives it, or quote without it" in shown
    assert "where the service knows them. Nobody signs in to these pages" in text_of(approval)
    for text in (shown, text_of(approval), foretold):
        assert "on a page or in a comment" not in text


async def test_who_is_known_here_is_sent_to_the_form(url: str) -> None:
    write_lives(url, a_life("gus").quoted(**DISCOUNTED, actor=Actor(face=Face.PAGE)))
    grace = Visitor("Grace", "grace", (Role.CONTRACTS, Role.SALES))
    async with pages_seen_by(grace, url) as web:
        approval = await web.get("/leads/lead-gus/decide/discount-approved")
    assert "where the service knows them: here." in text_of(approval)
    assert 'href="/leads/lead-gus/decide/price-quoted"' in approval.text
