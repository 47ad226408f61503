"""`leads verify`: replays all open workflows of a live server with this code, without changing anything."""

import time
from collections import Counter
from collections.abc import Iterable

from rich.text import Text

from client.chores import Chores
from client.connection import connect
from client.directory import Directory
from client.lists import lead_lists
from client.lost import any_lost
from client.past import past
from client.replays import Replayed, replayed
from client.sealing import codec_by
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, count_of, progress
from starter.cli.stuck import warn_of_lost

NAMES = {
    "LeadWorkflow": "lead",
    "IssueSyncWorkflow": "issue sync",
    "ReconcileWorkflow": "reconciliation",
    "DigestWorkflow": "digest",
    "WeeklyDigestWorkflow": "weekly digest",
    "RetentionWorkflow": "retention run",
}
"""Name of each workflow for people, in the singular."""


async def verify(*, json: Json = False) -> None:
    """Replay all open workflows of the server with this code, before you deploy it. Nothing is changed.

    A workflow that does not replay would get stuck on this code. A lead may also replay, but with other events. Both are
    reported one by one; see docs/changing-the-process.md. Leads whose workflow is lost are named, too.
    """
    out, began = Output(as_json=json), time.monotonic()
    found: list[Replayed] = []
    settings = read_settings()
    with past(settings) as ledger, progress(hidden=json) as shown:
        bar = shown.add_task("Replaying", total=None)
        client = await connect(codec=codec_by(settings))
        for place in dict.fromkeys((client, Chores.of(client, settings).client)):
            async for each in replayed(place, ledger):
                found.append(each)
                shown.update(bar, completed=len(found))
    if not json:  # what is lost is not open, so nothing of it was replayed
        with lead_lists(settings) as rows:
            warn_of_lost(await any_lost(Directory(client, settings.task_queue, settings.temporal_ui), rows))
    wrong = [each for each in found if not each.ok]
    if not out.value([each._asdict() for each in found]):
        if wrong:
            out.table(("", "workflow", "events", "problem"), (_row(each) for each in wrong))
        seconds = time.monotonic() - began
        if well := _counted(each for each in found if each.ok):
            out.line(f"{well} would continue with this code ({seconds:.1f} s).", "green")
        elif not found:
            out.line("No workflow is open.")
    if wrong:
        raise CommandFailed(
            ExitCode.REFUSED, f"{_counted(wrong)} would not, of {len(found)} that are open.", printed=True
        )


def _counted(found: Iterable[Replayed]) -> str:
    """Return the counts as `2 leads, 1 issue sync`."""
    counts = Counter(NAMES[each.type] for each in found)
    return ", ".join(count_of(count, name) for name, count in counts.items())


def _row(each: Replayed) -> tuple[str | Text, ...]:
    return Text("✗", style="red"), each.workflow, str(each.events), each.detail
