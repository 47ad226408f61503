"""Whatever is sent, the answer is a problem that says what is wrong, and never a failure of ours."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from process.decisions.registry import DECISIONS
from starter.web import bodies
from starter.web.api import feed
from starter.web.api.problems import KINDS
from tests.support.lives import Life, lives_at_each_stage
from tests.support.pages import pages, write_lives

LOST = "/leads/lead-ada/decisions/lost"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Return a client of the API with leads at each stage, which no test changes, and without Temporal."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.sqlite"
    write_lives(url, *lives_at_each_stage().values())
    async with pages(url) as client:
        client.base_url = "http://localhost/api/v1"
        yield client


def problem(response: Response, kind: str) -> dict[str, Any]:
    """Return the problem that was answered, which must be of this kind."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (body["type"], body["status"], body["title"]) == (
        f"/problems/{kind}",
        response.status_code,
        KINDS[kind].title,
    )
    assert response.status_code == KINDS[kind].status
    assert len(response.content) < 5_000
    found: dict[str, Any] = body
    return found


@pytest.mark.parametrize(
    "address",
    [
        "/leads?limit=0",
        "/leads?limit=201",
        "/leads?limit=many",
        "/leads?limit=99999999999999999999999999",
        "/leads?stage=nowhere",
        "/leads?attention=perhaps",
        "/leads?stag=lead",
        f"/leads?q={'x' * 201}",
        "/leads/lead-ada?as_of=2026-02-30",
        "/leads/lead-ada?as_of=9999-12-31",
        "/leads/lead-ada?as_of=99999999999999",
        "/leads/lead-ada?min_seq=-1",
        "/leads/lead-ada?min_seq=99999999999999999999",
        "/leads/lead-ada/events?after_seq=1e9",
        "/events?after=-1",
        "/events?after=99999999999999999999",
        "/events?wait=21",
        "/events?wait=nan",
        "/events?wait=inf",
        "/events?kinds=%00",
        "/agenda?for=%00",
        "/agenda?for=nobody-of-this-name",
        f"/agenda?for={'x' * 1000}",
        "/agenda?for=sales&for=contracts",
        "/leads?owner=sales&owner=contracts",
        "/leads?limit=1&limit=2",
        "/leads/lead-ada?min_seq=1&min_seq=2",
        "/events?after=1&after=2&kinds=price_quoted&kinds=lost",
        "/reports/forecast?currency=USD&currency=EUR",
        "/reports/unbilled/rows?all=1&all=2",
    ],
)
async def test_a_wrong_parameter_is_named(api: AsyncClient, address: str) -> None:
    errors = problem(await api.get(address), "invalid")["errors"]
    assert errors[0]["parameter"] == address.partition("?")[2].partition("=")[0]


@pytest.mark.parametrize(
    "address",
    [
        "/leads?after=zz",
        "/leads?after=%00",
        "/leads?after=WzEsMl0",
        "/agenda?after=W10",
        f"/leads?after={'W' * 999}",
    ],
)
async def test_a_broken_cursor_is_no_page(api: AsyncClient, address: str) -> None:
    problem(await api.get(address), "malformed")


@pytest.mark.parametrize(
    "address",
    [
        "/leads/lead-nobody",
        "/leads/%00",
        "/leads/%ED%A0%80",
        "/leads/%0a",
        f"/leads/{'x' * 5000}",
        "/leads/lead-nobody/events",
        "/leads/lead-nobody/options",
        "/leads/lead-ada?as_of=0001-01-01",
        "/leads/lead-ada?as_of=2026-05-01",
        "/leads/",
        "/nothing",
        "/leads/lead-ada/nothing",
    ],
)
async def test_what_is_not_there_is_not_found(api: AsyncClient, address: str) -> None:
    problem(await api.get(address), "not-found")


async def test_an_unknown_decision_names_the_nearest(api: AsyncClient) -> None:
    found = problem(await api.post("/leads/lead-ada/decisions/price-quoted", json={}), "not-found")
    assert "price_quoted" in found["detail"]


async def test_another_method_is_refused(api: AsyncClient) -> None:
    response = await api.delete("/leads/lead-ada")
    problem(response, "method-not-allowed")
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"\xff\xfe",
        b'{"reason": "\\ud800"}',
        b"[" * 100_000,
        b'{"reason": ' * 10_000,
        b"[]",
        b"7",
        b"null",
        b'{"reason": NaN}',
        b'{"reason": ' + b"9" * 10_000 + b"}",
    ],
)
async def test_what_is_no_json_object_is_refused(api: AsyncClient, sent: bytes) -> None:
    problem(await api.post(LOST, content=sent, headers=JSON), "malformed")


