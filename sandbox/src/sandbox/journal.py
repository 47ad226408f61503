"""The journal: the latest HTTP requests with their responses, without secrets."""

import itertools
import json
import re
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from pydantic import BaseModel

from sandbox.systems import System

_KEPT_HEADERS = ("accept", "content-type", "user-agent", "x-github-api-version", "content-range")
_SECRETS = {"access_token", "assertion", "client_secret", "id_token", "password", "private_key", "token"}
_HIDDEN = "[hidden]"
_MAX_TEXT_LENGTH = 64 * 1024


class Exchange(BaseModel):
    """A request and its response. `status` is None if the connection was cut; `caller` is a login or an address."""

    number: int
    at: datetime
    system: System | None
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    authorization: str | None
    body: Any
    status: int | None = None
    response: Any = None
    caller: str | None = None
    fault: str | None = None


class Journal:
    """The latest exchanges, oldest first."""

    def __init__(self, length: int = 2000) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=length)
        self._numbers = itertools.count(1)
        self._lock = Lock()

    def add(
        self,
        *,
        system: System | None,
        method: str,
        path: str,
        query: Iterable[tuple[str, str]],
        headers: dict[str, str],
        body: bytes,
    ) -> Exchange:
        """Add a request. Its response is filled in later."""
        exchange = Exchange(
            number=next(self._numbers),
            at=datetime.now(UTC),
            system=system,
            method=method,
            path=path,
            query=[(name, _HIDDEN if name in {*_SECRETS, "key"} else value) for name, value in query],
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
            authorization=headers["authorization"].partition(" ")[0]
            if headers.get("authorization")
            else None,
            body=readable(body, headers.get("content-type", "")),
        )
        with self._lock:
            self._exchanges.append(exchange)
        return exchange

    def all(self, system: str | None = None, method: str | None = None, path: str = "") -> list[Exchange]:
        """Return the exchanges with this system, method and path (regular expression, found anywhere in it)."""
        with self._lock:
            return [
                each
                for each in self._exchanges
                if system in (None, each.system)
                and method in (None, each.method)
                and re.search(path, each.path)
            ]

    def clear(self) -> None:
        with self._lock:
            self._exchanges.clear()


def readable(body: bytes, content_type: str) -> Any:
    """Return a body without secrets: JSON as values, other text as text, and the length of anything else."""
    if not body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"[{len(body)} bytes]"
    if "json" in content_type:
        try:
            return _hidden(json.loads(text))
        except ValueError:
            pass
    if content_type.startswith("application/x-www-form-urlencoded"):
        secrets = "|".join(sorted(_SECRETS))
        text = re.sub(rf"(^|&)({secrets})=[^&]*", rf"\1\2={_HIDDEN}", text)
    return text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH]}… [{len(body)} bytes]"


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _HIDDEN if name in _SECRETS and isinstance(each, str) else _hidden(each)
            for name, each in value.items()
        }
    return [_hidden(each) for each in value] if isinstance(value, list) else value
