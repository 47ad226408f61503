"""Plain HTTP requests without retries or redirects."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from sandbox.server import Sandbox

TIMEOUT = 240
"""Seconds. Only a failing test waits so long; a busy machine is no failure."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    sandbox: Sandbox, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Answer:
    """Send a request on its own connection; a body that is not text is sent as JSON. Raises the errors of http.client."""
    connection = http.client.HTTPConnection(sandbox.host, sandbox.port, timeout=TIMEOUT)
    content = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
    try:
        connection.request(method, path, content, {"user-agent": "test", **(headers or {})})
        response = connection.getresponse()
        return Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )
    finally:
        connection.close()
