"""`leads check --fill`: writes to the ledger what leads have recorded and it lacks."""

from client.connection import connect
from client.directory import Directory
from client.filling import Filled, fill
from client.ledgers import ledger_of
from client.lists import failing
from client.sealing import codec_by
from config.settings import Settings
from process.types import Base
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, count_of, progress


class FillReport(Base):
    """The result for all leads."""

    leads: int
    added: dict[str, int]
    """Number of events that were added, by lead."""
    problems: dict[str, str]


async def fill_ledger(settings: Settings, out: Output) -> None:
    """Compare the ledger with the history of each lead, and add the events that it lacks."""
    client = await connect(codec=codec_by(settings))
    directory = Directory(client, settings.task_queue, settings.temporal_ui)
    done: list[Filled] = []
    with failing(), progress(hidden=out.as_json) as shown:
        ledger = ledger_of(settings)
        bar = shown.add_task("Comparing the ledger with the leads", total=None)
        try:
            async for each in fill(directory, ledger):
                done.append(each)
                shown.update(bar, completed=len(done))
        finally:
            ledger.close()
    report = FillReport(
        leads=len(done),
        added={each.lead_id: each.added for each in done if each.added},
        problems={each.lead_id: each.problem for each in done if each.problem},
    )
    if not out.value(report):
        added = count_of(sum(report.added.values()), "event")
        out.line(f"Compared with {count_of(report.leads, 'lead')}; added to the ledger: {added}", "green")
        out.items(f"{lead_id}: {added}" for lead_id, added in report.added.items())
        out.items((f"{lead_id}: {problem}" for lead_id, problem in report.problems.items()), "yellow")
    if report.problems:
        failed = count_of(len(report.problems), "lead")
        raise CommandFailed(ExitCode.REFUSED, f"{failed} could not be compared.", printed=True)
