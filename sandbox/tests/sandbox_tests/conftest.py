"""Fixtures of all tests: a sandbox at its seed, Google's clients, and no connection beyond this machine."""

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.server import Sandbox
from sandbox_tests.support.google import Google

if TYPE_CHECKING:
    from googleapiclient._apis.drive.v3 import DriveResource


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Fail any test that connects to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1", "localhost"), address
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="package")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The example seed's sandbox, reset for each test."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def google(sandbox: Sandbox) -> Iterator[Google]:
    clients = Google(sandbox.url, sandbox.credentials_file)
    yield clients
    clients.close()


@pytest.fixture
def drive(google: Google) -> "DriveResource":
    return google.drive()


@pytest.fixture
def folder(sandbox: Sandbox, drive: "DriveResource") -> str:
    """Id of a ticket's folder, created with a generated id."""
    ids = drive.files().generateIds(count=1, space="drive").execute()["ids"]
    created = (
        drive.files()
        .create(
            body={
                "id": ids[0],
                "name": "Acme",
                "mimeType": "application/vnd.google-apps.folder",
                "parents": [sandbox.ids["tickets"]],
                "appProperties": {"ticketId": "T-1"},
            },
            supportsAllDrives=True,
            fields="id",
        )
        .execute()
    )
    return created["id"]
