"""Start, restart, reset, settings and command line of the sandbox."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox_tests.support.google import ANSWERS, Google
from sandbox_tests.support.http import TIMEOUT, call
from sandbox_tests.support.mail import mail


def fill(sandbox: Sandbox) -> str:
    """Add something to every system; return the id of a file on Drive."""
    google = Google(sandbox.url, sandbox.credentials_file)
    stored = google.upload(sandbox.ids["tickets"], "notes.txt", b"hello")
    google.close()
    sandbox.google.submit(sandbox.ids["contact"], ANSWERS)
    token = {"authorization": "Bearer sandbox-token"}
    issue = call(
        sandbox, "POST", "/api/v3/repos/example-org/tickets/issues", {"title": "[Acme / Bo] - Hub"}, token
    )
    assert issue.status == 201
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, timeout=TIMEOUT) as smtp:
        smtp.send_message(mail("Acme", "<1@example.org>"))
    return stored


def test_a_restart_keeps_everything_and_the_key(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        file_id = fill(first)
        tokens, key = dict(first.google.tokens), json.loads(first.credentials_file.read_text())["private_key"]
    with Sandbox(tmp_path) as second:
        assert second.google.files[file_id].name == "notes.txt"
        assert second.google.content(file_id) == b"hello"
        assert second.google.tokens == tokens
        assert len(second.google.responses[second.ids["contact"]]) == 1
        assert [each.message_id for each in second.mailbox.all()] == ["<1@example.org>"]
        key_file = json.loads(second.credentials_file.read_text())
        assert (key_file["private_key"], key_file["token_uri"]) == (key, f"{second.url}/token")
        assert [issue.title for issue in second.github.issues.values()] == ["[Acme / Bo] - Hub"]
        assert list(tmp_path.rglob("*.new")) == []


@pytest.mark.parametrize("kept", [False, True])
def test_reset_returns_to_the_seed(tmp_path: Path, kept: bool) -> None:
    data = tmp_path if kept else None
    with Sandbox(data) as sandbox:
        file_id = fill(sandbox)
        sandbox.faults.add(Fault(system="drive", kind="cut"))
        assert call(sandbox, "POST", "/_sandbox/reset").status == 204
        assert file_id not in sandbox.google.files
        assert sandbox.google.content(file_id) == b""
        assert sandbox.ids["tickets"] in sandbox.google.files
        assert (sandbox.google.tokens, sandbox.mailbox.all(), sandbox.faults.all()) == ({}, [], [])
        assert sandbox.journal.all() == []
        assert sandbox.github.issues == {}
        fill(sandbox)


def test_the_environment_comes_from_the_seed(sandbox: Sandbox) -> None:
    environment = sandbox.environment()
    assert environment["GITHUB_API_URL"] == f"{sandbox.url}/api/v3"
    assert environment["GOOGLE_APPLICATION_CREDENTIALS"] == str(sandbox.credentials_file)
    assert environment["TICKETS_FOLDER"] in sandbox.google.files
    assert environment["CONTACT_FORM"] in sandbox.google.forms
    assert environment["SMTP_PORT"] == str(sandbox.smtp_port)
    assert not environment.keys() & {"GITHUB_WEBHOOK_SECRET", "SMTP_USERNAME", "SMTP_PASSWORD"}


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Sandbox(smtp_port=taken.getsockname()[1]).start()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_url_and_ends_on_signals(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        assert where["environment"]["SMTP_PORT"] == str(where["smtp_port"])
        host, port = where["url"].removeprefix("http://").split(":")
        socket.create_connection((host, int(port)), timeout=TIMEOUT).close()
        process.send_signal(end)
        assert process.wait(timeout=TIMEOUT) == 0


def test_the_command_refuses_a_seed_that_is_not_valid(tmp_path: Path) -> None:
    (seed := tmp_path / "seed.toml").write_text("[organization]\nlogin = 'other-org'\n")
    command = [sys.executable, "-m", "sandbox", "--seed", str(seed)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert ended.returncode == 1
    assert f"The sandbox cannot start: The seed file {seed} is not valid:" in ended.stderr
    assert "  organization.name: Field required" in ended.stderr
