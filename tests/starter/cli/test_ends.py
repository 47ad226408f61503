"""A command ends cleanly in a shell: by Ctrl-C, into a closed pipe, and on a terminal without colours."""

import os
import signal
import socket
import subprocess
import sys

import pytest

LEADS = [sys.executable, "-m", "starter.cli"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["help", "list"], ["completion", "bash"], ["__complete", ""], ["--version"]]
)
def test_a_closed_pipe_is_no_error(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        ended = subprocess.run([*LEADS, *arguments], stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_nothing_is_taken_down_at_the_end() -> None:
    code = (
        "import atexit\n"
        "class Module:\n"
        "    def __del__(self): print('taken down')\n"
        "module = Module()\n"
        "atexit.register(lambda: print('registered for the end'))\n"
        "from starter.cli.__main__ import main\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[1:] == ["registered for the end"]


@pytest.mark.parametrize("command", ["show", "history", "quote-accepted"])
def test_ctrl_c_ends_a_command_that_waits(command: str) -> None:
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as silent:  # a server that takes the connection and says nothing
        environment = os.environ | {"TEMPORAL_ADDRESS": f"127.0.0.1:{silent.getsockname()[1]}"}
        with subprocess.Popen(
            [*LEADS, command, "lead-x"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            connection.close()
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_is_respected(no_color: str, coloured: bool) -> None:
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": "xterm", "NO_COLOR": no_color}
    ended = subprocess.run(
        [*LEADS, "lst"], env=environment, stderr=theirs, stdout=subprocess.DEVNULL, check=False
    )
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        written = terminal.read1()
    assert ended.returncode == 2
    assert b"There is no command" in written
    assert (b"\x1b[31m" in written) is coloured
