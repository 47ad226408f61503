"""The codec server opens sealed payloads for people with a role, for the configured UI alone, and notes who read."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response
from structlog.testing import capture_logs
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from keys.ring import KeyRing
from starter.web.auth.database import WebDatabase
from starter.web.auth.edge import CODEC
from starter.web.auth.readings import ReadingLog
from starter.web.auth.store import Scope
from starter.web.bodies import MAX_BODY, MAX_CODEC_BODY
from tests.support.key_stores import Away
from tests.support.pages import NOWHERE, pages, web_settings
from tests.support.signed_in import PROXIED, token
from workflows.runtime.codec import SealingCodec, data_converter
from workflows.runtime.converter import LeadPayloadConverter

UI = "http://localhost:8233"
WORDS = "Ada Example wrote this"
GRACE = {"x-forwarded-user": "grace"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.in_memory()


async def a_client(ring: KeyRing | None) -> Client:
    codec = SealingCodec(ring) if ring else None
    return await Client.connect(
        NOWHERE, lazy=True, data_converter=data_converter(LeadPayloadConverter, codec)
    )


async def sealed(
    ring: KeyRing, lead_id: str = "lead-ada", text: str = WORDS, namespace: str = "default"
) -> Payload:
    codec = SealingCodec(ring, namespace, lead_id)
    (payload,) = await codec.encode(LeadPayloadConverter().to_payloads([text]))
    return payload


def as_json(payloads: Sequence[Payload]) -> dict[str, Any]:
    """Return the payloads as Temporal's tools send them."""

    def text(value: bytes) -> str:
        return b64encode(value).decode()

    return {
        "payloads": [
            {
                "metadata": {name: text(value) for name, value in each.metadata.items()},
                "data": text(each.data),
            }
            for each in payloads
        ]
    }


