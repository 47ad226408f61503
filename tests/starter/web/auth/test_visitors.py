"""Visitors: the person at this machine, or the one whom a trusted proxy names."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import Request
from httpx2 import AsyncClient

from process.policy import Policy
from process.types import Role
from starter.web.auth.access import start_complaint
from starter.web.auth.addresses import Proxies
from starter.web.auth.people import TEAMS_COUNT, People, Person, Standing, Way
from tests.support.lives import Life
from tests.support.pages import pages, served, web_settings
from tests.support.signed_in import shown

HEADER = "x-forwarded-user"
PROXY = {"proxy_header": HEADER, "trusted_proxies": ["127.0.0.1"]}
PEOPLE = {Role.SALES: ["ada"], Role.CONTRACTS: ["team:contracts"]}
NOW = datetime(2026, 7, 1, tzinfo=UTC)
SQLITE = "sqlite:////nowhere.sqlite"


# ---- at this machine


async def test_nobody_vouches_for_the_person_at_this_machine(web: AsyncClient) -> None:
    me = shown(await web.get("/me"))
    assert "all: nobody is asked on this machine" in me
    assert "approvals, such as that of a discount, are refused" in me
    assert People(Policy(), frozenset({Way.MACHINE})).standing(Person(Way.MACHINE, "ada"), NOW) == (
        None,
        None,
    )


@pytest.mark.parametrize(
    "header",
    [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
        "true-client-ip",
    ],
)
async def test_the_machines_pages_are_for_nobody_elsewhere(web: AsyncClient, header: str) -> None:
    """A proxy on this machine would show them to everybody."""
    page = await web.get("/board", headers={header: "203.0.113.9"})
    assert page.status_code == 403
    assert "only for the person at the machine" in shown(page)
    assert "University" not in page.text


async def test_a_plain_proxy_that_sends_no_such_header_is_known_by_its_version(url: str) -> None:
    """nginx speaks HTTP/1.0 to what is behind it, unless it is told otherwise."""
    async with served(url) as root:
        port = int(root.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /board HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    assert answer.split(b" ", 2)[1] == b"403"
    assert b"only for the person at the machine" in answer


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_machine_it_starts_without_set_up(host: str) -> None:
    assert not start_complaint(web_settings(SQLITE), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "leads.example.org"])
def test_on_another_address_it_does_not_start_without_sign_in(host: str) -> None:
    assert "LEADS_WEB__GITHUB_CLIENT_ID" in start_complaint(web_settings(SQLITE), host)
    with_proxy: dict[str, Any] = {"web": PROXY}
    assert "LEADS_WEB__URL" in start_complaint(web_settings(SQLITE, **with_proxy), host)
    with_proxy = {"web": PROXY | {"url": "https://leads.example.org"}}
    assert not start_complaint(web_settings(SQLITE, **with_proxy), host)


def test_sign_in_needs_a_key() -> None:
    app = {"github_client_id": "x", "github_client_secret": "y"}
    assert "LEADS_SIGNING_KEY" in start_complaint(
        web_settings(SQLITE, web=app, signing_key=None), "127.0.0.1"
    )


# ---- behind a proxy


@pytest.fixture
async def proxied(url: str, lives: dict[str, Life]) -> AsyncIterator[AsyncClient]:
    async with pages(url, None, web=PROXY, people=PEOPLE, aliases={"ada": ["ada@example.org"]}) as client:
        yield client


@pytest.mark.parametrize("name", ["ada", "Ada", "ada@example.org"])
async def test_a_trusted_proxy_says_who_is_there(proxied: AsyncClient, name: str) -> None:
    me = await proxied.get("/me", headers={HEADER: name})
    assert "Roles sales Known by your organisation's proxy" in shown(me)
    assert (await proxied.get("/board", headers={HEADER: name})).status_code == 200


async def test_without_its_word_nobody_is_there(proxied: AsyncClient) -> None:
    page = await proxied.get("/board")
    assert page.status_code == 401
    assert "came without its word" in shown(page)


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\tb"])
async def test_a_name_that_is_none_is_refused(proxied: AsyncClient, name: str) -> None:
    assert (await proxied.get("/board", headers={HEADER: name})).status_code == 400


async def test_a_name_that_stands_there_twice_is_refused(proxied: AsyncClient) -> None:
    page = await proxied.get("/board", headers=[(HEADER, "ada"), (HEADER, "bo")])
    assert page.status_code == 400


async def test_from_anybody_else_the_header_is_refused(url: str, lives: dict[str, Life]) -> None:
    settings: dict[str, Any] = {"web": PROXY | {"trusted_proxies": ["192.0.2.0/24"]}, "people": PEOPLE}
    async with pages(url, None, **settings) as web:
        page = await web.get("/board", headers={HEADER: "ada"})
    assert page.status_code == 403
    assert "Only a trusted proxy" in shown(page)


async def test_without_the_setting_the_header_means_nothing(web: AsyncClient) -> None:
    assert "mallory" not in (await web.get("/me", headers={HEADER: "mallory"})).text


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("::ffff:10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1\n10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1\n198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "not an address", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, unknown", "10.0.0.2"),
    ],
)
def test_the_client_is_the_last_one_that_is_no_proxy_of_ours(peer: str, forwarded: str, client: str) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded.split("\n")]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert Proxies.of(["10.0.0.0/8"]).client(Request(scope)) == client


# ---- roles


@pytest.mark.parametrize(
    ("person", "standing"),
    [
        (Person(Way.GITHUB, "Ada", 7), ("ada", (Role.SALES,))),
        (Person(Way.GITHUB, "bo", 8), ("id:8", ())),
        (Person(Way.GITHUB, "bo", 8, ("contracts",), NOW), ("id:8", (Role.CONTRACTS,))),
        (Person(Way.GITHUB, "bo", 8, ("contracts",), NOW - TEAMS_COUNT), ("id:8", ())),
        (Person(Way.GITHUB, "ada", 9), (None, ())),  # the login was given up and taken by another account
        (Person(Way.PROXY, "ada"), (None, ())),  # a way that is closed
        (Person(Way.MACHINE, "ada"), (None, ())),
    ],
)
def test_roles_are_those_of_the_settings_and_the_teams(person: Person, standing: Standing) -> None:
    policy = Policy(people=PEOPLE, aliases={"ada": ("id:7",)})
    assert People(policy, frozenset({Way.GITHUB})).standing(person, NOW) == standing


def test_an_account_stays_when_its_login_changes() -> None:
    assert Person(Way.GITHUB, "ada", 7).account == Person(Way.GITHUB, "lovelace", 7).account
    assert Person(Way.GITHUB, "7").account != Person(Way.PROXY, "7").account
