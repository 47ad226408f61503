"""A running webhook receiver."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import requests
from pydantic import SecretStr
from temporalio.client import Client

from config.groups import GitHub
from config.settings import Settings
from starter.web.application import make_server
from tests.support.waiting import TIMEOUT

SECRET = "s3cr3t of the tests, which is long enough"
GITHUB = GitHub(org="Codertocat", leads_repo="Hello-World", webhook_secret=SecretStr(SECRET))
"""The organization of GitHub's own examples."""


@dataclass
class Receiver:
    """Sends requests to the receiver as GitHub does."""

    url: str

    async def deliver(
        self,
        event: str,
        payload: Any,
        *,
        secret: str = SECRET,
        delivery: str = "d-1",
        body: bytes | None = None,
        **headers: str | None,
    ) -> requests.Response:
        body = json.dumps(payload).encode() if body is None else body
        given: dict[str, str | None] = {
            "content-type": "application/json",
            "x-github-event": event,
            "x-github-delivery": delivery,
            "x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        }
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        return await asyncio.to_thread(
            requests.post, f"{self.url}/github/webhook", data=body, headers=sent, timeout=TIMEOUT
        )

    async def health(self) -> int:
        return (await asyncio.to_thread(requests.get, f"{self.url}/healthz", timeout=TIMEOUT)).status_code


@asynccontextmanager
async def receiving(
    client: Client, github: GitHub = GITHUB, queue: str = "nobody"
) -> AsyncIterator[Receiver]:
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(_env_file=None, github=github, task_queue=queue)
    server = make_server(client, settings, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        await serving
