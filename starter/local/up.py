"""`leads up`: runs the whole service on this machine until Ctrl-C."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated

from cyclopts import Parameter

from config.settings import Settings, unknown_settings
from starter.cli.arguments import PORT, Json, flag
from starter.cli.configuration import FILES, KEYS, UP, read_settings
from starter.cli.output import Output
from starter.local.errors import AlreadyRunning, PartFailed
from starter.local.key import sealing_keys, signing_key
from starter.local.parts import (
    HOST,
    NAMESPACE,
    WEB_PORT,
    SandboxInfo,
    ServicePart,
    ServiceParts,
    codec_url,
    demand_all_free,
    end_on_signals,
    environment,
    pages_url,
    webhook_url,
)

DATA = UP.parent
DEFAULT_PORT = 7233
FIRST_PAUSE = 1.0
MAX_PAUSE = 60.0
"""Seconds before a part that died is restarted: the first time, and at most."""
OWNER_ONLY = 0o077
"""Mask of the files and folders that are made: nobody but their owner may read them, since they hold personal data."""

Start = Callable[[], Awaitable[ServicePart]]


async def up(
    *,
    port: Annotated[int, Parameter(help="Temporal's port.", validator=PORT)] = DEFAULT_PORT,
    ui_port: Annotated[int, Parameter(help="Port of the Temporal UI.", validator=PORT)] = 8233,
    sandbox_port: Annotated[int, Parameter(help="Port of the sandbox.", validator=PORT)] = 8080,
    web_port: Annotated[
        int, Parameter(help="Port of the pages and of GitHub's webhooks.", validator=PORT)
    ] = WEB_PORT,
    no_sandbox: Annotated[
        bool,
        flag(
            "Use the real GitHub, Google and mail of LEADS_* and .env. This is the default if those have credentials."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Run the whole service on this machine until Ctrl-C: Temporal with its UI, the worker, pages, and a sandbox.

    The sandbox stands in for GitHub, Google and a mail server. All data is kept in .leads/, so leads survive a restart.
    """
    end_on_signals()
    with alone():
        await _up(port, ui_port, sandbox_port, web_port, no_sandbox=no_sandbox, json=json)


async def _up(
    port: int, ui_port: int, sandbox_port: int, web_port: int, *, no_sandbox: bool, json: bool
) -> None:
    settings, out = read_settings(), Output(as_json=json)
    with_sandbox = not (no_sandbox or has_credentials(settings))
    demand_all_free(
        (port, "Temporal", "port"),
        (ui_port, "the Temporal UI", "ui_port"),
        *([(sandbox_port, "the sandbox", "sandbox_port")] if with_sandbox else []),
        (web_port, "the pages", "web_port"),
    )
    if not json:
        for each in unknown_settings(*FILES):
            out.line(f"A setting is ignored: {each}", "yellow")
        stands_in = ", the sandbox (GitHub, Google, mail)" if with_sandbox else ""
        out.line(f"Starting Temporal{stands_in}, the worker and the pages …", "dim")
    async with ServiceParts(DATA / "logs") as parts, _stop_reported(parts, out):

        async def temporal() -> ServicePart:
            return await parts.temporal_part(
                port, ui_port, DATA / "temporal.sqlite", settings=settings, codec=codec_url(web_port)
            )

        await temporal()
        sandbox = (
            await parts.sandbox(sandbox_port, DATA / "sandbox", web_port=web_port) if with_sandbox else None
        )
        ui = f"http://localhost:{ui_port}"
        more = {"LEADS_TEMPORAL_UI": ui} | (sandbox.environment if sandbox else {})
        key = {} if settings.signing_key else {"LEADS_SIGNING_KEY": signing_key(DATA)}
        more |= key | _sealing(settings)
        env = environment(f"{HOST}:{port}", more, settings_too=True)
        restarts: dict[str, Start] = {
            "worker": lambda: parts.worker(env),
            "web": lambda: parts.web(env, web_port),
        }
        for start in restarts.values():
            await start()
        restarts["temporal"] = temporal  # its data stays; worker and pages find it again by themselves
        addresses = {"pages": pages_url(web_port), "ui": ui}
        _print_running(out, parts, port, addresses, sandbox, _webhooks(settings, web_port, sandbox))
        with _shared_settings(more if sandbox else key), suppress(asyncio.CancelledError):
            await _watch(parts, restarts, out)


@asynccontextmanager
async def _stop_reported(parts: ServiceParts, out: Output) -> AsyncIterator[None]:
    """Report at the end that the parts are being stopped, which takes some seconds."""
    try:
        yield
    finally:
        if parts.started and not out.as_json:
            out.line(f"Stopping {', '.join(part.name for part in reversed(parts.started))} …", "dim")


def has_credentials(settings: Settings) -> bool:
    """Return True if the settings have credentials of real systems."""
    google = settings.google
    return bool(
        settings.github.token
        or settings.github.app_id
        or google.credentials_file
        or google.default_credentials
    )


