"""`leads check`: checks the access to all systems that the service needs, without changing anything."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from rich.text import Text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.checks import Check
from client.chores import Chores
from client.connection import connect
from client.directory import Directory
from client.errors import LeadsError, LedgerFailed
from client.lists import lead_lists
from client.server import demand_namespace, missing_attributes
from client.stuck import list_stuck
from config.policy_file import current_policy
from config.settings import Settings, unknown_settings
from process.policy import Policy
from starter.cli.arguments import Json
from starter.cli.configuration import FILES, read_settings
from starter.cli.errors import rendered
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from workflows.search_attributes import SEARCH_ATTRIBUTES


async def check(*, json: Json = False) -> None:
    """Check that Temporal, GitHub, Google, mail and the ledger are reachable and grant the needed rights.

    Nothing is changed.
    """
    settings = read_settings()
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
        client = await connect()
        location = f"{client.service_client.config.target_host}, namespace {client.namespace}"
        yield Check("Temporal", "answers", True, location)
        yield await _attributes(client)
        chores = Chores.of(client, settings)
        await demand_namespace(chores.client)
        async for check in workers(client, settings.task_queue):
            yield check
        async for check in workers(*chores, content="chores"):
            yield check
        yield await _stuck(client, settings.task_queue)
        yield await rows_check(client, settings)
    except LeadsError as failure:
        yield Check("Temporal", "answers", False, str(rendered(failure)))
    except RPCError as error:
        yield Check("Temporal", "is set up", False, str(rendered(error)))


async def _stuck(client: Client, task_queue: str) -> Check:
    """Check that no lead's task fails at each attempt."""
    found = [each async for each in list_stuck(client, task_queue)]
    if not found:
        return Check("Temporal", "reports no stuck lead", True, "none")
    some = ", ".join(f"{each.lead_id} ({each.cause})" for each in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return Check("Temporal", "reports no stuck lead", False, f"{some}{more}. See `leads repair --all`.")


async def rows_check(client: Client, settings: Settings) -> Check:
    """Check that the ledger has a row of every lead in Temporal, and of no other that is not archived."""
    query = Directory(client, settings.task_queue, settings.temporal_ui).running()
    running = (await client.count_workflows(query)).count
    try:
        with lead_lists(settings) as rows:
            if (count := rows.count()) == running:
                return Check("Ledger", "has a row of every lead", True, str(running))
            known = {row.lead_id for row in rows.each()}
    except LedgerFailed as error:
        return Check("Ledger", "has a row of every lead", running == 0, str(error))
    ids = {execution.id async for execution in client.list_workflows(query)}
    found = [f"in Temporal: {running}, in the ledger: {count}"]
    found += [f"without a row: {_some(ids - known)}"] if ids - known else []
    found += [f"not running (terminated?): {_some(known - ids)}"] if known - ids else []
    return Check("Ledger", "has a row of every lead", ids == known, "; ".join(found))


def _some(lead_ids: Collection[str]) -> str:
    more = f" and {len(lead_ids) - 5} more" if len(lead_ids) > 5 else ""
    return f"{', '.join(sorted(lead_ids)[:5])}{more}"


async def _attributes(client: Client) -> Check:
    missing = [key.name for key in await missing_attributes(client)]
    if missing:
        return Check(
            "Temporal", "is set up", False, f"It lacks {', '.join(missing)}. Run `leads init-server`."
        )
    return Check("Temporal", "is set up", True, f"all {len(SEARCH_ATTRIBUTES)} search attributes")


async def workers(client: Client, task_queue: str, *, content: str = "leads") -> AsyncIterator[Check]:
    """Check that a worker polls the task queue and, with worker builds, that its content is routed to a running one."""
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    seen = sorted({poller.identity for poller in described.pollers})
    detail = ", ".join(seen) or "None in the last minutes. Start one: `leads up` or `python worker.py`."
    yield Check("Temporal", f"has a worker on {task_queue!r}", bool(seen), detail)
    found = {poller.deployment_options.build_id for poller in described.pollers}
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
    from ledger.events import LedgerError

    for mistyped in unknown_settings(*FILES):
        yield Check("Settings", "are known", False, mistyped)
    try:
        systems = checkers(settings, policy)
    except LedgerError as error:
        raise CommandFailed(ExitCode.USAGE, f"A setting is wrong: LEADS_LEDGER_URL: {error}") from error
    for system in systems:
        yield from system.checks()


def _row(each: Check) -> tuple[Text, str, str, str]:
    status = Text("ok", "green") if each.ok else Text("NO", "bold red")
    return status, each.system, each.name, each.detail
