"""Slow clients are cut off, and keep no delivery waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import pytest
from temporalio.testing import WorkflowEnvironment

from starter.web import bodies, connections
from starter.web.bodies import MAX_BODY, Bodies
from starter.web.connections import peer_of
from tests.support.deliveries import COMMENTED, with_command
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import TIMEOUT

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

UNSIGNED: dict[str, object] = {"x-github-event": "issue_comment", "x-github-delivery": "d-1"}
SIGNED = UNSIGNED | {"x-hub-signature-256": f"sha256={'0' * 64}"}
"""The header of a delivery, with a signature that is none."""
FOR_EVER = 3600.0
CROWD, ROOM = 60, 20


@pytest.fixture
async def receiver(env: WorkflowEnvironment) -> AsyncIterator[Receiver]:
    async with receiving(env.client) as running:
        yield running


async def connected(receiver: Receiver, sent: bytes = b"", address: str = "127.0.0.1") -> Streams:
    port = int(receiver.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(sent)
    await writer.drain()
    return reader, writer


def head(given: Mapping[str, object], path: str = "/github/webhook") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode()


DRIBBLERS = {
    "silent": b"",
    "in the header": b"POST /github/webhook HTTP/1.1\r\nHost:",
    "in the body": head(SIGNED | {"content-length": 100}) + b"{",
    "in an unsigned body": head(UNSIGNED | {"content-length": 100}) + b"{",
    "elsewhere": head({"content-length": 100}, "/elsewhere") + b"{",
}


@pytest.mark.parametrize("sent", DRIBBLERS.values(), ids=list(DRIBBLERS))
async def test_a_crowd_of_slow_clients_keeps_no_delivery_waiting(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Not even if no time limit ever ended."""
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", FOR_EVER)
    monkeypatch.setattr(bodies, "BODY_TIMEOUT", FOR_EVER)
    monkeypatch.setattr(connections, "CONNECTIONS", ROOM)
    crowd = [await connected(receiver, sent) for _ in range(CROWD)]
    answer = await receiver.deliver("issue_comment", with_command(COMMENTED))
    assert answer.status_code == 202, answer.text
    assert await receiver.health() == 200
    for _, writer in crowd:
        writer.close()


async def test_a_crowd_pushes_out_itself(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", FOR_EVER)
    monkeypatch.setattr(connections, "CONNECTIONS", ROOM)
    reader, writer = await connected(receiver, b"GET /healthz HTTP/1.1\r\n")
    crowd = [await connected(receiver, address="127.0.0.2") for _ in range(CROWD)]
    for first, _ in crowd[: CROWD - ROOM]:
        assert await asyncio.wait_for(ended(first), TIMEOUT)
    writer.write(b"Host: x\r\n\r\n")
    assert b" 200 " in await asyncio.wait_for(reader.readline(), TIMEOUT)
    for _, other in crowd:
        other.close()
    writer.close()


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "sent",
    [
        DRIBBLERS["silent"],
        DRIBBLERS["in the header"],
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n",
        DRIBBLERS["in the body"],
        DRIBBLERS["in an unsigned body"],
        DRIBBLERS["elsewhere"],
    ],
)
async def test_a_slow_client_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", 0.1)
    monkeypatch.setattr(bodies, "BODY_TIMEOUT", 0.1)
    reader, writer = await connected(receiver, sent)
    with contextlib.suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), TIMEOUT)
    writer.close()


REFUSED: list[tuple[dict[str, object], int]] = [
    ({}, 401),
    ({"x-hub-signature-256": "sha256="}, 401),
    ({"x-hub-signature-256": f"sha256={'g' * 64}"}, 401),
    ({"x-hub-signature-256": f"sha1={'0' * 40}"}, 401),
    (SIGNED, 411),
    (SIGNED | {"content-length": MAX_BODY + 1}, 413),
    (SIGNED | {"transfer-encoding": "chunked"}, 411),
    (SIGNED | {"x-github-event": "", "content-length": 9}, 400),
    (SIGNED | {"x-github-delivery": "", "content-length": 9}, 400),
]


@pytest.mark.parametrize(("given", "status"), REFUSED)
async def test_what_is_no_delivery_by_its_header_is_refused_without_its_body(
    receiver: Receiver, given: dict[str, object], status: int
) -> None:
    """The body never comes, and is not waited for."""
    missing: dict[str, object] = {} if "content-length" in given or status == 411 else {"content-length": 9}
    reader, writer = await connected(receiver, head(UNSIGNED | given | missing))
    line = await asyncio.wait_for(reader.readline(), TIMEOUT)
    assert f" {status} " in line.decode()
    writer.close()


async def test_a_body_that_does_not_come_is_told_so(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT", 0.1)
    reader, writer = await connected(receiver, DRIBBLERS["in the body"])
    assert b" 408 " in await asyncio.wait_for(reader.readline(), TIMEOUT)
    writer.close()


async def test_the_largest_body_is_given_up_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_HELD", 100)
    held, queue = Bodies(), asyncio.Queue[bytes]()

    async def large() -> AsyncIterator[bytes]:
        yield b"x" * 90
        while True:
            yield await queue.get()

    async def small() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"y" * 4
            await asyncio.sleep(0)

    slow = asyncio.create_task(held.read(large()))
    await asyncio.sleep(0)
    assert await held.read(small()) == b"y" * 20
    with pytest.raises(TimeoutError):
        await slow
    assert await held.read(small()) == b"y" * 20


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("a socket", "another", False),
    ],
)
def test_a_client_has_one_address_or_one_network(one: str, other: str, same: bool) -> None:
    assert (peer_of(one) == peer_of(other)) is same
