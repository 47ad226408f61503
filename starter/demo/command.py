"""`leads demo`: takes one lead from first contact to a running hub, on a real server and a sandbox."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from client.errors import LeadsError
from client.leads import LeadsClient
from starter.cli.arguments import Json, flag
from starter.cli.output import Output
from starter.demo.chronicle import DYNAMIC_CONFIG, Chronicle
from starter.demo.errors import DemoFailed
from starter.demo.player import StoryPlayer
from starter.local.key import signing_key
from starter.local.parts import (
    HOST,
    SandboxInfo,
    ServicePart,
    ServiceParts,
    end_on_signals,
    environment,
    free_ports,
    pages_url,
)


async def demo(
    *,
    keep: Annotated[bool, flag("Keep everything running until Ctrl-C, to look around.")] = False,
    years: Annotated[
        int,
        Parameter(
            help="Show this many years of a hub instead, with invoices, renewals and mistakes; the server skips the time.",
            validator=Number(gte=0, lte=20),
        ),
    ] = 0,
    json: Json = False,
) -> None:
    """Take one lead from first contact to a running hub, with a real Temporal server and a sandbox.

    Everything runs on free ports and in a temporary folder, and is removed at the end.

    Examples: leads demo --keep, leads demo --years 3
    """
    end_on_signals()
    out, begun = Output(as_json=json), time.monotonic()
    if not json:
        out.line("Starting Temporal, the sandbox (GitHub, Google, mail) and the worker …", "dim")
    with _folder() as folder:
        async with _service(folder, skips_time=years > 0) as (leads, sandbox, pages):
            with _progress(out) as progress:
                story: StoryPlayer | Chronicle = StoryPlayer(leads, sandbox, out, progress)
                if years:
                    story = Chronicle(leads, out, progress, years)
                await story.play()
            story.sum_up(time.monotonic() - begun, pages)
            if keep:
                await _keep(leads, folder, out)
            elif not json:
                out.line(
                    "Everything is stopped now; with --keep it keeps running, so that the links open.", "dim"
                )


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a temporary folder, removed at the end unless the demo failed. Raises DemoFailed, which names the logs."""
    folder = Path(tempfile.mkdtemp(prefix="leads-demo-"))
    with ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, folder)
        try:
            yield folder
        except LeadsError as failure:
            at_the_end.pop_all()
            raise DemoFailed(failure, folder / "logs") from failure


@asynccontextmanager
async def _service(folder: Path, *, skips_time: bool) -> AsyncIterator[tuple[LeadsClient, SandboxInfo, str]]:
    """Start all parts, without this machine's own settings; yield the root URL of the pages, too.

    If time is skipped, GitHub sends no webhooks.
    """
    port, ui_port, web_port = free_ports(3)
    ui = f"http://localhost:{ui_port}"
    async with ServiceParts(folder / "logs", grace=5) as parts:
        client = await parts.temporal(port, ui_port, dynamic_config=DYNAMIC_CONFIG if skips_time else ())
        sandbox = await parts.sandbox(0, folder / "sandbox", web_port=None if skips_time else web_port)
        more = {
            **sandbox.environment,
            "LEADS_LEDGER_URL": _ledger(folder),
            "LEADS_SIGNING_KEY": signing_key(folder),
            "LEADS_GITHUB__POINTS_PER_MINUTE": "0",
        }
        env = environment(f"{HOST}:{port}", more, settings_too=False)
        await _both(parts.worker(env, cwd=folder), parts.web(env, web_port, cwd=folder))
        yield LeadsClient(client, "leads", ui, key=signing_key(folder)), sandbox, pages_url(web_port)


def _ledger(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.sqlite'}"


async def _both(*starts: Awaitable[ServicePart]) -> None:
    """Start both at the same time; raise the first failure when both have ended or started."""
    for started in await asyncio.gather(*starts, return_exceptions=True):
        if isinstance(started, BaseException):
            raise started


def _progress(out: Output) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    hidden = out.as_json or not out.console.is_terminal
    return Progress(*columns, console=out.console, transient=True, disable=hidden)


async def _keep(leads: LeadsClient, folder: Path, out: Output) -> None:
    if not out.as_json:
        address = leads.client.service_client.config.target_host
        out.heading("Everything keeps running until Ctrl-C. To work with the lead from another terminal:")
        variables = {
            "TEMPORAL_ADDRESS": address,
            "LEADS_TEMPORAL_UI": leads.ui,
            "LEADS_LEDGER_URL": _ledger(folder),
        }
        out.items([f"export {' '.join(f'{name}={value}' for name, value in variables.items())}"])
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
