"""Settings of all tests: no connection leaves this machine."""

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from activities import pacing

# The suite tries the same examples each time, so that it fails only because of a change. Use
# `--hypothesis-profile=search` (make search) for new examples. No deadlines, as the machine may be busy.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=30)
settings.register_profile("search", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("suite")

for name in [name for name in os.environ if name.startswith(("LEADS_", "TEMPORAL_"))]:
    del os.environ[name]  # a developer's own settings must not reach a test

IN_MEMORY = Path("/dev/shm")
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 1_000_000_000:
    os.environ.setdefault("TMPDIR", str(IN_MEMORY))  # thousands of ledgers wait for the disk otherwise

os.environ["TEMPORAL_DEBUG"] = "1"
"""Disables the deadlock detector, so that workflow tasks may take more than two seconds on a busy machine."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one and a half workers per core, because many tests wait for a server."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest tests first, so that no core waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guard(self: socket.socket, address: Any) -> Any:
        if not _is_local(address):
            raise AssertionError(f"a test tried to reach {address}; only this machine may be reached")
        return connect(self, address)

    return guard


@pytest.fixture(autouse=True, scope="session")
def _not_spread() -> Iterator[None]:
    """Send requests to the sandbox at once, without spreading them over time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "MAX_PAUSE", float("inf"))
        patch.setattr(pacing, "sleep", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Fail a test that opens a connection to another machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield
