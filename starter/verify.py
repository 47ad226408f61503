"""`leads verify`: would this code go on with every open lead of a live server? It replays them all, and changes nothing."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from rich.text import Text
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from starter.connection import connect
from starter.directory import WORKFLOW
from starter.failures import CommandError, ExitCode
from starter.options import Json
from starter.output import Output
from workflows.plugin import leads_plugin


class Verified(NamedTuple):
    """One open lead, replayed by this code."""

    lead: str
    events: int
    ok: bool
    detail: str = ""


async def verify(*, json: Json = False) -> None:
    """Replay every open lead of the server with the code at hand, before you deploy it.

    A lead that does not replay would get stuck on this code: see docs/changing-the-process.md.
    """
    out = Output(as_json=json)
    found = [each async for each in replayed(await connect())]
    if not out.value([each._asdict() for each in found]):
        if found:
            out.table(("", "lead", "events", "what"), (_row(each) for each in found))
        else:
            out.line("No open leads.")
    stuck = sum(not each.ok for each in found)
    if stuck:
        raise CommandError(ExitCode.REFUSED, f"{stuck} of {len(found)} leads do not replay.", told=True)


async def replayed(client: Client) -> AsyncIterator[Verified]:
    """Every open lead's present run, replayed."""
    replayer = Replayer(workflows=[], plugins=[leads_plugin()])
    query = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"
    async for history in client.list_workflows(query).map_histories():
        yield await _replay(replayer, history)


async def _replay(replayer: Replayer, history: WorkflowHistory) -> Verified:
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    failure = result.replay_failure
    detail = " ".join(str(failure).split())[:300] if failure else "replays"
    return Verified(history.workflow_id, len(history.events), failure is None, detail)


def _row(each: Verified) -> tuple[str | Text, ...]:
    mark = Text("✓", style="green") if each.ok else Text("✗", style="red")
    return mark, each.lead, str(each.events), each.detail
