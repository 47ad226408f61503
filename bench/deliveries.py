"""Measure how fast many webhooks are answered: `python -m bench.deliveries --deliveries 1000 --at-once 200`.

GitHub waits ten seconds for an answer. The real receiver runs in its own process, with Temporal's dev server and
without a worker, so that only receiving is measured. Compare counts and ratios; seconds depend on the machine.
"""

import asyncio
import hashlib
import hmac
import json
import os
import socket
import statistics
import sys
import time
from contextlib import suppress

from bench.figures import Figure, Report, Target
from bench.options import run_benchmark
from bench.processes import dev_server
from starter.local.parts import free_ports

SECRET = "a secret of the bench, which is long enough"  # noqa: S105 - opens nothing
SOON, GITHUB_WAITS = 1.0, 10.0
"""Seconds within which an answer should come, and must come."""


def delivery(number: int, issues: int) -> bytes:
    """Return the HTTP request in which GitHub sends a comment with a command on one of the issues."""
    person = {"login": "amara-sales", "type": "User"}
    payload = {
        "action": "created",
        "sender": person,
        "repository": {"name": "leads", "owner": {"login": "2i2c-org"}},
        "issue": {"number": number % issues + 1},
        "comment": {"id": number, "body": "/options", "user": person},
    }
    body = json.dumps(payload).encode()
    head = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "X-GitHub-Event": "issue_comment",
        "X-GitHub-Delivery": f"delivery-{number}",
        "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /github/webhook HTTP/1.1\r\n{lines}\r\n".encode() + body


async def deliver(port: int, request: bytes) -> tuple[int, float]:
    """Send a request, and return the status and the seconds of the answer."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    return status, time.monotonic() - began


async def deliver_all(port: int, count: int, issues: int, at_once: int) -> list[tuple[int, float]]:
    slots = asyncio.Semaphore(at_once)

    async def one(number: int) -> tuple[int, float]:
        async with slots:
            return await deliver(port, delivery(number, issues))

    return await asyncio.gather(*(one(number) for number in range(count)))


async def start_receiver(address: str) -> tuple[asyncio.subprocess.Process, int]:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "starter.cli", "web", "--port", str(port)),
        env=os.environ | {"TEMPORAL_ADDRESS": address, "LEADS_GITHUB__WEBHOOK_SECRET": SECRET},
        stdout=asyncio.subprocess.DEVNULL,
    )
    while True:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        await asyncio.sleep(0.05)


async def measure(deliveries: int = 1000, issues: int = 200, at_once: int = 150) -> Report:
    """Send `deliveries` about `issues` issues, of which `at_once` are under way at the same time."""
    async with dev_server() as server:
        process, port = await start_receiver(server.address)
        try:
            await deliver_all(port, 20, 20, 1)
            alone = [seconds for _, seconds in await deliver_all(port, 50, 50, 1)]
            began = time.monotonic()
            answers = await deliver_all(port, deliveries, issues, at_once)
            took = time.monotonic() - began
        finally:
            process.terminate()
            await process.wait()
    seconds = sorted(each for _, each in answers)
    usual = statistics.median(alone)
    accepted = sum(200 <= status < 300 for status, _ in answers)
    return Report(
        "deliveries",
        "Webhooks under load",
        f"{deliveries} deliveries about {issues} issues, {at_once} at once",
        (
            Figure("accepted", 100 * accepted / len(answers), "%", target=Target(100, "at least")),
            Figure(
                f"answered within {SOON:g} s", 100 * sum(each < SOON for each in seconds) / len(seconds), "%"
            ),
            Figure("median ÷ one alone", statistics.median(seconds) / usual),
            Figure("last ÷ one alone", seconds[-1] / usual),
            Figure("the last answer", seconds[-1], "s", target=Target(GITHUB_WAITS)),
            Figure("deliveries per second", deliveries / took),
        ),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
