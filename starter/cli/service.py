"""Commands that run and maintain the service."""

import asyncio
from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from client.chores import Chores
from client.connection import connect
from client.reconcile import NOW, reconcile_now
from client.retries import pending_retries
from client.sealing import codec_by
from client.server import CHORES_RETENTION, RETENTION, Prepared, prepare, prepare_chores
from starter.cli.arguments import PORT, Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from starter.local.parts import HOST, WEB_PORT, demand_free
from workflows.reconcile import lines


async def web(
    *,
    host: Annotated[
        str, Parameter(help="Address to listen on. Put a TLS proxy in front of any public address.")
    ] = HOST,
    port: Annotated[int, Parameter(help="Port to listen on.", validator=PORT)] = WEB_PORT,
) -> None:
    """Serve the pages and the HTTP API, and receive GitHub's webhooks at /github/webhook, until Ctrl-C.

    Without LEADS_GITHUB__WEBHOOK_SECRET every webhook is refused, and the worker asks GitHub at intervals.
    """
    from starter.web.application import serve  # its libraries take a second to load

    settings = read_settings()
    client = await connect(codec=codec_by(settings), lazy=True)
    demand_free(port, "the pages", "port")
    await serve(client, settings, host, port)


async def reconcile(
    *,
    timeout: Annotated[float, Parameter("--timeout", help="Seconds to wait for the result.")] = 120.0,
    json: Json = False,
) -> None:
    """Compare leads with GitHub, Drive and the questionnaire now. A schedule does the same regularly.

    It finds issues, comments, moved cards, deleted folders and new responses of which no webhook told.
    """
    settings = read_settings()
    chores = Chores.of(await connect(codec=codec_by(settings)), settings)
    try:
        async with asyncio.timeout(timeout):
            done = await reconcile_now(*chores)
    except TimeoutError:
        retries = await pending_retries(chores.client.get_workflow_handle(NOW))
        reason = (
            "; ".join(map(str, retries))
            or f"no worker polls the task queue {chores.task_queue!r}, or it is busy"
        )
        raise CommandFailed(
            ExitCode.UNAVAILABLE,
            f"Not done within {timeout:g} seconds: {reason}. The workflow {NOW} continues by itself.",
        ) from None
    out = Output(as_json=json)
    if not out.value(
        {system: result.model_dump(exclude={"cursor"}) for system, result in done.results.items()}
    ):
        for line in lines(done):
            out.line(line)
    if failed := [system for system, result in done.results.items() if result.failed]:
        raise CommandFailed(
            ExitCode.UNAVAILABLE, f"{len(failed)} of {len(done.results)} systems failed.", printed=True
        )


async def init_server(
    *,
    retention_days: Annotated[
        int, Parameter(help="Days for which ended leads stay readable in Temporal, at least.")
    ] = RETENTION.days,
    chores_retention_days: Annotated[
        int,
        Parameter(help="The same for chores, such as issue syncs (LEADS_CHORES_NAMESPACE)."),
    ] = CHORES_RETENTION.days,
    json: Json = False,
) -> None:
    """Prepare a Temporal server for leads: namespaces, retention, search attributes. Safe to repeat."""
    client = await connect()
    chores = Chores.of(client, read_settings()).client
    done = await prepare(client, timedelta(days=retention_days))
    apart = chores.namespace != client.namespace
    chores_done = await prepare_chores(chores, timedelta(days=chores_retention_days)) if apart else None
    out = Output(as_json=json)
    value = {"namespace": client.namespace, **done._asdict()}
    if out.value(
        value | {"chores": chores_done and {"namespace": chores.namespace, **chores_done._asdict()}}
    ):
        return
    _print_namespace(out, client.namespace, done, "leads", retention_days)
    if chores_done:
        _print_namespace(out, chores.namespace, chores_done, "chores", chores_retention_days)
    out.line(f"Search attributes added: {', '.join(done.attributes_added) or 'none were missing'}")


def _print_namespace(out: Output, name: str, done: Prepared, content: str, days: int) -> None:
    out.line(f"Namespace {name}: {'created' if done.namespace_made else 'exists'}")
    raised = " (raised)" if done.retention_raised else ""
    out.line(f"Retention of ended {content}: at least {days} days{raised}")
