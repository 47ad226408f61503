"""`leads check`: checks the access to all systems that the service needs, without changing anything."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from rich.text import Text
from temporalio.client import Client
from temporalio.service import RPCError

from activities.checks import Check
from client.chores import Chores
from client.connection import connect
from client.errors import LeadsError
from client.sealing import codec_by
from client.server import demand_namespace, missing_attributes
from client.stuck import POLLED, describe_queue
from config.policy_file import current_policy
from config.settings import Settings, unknown_settings
from process.policy import Policy
from starter.cli.arguments import Json, flag
from starter.cli.check_keys import key_checks
from starter.cli.check_leads import lead_checks
from starter.cli.check_settings import settings_checks
from starter.cli.configuration import FILES, read_settings
from starter.cli.errors import rendered
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from workflows.search_attributes import SEARCH_ATTRIBUTES


async def check(
    *,
    fill: Annotated[
        bool,
        flag("Instead, write to the ledger what leads have recorded and it lacks, from their histories."),
    ] = False,
    json: Json = False,
) -> None:
    """Check that Temporal, GitHub, Google, mail and the ledger are reachable and grant the needed rights.

    It also compares the ledger with the leads. Nothing is changed, except with --fill.
    """
    settings = read_settings()
    if fill:
        from starter.cli.filling import fill_ledger

        await fill_ledger(settings, Output(as_json=json))
        return
    policy = current_policy(settings)
    found = [each async for each in _temporal(settings)]
    found += await asyncio.to_thread(lambda: list(_outside(settings, policy)))
    out = Output(as_json=json)
    if not out.value([each._asdict() for each in found]):
        out.table(("", "system", "what", "found"), (_row(each) for each in found))
    failed = sum(not each.ok for each in found)
    if failed:
        raise CommandFailed(ExitCode.UNAVAILABLE, f"{failed} of {len(found)} checks failed.", printed=True)


async def _temporal(settings: Settings) -> AsyncIterator[Check]:
    try:
        client = await connect(codec=codec_by(settings))
        location = f"{client.service_client.config.target_host}, namespace {client.namespace}"
        yield Check("Temporal", "answers", True, location)
        await demand_namespace(client)
        yield await _attributes(client)
        chores = Chores.of(client, settings)
        await demand_namespace(chores.client)
        async for check in workers(client, settings.task_queue):
            yield check
        async for check in workers(*chores, content="chores"):
            yield check
        async for check in lead_checks(client, settings):
            yield check
    except LeadsError as failure:
        yield Check("Temporal", "answers", False, str(rendered(failure)))
    except RPCError as error:
        yield Check("Temporal", "is set up", False, str(rendered(error)))


async def _attributes(client: Client) -> Check:
    missing = [key.name for key in await missing_attributes(client)]
    if missing:
        return Check(
            "Temporal", "is set up", False, f"It lacks {', '.join(missing)}. Run `leads init-server`."
        )
    return Check("Temporal", "is set up", True, f"all {len(SEARCH_ATTRIBUTES)} search attributes")


async def workers(client: Client, task_queue: str, *, content: str = "leads") -> AsyncIterator[Check]:
    """Check that a worker polls the task queue and, with worker builds, that its content is routed to a running one."""
    described = await describe_queue(client, task_queue)
    polls: dict[str, datetime] = {}
    for poller in described.pollers:
        at = poller.last_access_time.ToDatetime(UTC)
        polls[poller.identity] = max(at, polls.get(poller.identity, at))
    alive = {name for name, at in polls.items() if datetime.now(UTC) - at <= POLLED}
    detail = ", ".join(sorted(alive)) or "None asks for work. Start one: `leads up` or `python worker.py`."
    yield Check("Temporal", f"has a worker on {task_queue!r}", bool(alive), detail)
    if gone := sorted(polls.keys() - alive):
        detail = f"{len(gone)} ended or hang: {', '.join(gone)}. Look at their logs, if nobody stopped them"
        yield Check("Temporal", f"misses no worker on {task_queue!r}", True, detail, warns=True)
    found = {poller.deployment_options.build_id for poller in described.pollers if poller.identity in alive}
    routes, there = described.versioning_info, sorted(filter(None, found))
    promoted = routes.current_deployment_version.build_id
    if promoted or (found and all(found)):
        yield builds(promoted, there, content=content)
    if (share := routes.ramping_version_percentage) and (build := routes.ramping_deployment_version.build_id):
        yield builds(build, there, share, content=content)


def builds(promoted: str, there: Sequence[str], share: float = 100, *, content: str = "leads") -> Check:
    """Check that the promoted build runs. `share`: percentage of the leads or chores that continue with it."""
    part = "" if share == 100 else f"{share:g} % of the "
    requirement, known = f"{part}{content} continue with a running build", ", ".join(there) or "none"
    if promoted in there:
        return Check("Temporal", requirement, True, promoted)
    if promoted:
        return Check(
            "Temporal",
            requirement,
            False,
            f"They continue with {promoted}, but the running builds are: {known}. "
            f"Start a worker with LEADS_WORKER_BUILD={promoted}, or promote another build (`leads promote`).",
        )
    return Check("Temporal", requirement, False, f"None was promoted: `leads promote {there[-1]}`")


def _outside(settings: Settings, policy: Policy) -> Iterable[Check]:
    from activities.registry import checkers
    from ledger.errors import LedgerError

    for mistyped in unknown_settings(*FILES):
        yield Check("Settings", "are known", False, mistyped)
    yield from key_checks(settings)
    yield from settings_checks(settings, policy)
    try:
        systems = checkers(settings, policy)
    except LedgerError as error:
        raise CommandFailed(ExitCode.USAGE, f"A setting is wrong: LEADS_LEDGER_URL: {error}") from error
    for system in systems:
        yield from system.checks()


def _row(each: Check) -> tuple[Text, str, str, str]:
    status = Text("NO", "bold red")
    if each.ok:
        status = Text("look", "yellow") if each.warns else Text("ok", "green")
    return status, each.system, each.name, each.detail
