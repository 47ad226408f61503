"""News for open pages: what a stream tells, to whom, and how it ends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from httpx2 import AsyncClient, Response
from structlog.testing import capture_logs

from starter.web import connections, live
from starter.web.live import Listener, Live, News
from tests.support.lives import Life, a_life
from tests.support.pages import pages, served, write_lives


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a ledger."""
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def ada(url: str) -> Life:
    """A lead in the ledger."""
    life = a_life("ada")
    write_lives(url, life)
    return life


@asynccontextmanager
async def listening(root: str, address: str = "/live", **headers: str) -> AsyncIterator[Response]:
    """Open a stream."""
    async with (
        AsyncClient(timeout=10) as client,
        client.stream("GET", root + address, headers=headers) as response,
    ):
        yield response


async def messages(response: Response) -> AsyncIterator[dict[str, Any]]:
    """Return the stream's news, each with its id."""
    position = 0
    async for line in response.aiter_lines():
        if line.startswith("id: "):
            position = int(line.removeprefix("id: "))
        if line.startswith("data: "):
            yield {"id": position, **json.loads(line.removeprefix("data: "))}


async def test_a_decision_is_told_to_whoever_listens(url: str, ada: Life) -> None:
    async with served(url) as root, listening(root) as one, listening(root) as other:
        streams = [messages(one), messages(other)]
        first = [await anext(stream) for stream in streams]
        assert [each["leads"] for each in first] == [[], []]
        before = ada.lead.last_seq
        write_lives(url, ada.quoted())
        for stream in streams:
            news = await anext(stream)
            assert news["leads"] == ["lead-ada"]
            assert news["events"] == ada.lead.last_seq - before
            assert news["id"] == first[0]["id"] + news["events"]


@pytest.mark.parametrize("way", ["header", "address"])
async def test_a_reader_who_comes_back_is_told_what_it_missed(url: str, ada: Life, way: str) -> None:
    async with served(url) as root:
        async with listening(root) as response:
            seen = (await anext(messages(response)))["id"]
        write_lives(url, a_life("bo"))
        headers = {"last-event-id": str(seen)} if way == "header" else {}
        address = "/live" if way == "header" else f"/live?after={seen}"
        async with listening(root, address, **headers) as response:
            assert (await anext(messages(response)))["leads"] == ["lead-bo"]


async def test_who_missed_too_much_is_told_that_everything_changed(
    url: str, ada: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MISSED", 0)
    async with served(url) as root, listening(root, "/live?after=0") as response:
        assert (await anext(messages(response)))["leads"] is None


@pytest.mark.parametrize("header", ["x", "-1", "9" * 30, "９"])
async def test_a_strange_last_id_counts_as_none(url: str, ada: Life, header: str) -> None:
    async with served(url) as root, AsyncClient(timeout=10) as client:
        raw = {b"last-event-id": header.encode()}
        async with client.stream("GET", f"{root}/live", headers=raw) as response:
            assert (await anext(messages(response)))["leads"] == []


async def test_a_wrong_address_is_refused(url: str, ada: Life) -> None:
    async with served(url) as root, AsyncClient() as client:
        assert (await client.get(f"{root}/live?after=-1")).status_code == 422


async def test_a_ledger_that_is_away_is_said_at_once(tmp_path: Path) -> None:
    async with served(f"sqlite:///{tmp_path}/none.sqlite") as root, AsyncClient() as client:
        assert (await client.get(f"{root}/live")).status_code == 503


async def test_only_so_many_pages_listen_at_once(
    url: str, ada: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STREAMS", 1)
    async with served(url) as root, AsyncClient(timeout=10) as client:
        async with listening(root) as response:
            stream = messages(response)  # kept, because the response is closed with it
            await anext(stream)
            refused = await client.get(f"{root}/live")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        async with asyncio.timeout(5):  # the place is free again once the server noticed
            while (await _status(client, f"{root}/live")) != 200:
                await asyncio.sleep(0.02)


async def test_one_person_takes_not_all_places(url: str, ada: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS_EACH", 1)
    async with pages(url) as web:
        listeners = Live(web._transport.app.state.services)  # type: ignore[attr-defined]
        first, other = Listener(), Listener()
        await listeners.join(first, None, "ada")
        with pytest.raises(HTTPException, match="close some") as raised:
            await listeners.join(Listener(), None, "ada")
        assert raised.value.status_code == 429
        await listeners.join(other, None, "bo")
        for each in (first, other):
            listeners.leave(each)


async def test_a_refusal_writes_no_traceback(url: str, ada: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS", 0)
    async with pages(url) as web:
        with capture_logs() as logged:
            assert (await web.get("/live")).status_code == 503
    assert logged == []


async def _status(client: AsyncClient, address: str) -> int:
    async with client.stream("GET", address) as response:
        return response.status_code


async def test_a_silent_stream_gives_signs_of_life(
    url: str, ada: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING", 0.05)
    async with served(url) as root, listening(root) as response:
        async for line in response.aiter_lines():
            if line == ": ping":
                break


async def test_a_stream_is_no_slow_client(url: str, ada: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", 0.1)
    monkeypatch.setattr(live, "PING", 0.05)
    async with served(url) as root, listening(root) as response:
        pings = 0
        async for line in response.aiter_lines():
            pings += line == ": ping"
            if pings == 6:  # far beyond the time for a header
                break
    assert pings == 6


async def test_nobody_asks_the_ledger_once_nobody_listens(
    url: str, ada: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "INTERVAL", 0.01)
    async with pages(url) as web:
        services = web._transport.app.state.services  # type: ignore[attr-defined]
        listeners, one = Live(services), Listener()
        await listeners.join(one, None, "ada")
        polling = listeners._polling
        assert polling
        listeners.leave(one)
        await asyncio.wait([polling], timeout=5)
        assert polling.cancelled()
        assert len(listeners) == 0


async def test_a_stream_ends_after_its_time(url: str, ada: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AGE", 0.05)
    async with served(url) as root, listening(root) as response:
        assert len([each async for each in messages(response)]) == 1


async def test_streams_end_with_the_server(url: str, ada: Life) -> None:
    async with AsyncClient(timeout=10) as client:
        async with served(url) as root:
            response = await client.send(client.build_request("GET", f"{root}/live"), stream=True)
            stream = messages(response)
            await anext(stream)
            began = time.monotonic()
        assert time.monotonic() - began < 4
        assert [each async for each in stream] == []


async def test_a_reader_that_is_too_slow_is_dropped() -> None:
    dropped: list[bool] = []
    slow = Listener(lambda: dropped.append(True))
    for position in range(live.WAITING + 1):
        slow.tell(News(position))
    assert dropped == [True]
    told = [message async for message in slow.messages(News(0, ()))]
    assert len(told) == 1
