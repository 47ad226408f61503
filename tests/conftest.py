"""What all tests share: nothing leaves this machine."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

# The suite tries the same examples each time, so that it fails for what was changed and for nothing else. Search
# with `--hypothesis-profile=search` for what nobody thought of (make search). No deadlines: a busy machine is no failure.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("suite")

for name in [name for name in os.environ if name.startswith(("LEADS_", "TEMPORAL_"))]:
    del os.environ[name]  # a developer's own settings must not reach a test

os.environ["TEMPORAL_DEBUG"] = "1"
"""No workflow task fails because it took two seconds on a busy machine. The workers that tests start heed it, too."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait for a server."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no core waits for it at the end."""
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
def _only_this_machine() -> Iterator[None]:
    """Any connection to elsewhere is a failing test, not a slow one."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield
