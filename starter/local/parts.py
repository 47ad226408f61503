"""Runs the parts of the service as child processes: Temporal's dev server, the sandbox, the worker, the pages.

All of them are stopped in reverse order: at the end, on failure, on Ctrl-C, and (on Linux) if this process is killed.
Their output goes into log files.
"""

import asyncio
import json
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from temporalio.client import Client

from client.chores import Chores
from client.server import prepare, prepare_chores
from config.settings import Settings
from process.types import Base
from starter.local.errors import DevServerMissing, PartFailed, PortShared, PortTaken
from workflows.runtime.plugin import leads_plugin

HOST = "127.0.0.1"
WEB_PORT = 8001
NAMESPACE = "default"
START_TIMEOUT = 180.0
"""Seconds within which a part must be ready, even on a busy machine; an early exit is noticed at once."""

TEMPORAL = Path(sys.executable).with_name("temporal")
SEED = Path(__file__).with_name("seed.toml")
"""Initial data of the sandbox: one organization's repositories, board, questionnaire and price list."""

REPORT_STUCK = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=3"
"""Lets the server report a lead as stuck after three failures in a row; by default it takes five, which is a minute."""

WORKER = Path(__file__).parents[2] / "worker.py"
OURS = ("LEADS_", "TEMPORAL_")


class SandboxInfo(Base):
    """URL and ports of the running sandbox, and the settings that point the service at it; printed by the sandbox."""

    url: str
    smtp_port: int
    environment: dict[str, str]


@dataclass
class ServicePart:
    """A running child process and its log."""

    name: str
    process: Process
    log: Path

    @property
    def running(self) -> bool:
        """True if the process has not ended."""
        return self.process.returncode is None

    def failure(self, problem: str) -> PartFailed:
        """Return an error with the last line of the part's log."""
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        last = next((line for line in reversed(lines) if line.strip()), "nothing")
        return PartFailed(self.name, problem, last.strip()[:300], self.log)


@dataclass
class ServiceParts:
    """The child processes of this process. `grace`: seconds between asking a part to stop and killing it."""

    logs: Path
    grace: float = 30.0
    started: list[ServicePart] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self.started:
            await self.end(self.started[-1])

    async def end(self, part: ServicePart) -> None:
        """Stop the part, killing it after the grace period."""
        self.started.remove(part)
        if not part.running:
            return
        part.process.terminate()
        try:
            await asyncio.wait_for(part.process.wait(), self.grace)
        except TimeoutError:
            part.process.kill()
            await part.process.wait()

    async def _start(
        self,
        name: str,
        *command: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        piped: bool = False,
    ) -> ServicePart:
        """Start a part in its own session: Ctrl-C reaches only this process, which then stops its parts in order."""
        log = self.logs / f"{name}.log"
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "starter.local.die_with_parent",
                str(os.getpid()),
                *command,
                env=env,
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=PIPE if piped else sink,
                stderr=sink,
                start_new_session=True,
            )
        part = ServicePart(name, process, log)
        self.started.append(part)
        return part

    async def temporal(
        self,
        port: int,
        ui_port: int,
        database: Path | None = None,
        dynamic_config: Sequence[str] = (),
    ) -> Client:
        """Start Temporal's dev server as `temporal_part` does, and return a client."""
        await self.temporal_part(port, ui_port, database, dynamic_config)
        return await Client.connect(f"{HOST}:{port}", namespace=NAMESPACE, plugins=[leads_plugin()])

    async def temporal_part(
        self,
        port: int,
        ui_port: int,
        database: Path | None = None,
        dynamic_config: Sequence[str] = (),
        settings: Settings | None = None,
        codec: str = "",
    ) -> ServicePart:
        """Start Temporal's dev server with its UI, prepared for leads and, by the settings, for chores.

        Without a database, it keeps data in memory. `codec`: root URL of the codec server, which the UI asks.
        """
        if not TEMPORAL.exists():
            raise DevServerMissing
        more = ["--db-filename", str(database)] if database else []
        more += ["--ui-codec-endpoint", codec] if codec else []
        for pragma in ("journal_mode=wal", "synchronous=normal") if database else ():  # 2.7 times as fast
            more += ["--sqlite-pragma", pragma]
        for value in dynamic_config:
            more += ["--dynamic-config-value", value]
        part = await self._start(
            "temporal",
            *(
                str(TEMPORAL),
                "server",
                "start-dev",
                "--ip",
                HOST,
                "--port",
                str(port),
                "--ui-port",
                str(ui_port),
            ),
            *("--log-level", "warn", *more),
            *("--dynamic-config-value", REPORT_STUCK),
        )
        clients: list[Client] = []

        async def ready() -> bool:
            if await _listens(port):
                with suppress(RuntimeError):  # it listens shortly before it is healthy
                    clients.append(
                        await Client.connect(f"{HOST}:{port}", namespace=NAMESPACE, plugins=[leads_plugin()])
                    )
            return bool(clients)

        await until(ready, part)
        await prepare(clients[0])
        if settings and (chores := Chores.of(clients[0], settings).client) is not clients[0]:
            await prepare_chores(chores)
        self.started.remove(part)
        self.started.insert(0, part)  # the others need it, so it is stopped last
        return part

    async def sandbox(self, port: int, data: Path, *, web_port: int | None = None) -> SandboxInfo:
        """Start the sandbox (GitHub, Google, SMTP). With `web_port`, its GitHub sends webhooks there."""
        more = ["--webhook-url", webhook_url(web_port)] if web_port else []
        part = await self._start(
            "sandbox",
            *(
                sys.executable,
                "-m",
                "sandbox",
                "--host",
                HOST,
                "--port",
                str(port),
                "--data",
                str(data),
                "--seed",
                str(SEED),
                *more,
            ),
            piped=True,
        )
        assert part.process.stdout  # noqa: S101 - a pipe, as asked for
        try:
            line = await asyncio.wait_for(part.process.stdout.readline(), START_TIMEOUT)
        except TimeoutError:
            raise part.failure("was not ready in time") from None
        if not line:
            await part.process.wait()
            raise part.failure("ended at once")
        return SandboxInfo.model_validate(json.loads(line))

    async def worker(self, env: Mapping[str, str], cwd: Path | None = None) -> ServicePart:
        """Start a worker, and return when it polls for tasks."""
        log = self.logs / "worker.log"
        before = log.stat().st_size if log.exists() else 0
        part = await self._start("worker", sys.executable, str(WORKER), env=env, cwd=cwd)

        async def ready() -> bool:
            with log.open("rb") as lines:
                lines.seek(before)
                return b"worker ready" in lines.read()

        await until(ready, part)
        return part

    async def web(self, env: Mapping[str, str], port: int, cwd: Path | None = None) -> ServicePart:
        """Start the pages and the receiver of webhooks (`leads web`), and return when they listen."""
        command = (sys.executable, "-m", "starter.cli", "web", "--host", HOST, "--port", str(port))
        part = await self._start("web", *command, env=env, cwd=cwd)
        await until(lambda: _listens(port), part)
        return part


async def until(ready: Callable[[], Awaitable[bool]], part: ServicePart) -> None:
    """Wait until the part is ready. Raises PartFailed if it ends before that or takes too long."""
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while not await ready():
                if not part.running:
                    raise part.failure("ended at once")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise part.failure("was not ready in time") from None


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def codec_url(port: int) -> str:
    """Return the root URL of the codec server, as a browser on this machine reaches it."""
    return f"{pages_url(port)}/codec"


def pages_url(port: int) -> str:
    """Return the root URL of the pages on this machine."""
    return f"http://localhost:{port}"


def webhook_url(port: int) -> str:
    """Return the URL for webhooks on this machine."""
    return f"http://{HOST}:{port}/github/webhook"


def free_ports(count: int) -> list[int]:
    """Return unused ports, below the range from which the system assigns ports.

    Each port gets a connection that is closed first by the server side, so that (in TIME_WAIT) only a server that asks
    for this very port can bind it: parallel callers of this function get other ports.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(10_000, 30_000)  # noqa: S311 - not a secret
        with suppress(OSError), socket.socket() as server:
            server.bind((HOST, port))  # without SO_REUSEADDR, so it fails after another caller
            server.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as real servers do, which may bind it next
            server.listen()
            with socket.create_connection((HOST, port)) as caller:
                server.accept()[0].close()  # the side that closes first keeps the port
                caller.recv(1)
            ports.append(port)
    return ports


def demand_free(port: int, purpose: str, parameter: str) -> None:
    """Raise PortTaken if the port cannot be listened on."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise PortTaken(port, purpose, parameter, os.strerror(error.errno or 0)) from error


def demand_all_free(*wanted: tuple[int, str, str]) -> None:
    """Raise PortShared if two of the ports are the same, and PortTaken if one cannot be listened on.

    `wanted`: port, purpose and name of its parameter.
    """
    purposes: dict[int, str] = {}
    for port, purpose, parameter in wanted:
        if port in purposes:
            raise PortShared(port, (purposes[port], purpose), parameter)
        purposes[port] = purpose
    for each in wanted:
        demand_free(*each)


def environment(address: str, more: Mapping[str, str], *, settings_too: bool) -> dict[str, str]:
    """Return the environment of a part: our server, these settings and, with `settings_too`, the inherited ones."""
    dropped = ("TEMPORAL_",) if settings_too else OURS
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    ours = {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": NAMESPACE, "TEMPORAL_CONFIG_FILE": os.devnull}
    return {**kept, **ours, **more}


def end_on_signals() -> None:
    """Cancel the current task once on Ctrl-C, SIGTERM or a closed terminal, so that everything is stopped in order."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task  # noqa: S101 - called from a coroutine

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
