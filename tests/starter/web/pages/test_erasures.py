"""Personal data on pages: a person is found, given what is kept of them, and erased if two people agree."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser
from pydantic import SecretStr
from structlog.testing import capture_logs

from config.groups import Keys
from keys.journal import ErasureJournal
from keys.opening import ring_at
from keys.ring import KeyRing
from process.policy import Policy
from process.types import Role
from starter.web.auth.database import WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.sealing import WebContents
from starter.web.auth.store import AccountStore
from starter.web.visitors import Visitor
from tests.support.lives import a_life
from tests.support.pages import LAPTOP, PHONE, pages, pages_seen_by, sent, served, watched, write_lives
from tests.support.signed_in import shown

ANN, BOB = Visitor("Ann", "ann", (Role.SALES,)), Visitor("Bob", "bob", (Role.CONTRACTS,))
ZOE = {"person": "Zoe Marker", "email": "zoe@marker.example"}


@pytest.fixture
def sealed(tmp_path: Path) -> dict[str, Any]:
    """Settings with keys."""
    keys = Keys(
        master_key=SecretStr("m" * 40),
        pepper=SecretStr("p" * 40),
        store_url=SecretStr(f"sqlite:///{tmp_path}/keys.sqlite"),
    )
    return {"keys": keys}


@pytest.fixture
def url(url: str) -> str:
    """Two leads that name Zoe, and one that does not."""
    noted = a_life("noted").quoted()
    noted.does("details_changed", title="A hub", note="Zoe Marker rang")
    write_lives(url, a_life("zoe", **ZOE), noted, a_life("other"))
    return url


def key_ring_of(sealed: dict[str, Any]) -> KeyRing:
    keys: Keys = sealed["keys"]
    return ring_at(keys.store_url.get_secret_value(), *keys.master_keys, cache_seconds=keys.cache_seconds)


def asking(do: str, *leads: str, of: int = 2) -> list[tuple[str, str]]:
    fields = [("words", "zoe@marker.example\nZoe Marker"), ("do", do), ("leads", str(of))]
    return [*fields, *(("lead", each) for each in leads)]


BOTH = ("lead-zoe", "lead-noted")


@asynccontextmanager
async def seen_by(visitor: Visitor, url: str, sealed: dict[str, Any]) -> AsyncIterator[AsyncClient]:
    async with pages_seen_by(visitor, url, **sealed) as web:
        yield web


async def asked(url: str, sealed: dict[str, Any], *leads: str) -> str:
    """Ask for the erasure as Ann; return the address of the request."""
    async with seen_by(ANN, url, sealed) as web:
        answer = await sent(web, "/erasures", *asking("ask", *(leads or BOTH)))
    assert answer.status_code == 303, shown(answer)
    return str(answer.headers["location"])


async def test_a_person_is_found_in_every_lead_that_names_them(url: str, sealed: dict[str, Any]) -> None:
    async with seen_by(ANN, url, sealed) as web:
        page = await sent(web, "/erasures", ("words", "zoe@marker.example"), ("do", "look"))
    assert "2 leads name them" in shown(page)
    assert "Known as zoe@marker.example, Zoe Marker" in shown(page).replace(
        "Zoe Marker, zoe@marker.example", "zoe@marker.example, Zoe Marker"
    )
    assert re.findall(r'name="lead" value="([^"]+)"', page.text) in ([*BOTH], [*BOTH][::-1])
    assert "lead-other" not in page.text


async def test_what_is_kept_of_them_is_given_out(url: str, sealed: dict[str, Any]) -> None:
    async with seen_by(ANN, url, sealed) as web:
        with capture_logs() as lines:
            answer = await sent(web, "/erasures", *asking("export", *BOTH))
    assert answer.headers["content-disposition"] == 'attachment; filename="personal-data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        data = json.loads(found.read("data.json"))
    assert {each["lead_id"] for each in data["leads"]} == {*BOTH}
    assert "marker" not in str(lines).lower()  # a log names nobody


async def test_one_asks_and_another_agrees(url: str, sealed: dict[str, Any]) -> None:
    address = await asked(url, sealed)
    async with seen_by(ANN, url, sealed) as web:
        own = await web.get(address)
        assert "waits for a second person" in shown(own)
        assert "You asked for this erasure, and somebody else has to agree" in shown(own)
        refused = await sent(web, f"{address}/confirm")
        assert refused.status_code == 409
    async with seen_by(BOB, url, sealed) as web:
        other = await web.get(address)
        assert "Zoe Marker" in shown(other)  # who agrees has to know whom it is about
        assert "these, and any that come to name them" in shown(other)
        assert (await sent(web, f"{address}/confirm")).status_code == 303
        running = shown(await web.get(address))
        assert "agreed to, and to be carried out" in running
        assert f"leads erase --confirm {address.rpartition('/')[2]}" in running
        assert "0 of 2 leads done" in shown(await web.get("/erasures"))


async def test_leads_of_somebody_else_are_left_out(url: str, sealed: dict[str, Any]) -> None:
    address = await asked(url, sealed, "lead-zoe")
    async with seen_by(BOB, url, sealed) as web:
        text = shown(await web.get(address))
    assert "only these" in text
    assert "lead-noted" not in text


async def test_the_same_person_is_asked_for_once(url: str, sealed: dict[str, Any]) -> None:
    address = await asked(url, sealed)
    async with seen_by(BOB, url, sealed) as web:
        looked = await sent(web, "/erasures", ("words", "Zoe Marker"))
        name = address.rpartition("/")[2]
        assert f"Request {name}" in shown(looked)
        assert ('value="ask"' in looked.text, 'value="ask-anyway"' in looked.text) == (False, True)
        refused = await sent(web, "/erasures", *asking("ask", *BOTH))
        assert (refused.status_code, f"Request {name}" in shown(refused)) == (409, True)
        assert (await sent(web, "/erasures", *asking("ask-anyway", *BOTH))).status_code == 303


async def test_somebody_of_the_pages_alone_is_found_and_asked_for(
    url: str, sealed: dict[str, Any], tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/accounts.sqlite"
    settings = sealed | {"web": {"store_url": SecretStr(store)}}
    async with seen_by(ANN, url, settings) as web:
        of_nobody = shown(await sent(web, "/erasures", ("words", "@otto-ohnelead")))
        assert "no account, token, link or note" in of_nobody
        assert "Neither a lead nor the pages name this person" in of_nobody
        with closing(WebDatabase.open(store, WebContents(key_ring_of(sealed), "p" * 40))) as database:
            people = People(Policy(), frozenset({Way.GITHUB}))
            AccountStore(database, people).sign_in(Person(Way.GITHUB, "otto-ohnelead", 7))
        looked = await sent(web, "/erasures", ("words", "@otto-ohnelead"))
        assert "accounts: 1" in shown(looked)
        assert "No lead names them" in shown(looked)
        fields = [("words", "@otto-ohnelead"), ("do", "ask"), ("leads", "0")]
        assert (await sent(web, "/erasures", *fields)).status_code == 303
        zoe = [("words", "Zoe Marker"), ("do", "ask"), ("leads", "0")]
        assert "Leads name this person by now" in shown(await sent(web, "/erasures", *zoe))


async def test_the_rest_is_looked_at_by_a_person(url: str, sealed: dict[str, Any]) -> None:
    address = await asked(url, sealed)
    store = sealed["keys"].store_url.get_secret_value()
    async with seen_by(BOB, url, sealed) as web:
        assert (await sent(web, f"{address}/rest")).status_code == 409
        await sent(web, f"{address}/confirm")
        with closing(ErasureJournal(store)) as journal:
            journal.change(address.rpartition("/")[2], lambda each: each.replaced(found=3))
        assert "The rest means somebody else" in shown(await web.get(address))
        assert (await sent(web, f"{address}/rest")).status_code == 303
        assert "3 places at the last search, looked at by a person" in shown(await web.get(address))


async def test_it_is_held_and_withdrawn(url: str, sealed: dict[str, Any]) -> None:
    address = await asked(url, sealed)
    async with seen_by(BOB, url, sealed) as web:
        for wrong in (("until", ""), ("until", "2001-01-01")):
            assert (await sent(web, f"{address}/hold", wrong, ("reason", "invoice"))).status_code == 409
        held = await sent(web, f"{address}/hold", ("until", "2049-01-31"), ("reason", "dispute"))
        assert held.status_code == 303
        assert "until 2049-01-31: a dispute" in shown(await web.get(address))
        refused = await sent(web, f"{address}/confirm")
        assert refused.status_code == 409
        assert "A legal hold forbids it until 2049-01-31" in shown(refused)
        assert (await sent(web, f"{address}/withdraw")).status_code == 303
        gone = shown(await web.get(address))
    assert "withdrawn" in gone
    assert "Zoe" not in gone
    assert "Hold it" not in gone


async def test_whom_nobody_knows_asks_for_nothing(url: str, sealed: dict[str, Any]) -> None:
    async with pages(url, **sealed) as web:  # the person at the machine
        found = await sent(web, "/erasures", ("words", "zoe@marker.example"))
        assert "an erasure needs two people who are known" in shown(found)
        assert 'value="ask"' not in found.text
        assert (await sent(web, "/erasures", *asking("ask", *BOTH))).status_code == 409


async def test_a_person_of_the_settings_is_taken_out_of_them_first(url: str, sealed: dict[str, Any]) -> None:
    named: dict[str, Any] = {"aliases": {"zoe": ["zoe@marker.example"]}}
    async with seen_by(ANN, url, sealed | named) as web:
        answer = await sent(web, "/erasures", *asking("ask", *BOTH))
    assert answer.status_code == 409
    assert "The settings name this person (aliases)" in shown(answer)


async def test_without_keys_nothing_is_erased_and_all_is_given_out(url: str) -> None:
    async with pages_seen_by(ANN, url) as web:
        assert "an erasure needs a master key" in shown(await web.get("/erasures"))
        assert (await sent(web, "/erasures", *asking("export", *BOTH))).status_code == 200
        assert (await sent(web, "/erasures", *asking("ask", *BOTH))).status_code == 409
        assert (await web.get("/erasures/abcd1234")).status_code == 409


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("words", "")], 409),
        ([("words", "x")], 409),
        ([("words", "\0 @")], 409),
        ([("words", "\n".join(f"name {n}" for n in range(30)))], 409),
        ([("words", "nobody at all")], 200),
        (asking("ask"), 409),
        (asking("export"), 409),
        (asking("ask", "lead-nobody"), 409),
        (asking("export", "lead-other"), 409),
    ],
)
async def test_odd_forms_are_answered(
    url: str, sealed: dict[str, Any], fields: list[tuple[str, str]], status: int
) -> None:
    async with seen_by(ANN, url, sealed) as web:
        assert (await sent(web, "/erasures", *fields)).status_code == status


async def test_an_unknown_request_is_none(url: str, sealed: dict[str, Any]) -> None:
    async with seen_by(ANN, url, sealed) as web:
        assert (await web.get("/erasures/abcd1234")).status_code == 404
        for act in ("confirm", "hold", "withdraw", "carry-out"):
            answer = await sent(
                web, f"/erasures/abcd1234/{act}", ("until", "2049-01-01"), ("reason", "invoice")
            )
            assert answer.status_code == 404, act


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, sealed: dict[str, Any], browser: Browser
) -> None:
    address = await asked(url, sealed)
    async with served(url, **sealed) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/erasures")
                await seen.check()
                await seen.page.get_by_label("The person").fill("zoe@marker.example")
                await seen.page.get_by_role("button", name="Look for them").click()
                await seen.page.get_by_text("2 leads name them").wait_for()
                await seen.check()
                await seen.page.goto(root + address)
                await seen.check()
