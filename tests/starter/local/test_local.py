"""`leads up` and `leads demo`: started, used, stopped, and started again."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from temporalio.client import Client

from client.connection import connect
from client.sealing import codec_by
from starter.cli.configuration import UP, read_settings
from starter.cli.errors import rendered
from starter.local.errors import AlreadyRunning, PortShared, PortTaken
from starter.local.parts import ServicePart, ServiceParts, demand_all_free, demand_free, free_ports
from starter.local.parts import until as ready
from starter.local.up import alone, has_credentials, restarted
from tests.support.commands import Ended
from tests.support.waiting import TIMEOUT

LEADS = (sys.executable, "-m", "starter.cli")


def left_over(mark: str) -> list[str]:
    """Return the command lines of running processes that have this mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def runs(process: int) -> bool:
    """Return True if a process with this id runs."""
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.05)


@asynccontextmanager
async def up(*summary: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run `leads up` on free ports; yield the process and its JSON when it is ready."""
    process = await asyncio.create_subprocess_exec(
        *LEADS, "up", *summary, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        texts = b""
        while not texts.endswith(b"\n}\n"):
            line = await process.stdout.readline()
            assert line, (texts, await process.stderr.read() if process.stderr else "")
            texts += line
        yield process, json.loads(texts)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


async def hear(sandbox: str, lead_id: str, temporal: Client, command: str) -> str:
    """Somebody comments on the lead's issue; through what the decision then came."""
    comment = await asyncio.to_thread(
        requests.post,
        f"{sandbox}/api/v3/repos/2i2c-org/leads/issues/1/comments",
        json={"body": command},
        headers={"authorization": "Bearer sandbox-token-amara-sales"},
        timeout=TIMEOUT,
    )
    assert comment.ok, comment.text
    kind = command.split()[0].removeprefix("/").replace("-", "_")
    while True:
        for line in await temporal.get_workflow_handle(lead_id).query("timeline"):
            if line["kind"] == kind:
                return str(line["source"])
        await asyncio.sleep(0.1)


@pytest.mark.long
async def test_up_keeps_leads_over_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = free_ports(4)
    options = ("--port", "--ui-port", "--sandbox-port", "--web-port")
    summary = [word for option, port in zip(options, ports, strict=True) for word in (option, str(port))]
    monkeypatch.setenv("LEADS_GITHUB__RECONCILE_MINUTES", "0")  # what is heard, webhooks told
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{ports[0]}")
    monkeypatch.setenv("MARK", mark := uuid.uuid4().hex)

    async def leads(*summary: str) -> Ended:
        process = await asyncio.create_subprocess_exec(
            *LEADS, *summary, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def done(*summary: str) -> Ended:
        """Run a command that must succeed: what was not decided must not look like what is late."""
        ended = await leads(*summary)
        assert ended.code == 0, (summary, ended)
        return ended

    patient = ("--timeout", str(TIMEOUT))
    start = ("start", "--org", "Example University", "--person", "Ada", "--title", "A hub", "--json")
    async with up(*summary) as (process, texts):
        assert texts["temporal"] == f"127.0.0.1:{ports[0]}"
        assert texts["sandbox"] == f"http://127.0.0.1:{ports[2]}"
        board = await asyncio.to_thread(requests.get, f"{texts['pages']}/board", timeout=TIMEOUT)
        assert board.status_code == 200
        lead = (await done(*start)).json["lead_id"]
        checked = (await done("check", "--json")).json
        assert [each for each in checked if not each["ok"]] == []
        assert {"Temporal", "GitHub", "Ledger"} <= {each["system"] for each in checked}

        os.kill(texts["processes"]["worker"], signal.SIGKILL)  # it is started again
        await done("questionnaire-sent", lead, *patient)
        assert (await done("show", lead, "--json", *patient)).json["lead_id"] == lead

        sandbox, temporal = texts["sandbox"], await connect(codec=codec_by(read_settings()))
        assert await hear(sandbox, lead, temporal, "/maniac-t-assessed in_scope=true") == "github comment"
        os.kill(texts["processes"]["web"], signal.SIGKILL)  # it is started again as well
        await until(lambda: not runs(texts["processes"]["web"]))
        await until(lambda: listens(ports[3]))
        assert await hear(sandbox, lead, temporal, "/price-quoted amount=1 currency=USD per=year")
        secret = re.findall(r"WEBHOOK_SECRET='(\w+)'", UP.read_text())
        assert len(secret) == 1
        said_aloud = [log.read_text() for log in (UP.parent / "logs").iterdir()]
        assert not [log for log in said_aloud if secret[0] in log]

        os.kill(texts["processes"]["temporal"], signal.SIGKILL)  # and so is Temporal, with all that it knows
        await until(lambda: not runs(texts["processes"]["temporal"]))
        await until(lambda: listens(ports[0]))
        await done("put-on-hold", lead, "--until", "2049-01-01", *patient)
        held = (await done("history", lead, "--json", *patient)).json
        assert [line["kind"] for line in held].count("questionnaire_sent") == 1

        second = await leads("up", "--port", str(free_ports(1)[0]))
        assert second.code == 5
        assert "running already" in second.err
        assert (await done("show", lead, "--json", *patient)).json["lead_id"] == lead

        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
        assert left_over(mark) == []

    async with up(*summary) as (process, texts):
        again = await done(*start)
        assert again.json["lead_id"] == lead
        assert again.json["already"]
        kinds = [line["kind"] for line in (await done("history", lead, "--json", *patient)).json]
        assert kinds.count("questionnaire_sent") == 1
        assert (await done("list", "--json")).json[0]["lead_id"] == lead
        if sys.platform == "linux":  # elsewhere nothing ends with a parent that is killed
            process.kill()
            await until(lambda: not left_over(mark))


@pytest.mark.long
def test_a_demo_takes_a_lead_to_a_running_hub(tmp_path: Path) -> None:
    # A stranger's own settings, good or bad, are none of its business.
    (tmp_path / ".env").write_text(
        "LEADS_GITHUB__TOKEN=none\nLEADS_MAIL__HOST=mail.example.org\nLEADS_TASK_QUEUE=x\n"
    )
    environment = os.environ | {
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "LEADS_GITHUB__ORG": "nobody",
        "LEADS_ZONE": "?",
        "MARK": (mark := uuid.uuid4().hex),
    }
    ended = subprocess.run(
        [*LEADS, "demo", "--json"], capture_output=True, env=environment, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert result["stage"] == "hub"
    steps = [step["step"] for step in result["steps"]]
    assert [step["step"] for step in result["steps"] if not step["accepted"]] == ["hub-requested"]
    assert steps[0] == "start"
    assert steps[-1] == "hub-live"
    assert {"questionnaire-answered", "price-quoted", "contract-signed", "vendor-setup-done"} < set(steps)
    opened, quoted = result["on_github"]
    assert (opened["stage"], quoted["stage"]) == ("lead", "quoted")
    assert "This is now the lead" in opened["answer"]
    assert quoted["answer"].startswith("Quoted 9,000.00 USD a year")
    assert quoted["reaction"] == "+1"
    outside = {chore for step in result["steps"] for chore in step["outside"]}
    assert {
        "Open the lead's issue",
        "Read the questionnaire's answers",
        "Create the lead's Drive folder",
        "Mail to contracts: price quoted",
        "Mail to contracts: handover",
        "Prepare invoice 1 as a PDF in the lead's folder",
        "Open the hub's issue for engineering",
    } <= outside
    assert set(result["links"]) == {
        "Temporal UI",
        "Issue",
        "Board",
        "Drive folder",
        "Mailbox",
        "Invoice 1",
        "Hub's issue",
        "Page",
    }
    assert left_over(mark) == [], "it must end what it started"


@pytest.mark.thorough
@pytest.mark.long
def test_a_demo_plays_a_year_of_a_hub() -> None:
    """On the real parts: the server skips the time, and all that a year brings is done outside as well."""
    environment = os.environ | {"MARK": (mark := uuid.uuid4().hex)}
    summary = ["demo", "--years", "1", "--json"]
    ended = subprocess.run([*LEADS, *summary], capture_output=True, env=environment, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert result["stage"] == "closed"
    assert result["invoices"] >= 12
    assert result["billed"] == result["paid"]
    texts = [line["summary"] for line in result["events_by_day"]]
    assert "A zero too many" in next(summary for summary in texts if "was a mistake" in summary)
    assert any("The contract ends in 180 days" in summary for summary in texts)
    days = [line["on"] for line in result["events_by_day"]]
    assert days == sorted(days)
    assert int(days[-1][:4]) - int(days[0][:4]) >= 1
    assert left_over(mark) == []


def test_the_years_of_a_demo_are_limited() -> None:
    ended = subprocess.run([*LEADS, "demo", "--years", "100"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "20" in ended.stderr


def test_only_one_up_runs_in_a_folder() -> None:
    UP.parent.mkdir()
    UP.write_text("LEADS_GITHUB__TOKEN='of a sandbox that is gone'\n")
    with alone():
        assert not has_credentials(read_settings())
        with pytest.raises(AlreadyRunning, match="running already"), alone():
            pass
    with alone():
        pass


async def test_a_part_that_dies_while_it_is_started_again_is_started_once_more(tmp_path: Path) -> None:
    programs = iter(("raise SystemExit(1)", "import time; time.sleep(600)"))

    async def never() -> bool:
        return False

    async with ServiceParts(tmp_path) as parts:
        dead = await parts._start("worker", sys.executable, "-c", "")
        await dead.process.wait()

        async def start() -> ServicePart:
            part = await parts._start("worker", sys.executable, "-c", program := next(programs))
            if "sleep" not in program:
                await ready(never, part)
            return part

        part, _ = await restarted(parts, dead, start, pause=0)
        assert part.running
        assert parts.started == [part]


def test_nobody_else_reads_what_it_keeps() -> None:
    UP.parent.mkdir(mode=0o755)  # made by somebody else
    before = os.umask(0)
    try:
        with alone():
            (UP.parent / "of a part").write_text("some")
        assert os.umask(0) == 0, "the mask is as it was"
    finally:
        os.umask(before)
    assert UP.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o077 for file in UP.parent.iterdir()} == {0}


def test_a_free_port_is_given_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = iter(range(20_000, 30_000))
    monkeypatch.setattr("starter.local.parts.random.randrange", lambda *_: next(drawn))
    ports = free_ports(4)
    drawn = iter([*ports, *range(max(ports) + 1, 30_000)])
    assert not {*ports} & {*free_ports(2)}
    for port in ports:
        demand_free(port, "the sandbox", "sandbox_port")


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port}, for the sandbox") as error:
            demand_free(port, "the sandbox", "sandbox_port")
    assert "--sandbox-port" in str(rendered(error.value))
    demand_free(port, "the sandbox", "sandbox_port")


def test_a_port_that_is_given_twice_is_named_with_both_purposes() -> None:
    [port] = free_ports(1)
    with pytest.raises(PortShared, match=f"Port {port} was given to both Temporal and the pages") as error:
        demand_all_free((port, "Temporal", "port"), (port, "the pages", "web_port"))
    assert "--web-port" in str(rendered(error.value))
