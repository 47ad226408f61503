"""`leads repair`: lets stuck leads go on from what their histories hold."""

from collections.abc import Iterator
from typing import Annotated, Literal

from client import repair as repairs
from client.errors import LedgerFailed, NothingToRepair, NotRepairable
from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.repair import RepairPlan, plan_repair
from client.stuck import list_stuck
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from process.types import Base
from starter.cli.arguments import Json, LeadArgument, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, confirmed
from starter.cli.session import leads_of


class RepairReport(Base):
    """The result of one lead's repair: its deeds, its plan, or the reason why there are none."""

    lead_id: str
    result: Literal["planned", "repaired", "not stuck", "not repairable"]
    problem: str
    last_event: int | None = None
    taken: list[str] = []
    refused: list[str] = []
    effects: list[str] = []
    differs_at: int | None = None

    @classmethod
    def of(cls, plan: RepairPlan) -> "RepairReport":
        """Return the report of a plan that was not carried out yet."""
        rebuilt = plan.rebuilt
        return cls(
            lead_id=plan.lead_id,
            result="planned",
            problem=plan.problem or (plan.stuck.reason if plan.stuck else "It is not stuck."),
            last_event=plan.aggregate.lead.last_seq,
            taken=[each.name.replace("_", " ") for each in rebuilt.taken],
            refused=[each.name.replace("_", " ") for each in rebuilt.refused],
            effects=list(plan.effects),
            differs_at=rebuilt.differs_at,
        )


async def repair(
    lead: LeadArgument | None = None,
    /,
    *,
    every: Annotated[bool, flag("Every lead that Temporal reports as stuck.", "--all")] = False,
    yes: Annotated[bool, flag("Do it without asking.")] = False,
    force: Annotated[bool, flag("Begin a new run even if the history fits this code.")] = False,
    json: Json = False,
) -> None:
    """Let a stuck lead go on: rebuild it from its history, in a new run.

    A lead is stuck if its history does not replay with the worker's code. What it had decided, sent and recorded stays as
    it is; decisions that waited are taken as of the time when they were sent. Shows what it will do, then asks. Run it
    with the code and the settings of the worker. To repair a lead again does no harm.

    Example: leads repair LEAD, leads repair --all --yes
    """
    if every == (lead is not None):
        raise CommandFailed(ExitCode.USAGE, "Name one lead, or give --all for every stuck one.")
    leads, out, settings = await leads_of(), Output(as_json=json), read_settings()
    names = [(await leads.exactly(lead)).id] if lead else await _stuck(leads)
    ledger = ledger_of(settings, read_only=True)
    try:
        found = [await _one(leads, ledger, name, yes=yes, force=force, out=out) for name in names]
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
    finally:
        ledger.close()
    if not out.value(found) and not found:
        out.line("Temporal reports no lead as stuck.", "green")
    if failed := [each for each in found if each.result == "not repairable"]:
        raise CommandFailed(
            ExitCode.REFUSED, f"{len(failed)} of {len(found)} can't be repaired with this code.", printed=True
        )


async def _stuck(leads: LeadsClient) -> list[str]:
    return [each.lead_id async for each in list_stuck(leads.client, leads.task_queue)]


async def _one(
    leads: LeadsClient, ledger: Ledger, lead_id: str, *, yes: bool, force: bool, out: Output
) -> RepairReport:
    """Plan the repair of one lead, show it, and carry it out if that is wanted."""
    try:
        plan = await plan_repair(leads.client, ledger, lead_id, force=force)
    except (NothingToRepair, NotRepairable) as error:
        if not out.as_json:
            out.line(str(error), "yellow")
        fine = isinstance(error, NothingToRepair)
        return RepairReport(
            lead_id=lead_id, result="not stuck" if fine else "not repairable", problem=str(error)
        )
    report = RepairReport.of(plan)
    if not out.as_json:
        _show(report, out)
    if yes or (not out.as_json and confirmed("Repair it?")):
        await repairs.repair(leads.client, plan, leads.task_queue)
        report.result = "repaired"
        if not out.as_json:
            out.line(f"{lead_id} goes on in a new run. See `leads show {lead_id}`.", "green")
    elif not out.as_json:
        out.line("Nothing was changed. Add --yes to do it.", "dim")
    return report


def _show(report: RepairReport, out: Output) -> None:
    out.line(report.lead_id, "bold")
    out.items(_lines(report))


def _lines(report: RepairReport) -> Iterator[str]:
    yield f"Temporal says: {report.problem}"
    yield f"The new run begins with its {report.last_event} events, numbered and dated as they are"
    for title, names in (("Taken, as it waited", report.taken), ("Refused, as it waited", report.refused)):
        yield from (f"{title}: {name}" for name in names)
    yield from (f"Still to be done, or done again without doing it twice: {each}" for each in report.effects)
    if report.differs_at:
        yield f"From event {report.differs_at} on, this code would decide otherwise; what the ledger has counts"