async def test_an_object_of_very_many_names_is_not_read(api: AsyncClient) -> None:
    response = await api.post(LOST, json={f"name {number}": 1 for number in range(101)})
    assert "101 names, and may have 100 at most" in problem(response, "invalid")["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/reason"),
        ({"reason": 9**99}, "#/reason"),
        ({"reason": "budget", "note": "\0"}, "#/note"),
        ({"reason": "budget", "note": "x" * 10_001}, "#/note"),
        ({"reason": "budget", "by": "Somebody Else"}, "#/by"),
        ({"reason": "budget", "source": "page"}, "#/source"),
        ({"reason": "budget", "actor": {"authenticated": True}}, "#/actor"),
        ({"reason": "budget", "said_at": "2020-01-01T00:00:00Z"}, "#/said_at"),
        ({"reason": "budget", "a/b~c": 1}, "#/a~1b~0c"),
    ],
)
async def test_a_wrong_field_is_pointed_at(api: AsyncClient, body: dict[str, Any], pointer: str) -> None:
    errors = problem(await api.post(LOST, json=body), "invalid")["errors"]
    assert pointer in [each["pointer"] for each in errors]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"amount": 1e300}, "#/amount"),
        ({"amount": "12,0,0"}, "#/amount"),
        ({"valid_until": "0000-00-00"}, "#/valid_until"),
        ({"item": ["Training: 2000 once", {"text": 7}]}, "#/item"),
    ],
)
async def test_so_is_a_wrong_value_of_a_price(api: AsyncClient, fields: dict[str, Any], pointer: str) -> None:
    body = {"amount": 1, "currency": "USD", "per": "year"} | fields
    response = await api.post("/leads/lead-ada/decisions/price_quoted", json=body)
    assert problem(response, "invalid")["errors"][0]["pointer"].startswith(pointer)


async def test_a_policy_comes_from_the_settings_only(api: AsyncClient) -> None:
    body = {"policy": {"version": "mine"}}
    errors = problem(await api.post("/leads/lead-ada/decisions/policy_adopted", json=body), "invalid")[
        "errors"
    ]
    assert errors[0]["pointer"] == "#/policy"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"]
)
async def test_other_content_than_json_is_refused(api: AsyncClient, kind: str) -> None:
    response = await api.post(LOST, content=b'{"reason": "budget"}', headers={"content-type": kind})
    problem(response, "not-json")


async def test_a_large_body_is_refused_by_its_header(api: AsyncClient) -> None:
    read = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"x" * (10 << 20)

    length = {"content-length": str(10 << 20)}
    problem(await api.post(LOST, content=counted(), headers=JSON | length), "too-large")
    assert read == 0


async def test_a_large_body_without_a_length_is_not_read_to_its_end(api: AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10 << 20:
            read += 1 << 16
            yield b"x" * (1 << 16)

    response = await api.post(LOST, content=endless(), headers=JSON)
    problem(response, "too-large")
    assert response.headers["connection"] == "close"


async def test_a_slow_body_is_given_up(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    monkeypatch.setattr(bodies, "BODY_TIMEOUT", 0.05)
    problem(await api.post(LOST, content=stuck(), headers=JSON), "too-slow")


@pytest.mark.parametrize("key", ["", "two words", "\xe4", "x" * 201])
async def test_a_key_is_short_and_plain(api: AsyncClient, key: str) -> None:
    response = await api.post(
        LOST, json={"reason": "budget"}, headers={b"idempotency-key": key.encode("latin-1")}
    )
    assert problem(response, "invalid")["errors"][0]["parameter"] == "idempotency-key"


async def test_a_retry_takes_one_key(api: AsyncClient) -> None:
    wrong: list[dict[str, object]] = [{"effect": 7}, {"effects": []}]
    for body in wrong:
        problem(await api.post("/leads/lead-ada/retry", json=body), "invalid")


async def test_without_temporal_nothing_is_decided_and_all_is_read(api: AsyncClient) -> None:
    for address in (LOST, f"{LOST}/preview"):
        response = await api.post(address, json={"reason": "budget"})
        problem(response, "unavailable")
        assert response.headers["retry-after"]
    problem(await api.post("/leads", json={"org": "A", "person": "B", "title": "C"}), "unavailable")
    assert (await api.get("/leads/lead-ada")).status_code == 200


async def test_without_the_ledger_nothing_is_read() -> None:
    async with pages("sqlite:////nowhere/ledger.sqlite") as client:
        for address in ("/leads", "/leads/lead-ada", "/events", "/agenda"):
            response = await client.get(f"/api/v1{address}")
            assert "/nowhere" not in json.dumps(problem(response, "unavailable"))
            assert response.headers["retry-after"]


async def test_only_so_many_wait_for_news(
    url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LONG_POLLS", 0)
    async with pages(url) as client:
        response = await client.get("/api/v1/events?after=99999&wait=20")
    problem(response, "too-many")
    assert response.headers["retry-after"]


async def test_each_kind_of_decision_has_an_address(api: AsyncClient) -> None:
    for kind in DECISIONS:
        response = await api.post(f"/leads/lead-ada/decisions/{kind}", json={"nothing": 1})
        assert f"{kind} has no 'nothing'" in problem(response, "invalid")["detail"]