def _sealing(settings: Settings) -> dict[str, str]:
    """Return the keys of this folder, which are made unless encryption is off or there is another master key."""
    given = settings.keys.master_key
    if settings.keys.encryption == "off" and not given:
        return {}
    kept = sealing_keys(DATA) if given is None or KEYS.exists() else {}
    return kept if given is None or kept.get("LEADS_KEYS__MASTER_KEY") == given.get_secret_value() else {}


def _webhooks(settings: Settings, port: int, sandbox: SandboxInfo | None) -> str:
    """Return how changes on GitHub reach the service, and what must be set up for that."""
    if sandbox:
        return f"Webhooks: {webhook_url(port)}, sent by the sandbox's GitHub"
    github = settings.github
    if github.webhook_secret:
        return (
            f"Webhooks: {webhook_url(port)}. Put a TLS proxy in front of it and add a webhook to the organization "
            f"{github.org} (or to your GitHub App): content type application/json, secret of "
            "LEADS_GITHUB__WEBHOOK_SECRET, events Issues, Issue comments and Projects v2 items"
        )
    instead = (
        f"changes on GitHub are found every {github.reconcile_minutes} min"
        if github.reconcile_minutes
        else "only `leads reconcile` finds changes on GitHub"
    )
    return f"No webhooks, since LEADS_GITHUB__WEBHOOK_SECRET is not set: {instead}"


def _print_running(
    out: Output,
    parts: ServiceParts,
    port: int,
    addresses: Mapping[str, str],
    sandbox: SandboxInfo | None,
    webhooks: str,
) -> None:
    ui = addresses["ui"]
    if out.value(
        {
            "temporal": f"{HOST}:{port}",
            **addresses,
            "sandbox": sandbox.url if sandbox else None,
            "webhooks": webhooks,
            "processes": {part.name: part.process.pid for part in parts.started},
            "logs": str(DATA / "logs"),
        }
    ):
        return
    out.line("The service is running. Stop it with Ctrl-C.", "bold green")
    out.items([f"Pages: {addresses['pages']} (board, agenda, reports)"])
    out.items([f"Temporal UI: {ui}/namespaces/{NAMESPACE}/workflows"])
    if sandbox:
        out.items([f"Sandbox: {sandbox.url} (GitHub, Google and mail as people see them)"])
    else:
        out.items(["GitHub, Google and mail are those of LEADS_* and .env; `leads check` tests the access"])
    out.items([webhooks])
    out.items([f"Data in {DATA}/, logs in {DATA / 'logs'}/"])
    out.heading("In another terminal, in this folder:")
    if port != DEFAULT_PORT:
        out.items([f"export TEMPORAL_ADDRESS={HOST}:{port} LEADS_TEMPORAL_UI={ui}"])
    out.items(['leads start --org "Example University" --person "Ada Example" --title "A hub for a course"'])
    out.items(["leads list"])


@contextmanager
def alone() -> Iterator[None]:
    """Lock the data folder: two servers would ruin the database. Removes settings left over by a killed run.

    Raises AlreadyRunning.
    """
    before = os.umask(OWNER_ONLY)  # also for the parts, which make most of the files
    try:
        with _locked():
            yield
    finally:
        os.umask(before)


@contextmanager
def _locked() -> Iterator[None]:
    DATA.mkdir(parents=True, exist_ok=True)
    DATA.chmod(0o700)  # somebody may have made it
    with (DATA / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(DATA.absolute()) from None
        UP.unlink(missing_ok=True)
        yield


@contextmanager
def _shared_settings(settings: Mapping[str, str]) -> Iterator[None]:
    """Write the settings to a file, so that other commands use the same sandbox while this one runs."""
    UP.touch(mode=0o600)
    UP.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    try:
        yield
    finally:
        UP.unlink(missing_ok=True)


async def _watch(parts: ServiceParts, restarts: Mapping[str, Start], out: Output) -> None:
    """Restart parts that died, if they can be restarted. Raises PartFailed for the others."""
    watching = [
        asyncio.create_task(_keep(parts, part, restarts.get(part.name), out)) for part in parts.started
    ]
    try:
        await asyncio.gather(*watching)
    finally:
        for each in watching:
            each.cancel()
        await asyncio.wait(watching)


async def _keep(parts: ServiceParts, part: ServicePart, start: Start | None, out: Output) -> None:
    pause = FIRST_PAUSE
    while True:
        await part.process.wait()
        if start is None:
            raise part.failure("has ended")
        if not out.as_json:
            out.line(f"{part.failure('has ended')} Restarting it.", "yellow")
        part, pause = await restarted(parts, part, start, pause)


async def restarted(
    parts: ServiceParts, part: ServicePart, start: Start, pause: float
) -> tuple[ServicePart, float]:
    """Return the part that has taken this one's place, and the pause before the next restart.

    A part that dies again while it starts is no reason to end the others: it is what they wait for.
    """
    while True:
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE)
        for each in [each for each in parts.started if each.name == part.name]:
            await parts.end(each)
        with suppress(PartFailed):
            return await start(), pause