async def decoded(web: AsyncClient, *payloads: Payload, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await web.post(CODEC, json=as_json(payloads), headers=named)


def texts(response: Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [b64decode(each["data"]).decode() for each in response.json()["payloads"]]


def log_of(url: str, owner: str) -> list[tuple[str, int]]:
    with closing(WebDatabase.open(web_settings(url).web.store_url.get_secret_value())) as database:
        return [(each.by, each.payloads) for each in ReadingLog(database).of(owner)]


async def test_it_opens_what_is_sealed_and_passes_on_what_is_not(url: str, ring: KeyRing) -> None:
    plain = LeadPayloadConverter().to_payloads(["plain"])[0]
    async with pages(url, await a_client(ring)) as web:
        answer = await decoded(web, await sealed(ring), plain, x_namespace="default")
    assert texts(answer) == [f'"{WORDS}"', '"plain"']
    assert b64decode(answer.json()["payloads"][0]["metadata"]["encoding"]) == b"json/plain"


async def test_who_read_which_lead_is_noted_and_never_what(url: str, ring: KeyRing) -> None:
    ada, bo = await sealed(ring), await sealed(ring, "lead-bo")
    async with pages(url, await a_client(ring), **PROXIED) as web:
        with capture_logs() as lines:
            assert len(texts(await decoded(web, ada, bo, ada, **GRACE))) == 3
            assert len(texts(await decoded(web, ada, **GRACE))) == 1
    assert log_of(url, "lead-ada") == [("grace", 3)]
    assert log_of(url, "lead-bo") == [("grace", 1)]
    noted = [line for line in lines if line["event"] == "payloads were read"]
    assert [line["owners"] for line in noted] == [["lead-ada", "lead-bo"], ["lead-ada"]]
    assert len({line["reader"] for line in noted}) == 1
    assert WORDS not in str(lines)
    assert "grace" not in str(lines)  # a log names nobody; the store does


async def test_what_is_erased_or_broken_says_so_and_is_no_reading(url: str, ring: KeyRing) -> None:
    erased, elsewhere = await sealed(ring), await sealed(ring, "lead-bo", namespace="other")
    ring.erase("lead-ada")
    async with pages(url, await a_client(ring)) as web:
        assert texts(await decoded(web, erased, elsewhere)) == ['"[erased]"', '"[unreadable]"']
    assert log_of(url, "lead-ada") == log_of(url, "lead-bo") == []


async def test_nobody_reads_without_being_known_and_having_a_role(url: str, ring: KeyRing) -> None:
    payload = await sealed(ring)
    reads, decodes = token(url, "grace", Scope.READ), token(url, "grace", Scope.DECODE)
    async with pages(url, await a_client(ring), **PROXIED) as web:
        for headers, status in (
            ({}, 401),
            ({"authorization": "Bearer lth_wrong"}, 401),
            ({"x-forwarded-user": "nobody"}, 403),
            (reads, 403),
        ):
            answer = await decoded(web, payload, **headers)
            assert answer.status_code == status, headers
            assert answer.headers["content-type"] == "application/problem+json"
            assert b64encode(WORDS.encode()).decode() not in answer.text
        assert texts(await decoded(web, payload, **decodes)) == [f'"{WORDS}"']
    assert log_of(url, "lead-ada") == [("grace", 1)]


async def test_only_the_configured_ui_asks_from_a_page(url: str, ring: KeyRing) -> None:
    payload = await sealed(ring)
    async with pages(url, await a_client(ring)) as web:
        answer = await decoded(web, payload, origin=UI, sec_fetch_site="same-site")
        assert texts(answer) == [f'"{WORDS}"']
        assert answer.headers["access-control-allow-origin"] == UI
        assert answer.headers["access-control-allow-credentials"] == "true"
        asked = await web.options(CODEC, headers={"origin": UI, "access-control-request-method": "POST"})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, UI)
        assert "x-namespace" in asked.headers["access-control-allow-headers"]
        for other in ("http://localhost:8001", "https://elsewhere.example.org", "null", f"{UI}.example.org"):
            for answer in (
                await decoded(web, payload, origin=other),
                await web.options(CODEC, headers={"origin": other}),
            ):
                assert answer.status_code == 403, other
                assert "access-control-allow-origin" not in answer.headers
    assert log_of(url, "lead-ada") == [(log_of(url, "lead-ada")[0][0], 1)]


async def test_while_the_keys_are_away_it_says_so(url: str) -> None:
    ring = KeyRing(store := Away(), cache_seconds=0)
    payload = await sealed(ring)
    store.away = True
    async with pages(url, await a_client(ring)) as web:
        answer = await decoded(web, payload, origin=UI)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["access-control-allow-origin"] == UI  # so that the UI shows why


async def test_without_keys_what_is_sealed_stays_so(url: str, ring: KeyRing) -> None:
    payload = await sealed(ring)
    async with pages(url, await a_client(None)) as web:
        answer = await decoded(web, payload)
    assert answer.json() == as_json([payload])
    assert log_of(url, "lead-ada") == []


async def test_another_namespace_is_not_opened(url: str, ring: KeyRing) -> None:
    async with pages(url, await a_client(ring)) as web:
        assert (await decoded(web, await sealed(ring), x_namespace="other")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"payloads":[{"metadata":{"encoding":"%"}}]}', 400),
        (b'{"payloads":[{"metadata":{"encoding":1}}]}', 422),
        (b'{"payloads":[{"metadata":{"encoding":"YmluYXJ5L3NlYWxlZA=="},"data":"AA=="}]}', 200),
        (b'{"payloads":' + b"[" * 5000, 400),
        (b" " * (MAX_CODEC_BODY + 1), 413),
    ],
)
async def test_odd_bodies_are_answered(url: str, ring: KeyRing, body: bytes, status: int) -> None:
    async with pages(url, await a_client(ring)) as web:
        answer = await web.post(CODEC, content=body)
        assert answer.status_code == status


async def test_it_takes_more_than_other_addresses(url: str, ring: KeyRing) -> None:
    large = "x" * (MAX_BODY + 1)
    async with pages(url, await a_client(ring)) as web:
        plain = LeadPayloadConverter().to_payloads([large])[0]
        assert texts(await decoded(web, plain)) == [f'"{large}"']
        assert (await web.post("/api/v1/leads", content=b"x" * (MAX_BODY + 1))).status_code == 413
