"""`leads restore`: begins leads again whose workflow was terminated, deleted, or lost with Temporal's database."""

from collections.abc import Iterator
from typing import Annotated, Literal

from cyclopts import Parameter

from client.errors import LedgerFailed, NothingToRestore, NotRestorable
from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.lists import LeadLists
from client.lost import list_lost
from client.past import Past
from client.restore import RestorePlan, plan_restore
from client.restore import restore as begin_again
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from process.types import Base
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output, confirmed, count_of, progress
from starter.cli.session import leads_of


class RestoreReport(Base):
    """The result for one lead: its restore, the plan of it, or the reason why there is none."""

    lead_id: str
    result: Literal["planned", "restored", "not lost", "not restorable"]
    problem: str
    last_event: int | None = None
    from_history: bool | None = None
    """True if it is made from the lost run's history, too, and not only from the ledger."""
    taken: int = 0
    """Number of decisions that had waited and are taken."""
    effects: list[str] = []

    @classmethod
    def of(cls, plan: RestorePlan) -> "RestoreReport":
        """Return the report of a plan that was not carried out yet."""
        return cls(
            lead_id=plan.lost.lead_id,
            result="planned",
            problem=str(plan.lost),
            last_event=plan.aggregate.lead.last_seq,
            from_history=plan.from_history,
            taken=plan.waited,
            effects=plan.effects,
        )


async def restore(
    lead: Annotated[str | None, Parameter(help="The lead's id, or its beginning.")] = None,
    /,
    *,
    every: Annotated[
        bool, flag("Every lead of the ledger that is not archived and has no running workflow.", "--all")
    ] = False,
    yes: Annotated[bool, flag("Do it without asking.")] = False,
    json: Json = False,
) -> None:
    """Begin a lead again whose workflow is lost: terminated or deleted in Temporal, or gone with its database.

    The lead goes on from what the ledger has of it: numbers, dates, invoices and receipts stay, and what was done outside
    is found there and not done twice. Shows what it will do, then asks. Run it with the code and the settings of the
    worker; it may be ended and repeated at any moment.

    Example: leads restore LEAD, leads restore --all --yes
    """
    if every == (lead is not None):
        raise CommandFailed(ExitCode.USAGE, "Name one lead, or give --all for every lost one.")
    leads, out, settings = await leads_of(), Output(as_json=json), read_settings()
    ledger = ledger_of(settings, read_only=True)
    try:
        names = [Past(ledger, settings.github.leads_repo).find(lead)] if lead else await _lost(leads, ledger)
        found = [await _plan(leads, ledger, name, out) for name in names]
        planned = [each.lead_id for each in found if each.result == "planned"]
        if planned and (yes or (not json and confirmed(f"Begin {count_of(len(planned), 'lead')} again?"))):
            done = {each.lead_id: each for each in await _restore(leads, ledger, planned, out)}
            found = [done.get(each.lead_id, each) for each in found]
        elif planned and not json:
            out.line("Nothing was changed. Add --yes to do it.", "dim")
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
    finally:
        ledger.close()
    if not out.value(found) and not found:
        out.line("Each lead of the ledger has a running workflow, or is archived.", "green")
    if failed := [each for each in found if each.result == "not restorable"]:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{len(failed)} of {count_of(len(found), 'lead')} can't be restored.",
            printed=True,
        )


async def _lost(leads: LeadsClient, ledger: Ledger) -> list[str]:
    return [each.lead_id async for each in list_lost(leads, LeadLists(ledger))]


async def _plan(leads: LeadsClient, ledger: Ledger, lead_id: str, out: Output) -> RestoreReport:
    """Plan the restore of one lead and show it."""
    try:
        report = RestoreReport.of(await plan_restore(leads.client, ledger, lead_id))
    except (NothingToRestore, NotRestorable) as error:
        report = _none(lead_id, error)
    if not out.as_json:
        out.line(lead_id, "bold")
        out.items(_lines(report), "" if report.result == "planned" else "yellow")
    return report


async def _restore(
    leads: LeadsClient, ledger: Ledger, lead_ids: list[str], out: Output
) -> list[RestoreReport]:
    """Begin each of the leads again. Each is planned anew, so that none of many waits in memory."""
    reports = []
    with progress(hidden=out.as_json) as shown:
        for lead_id in shown.track(lead_ids, description="Beginning leads again"):
            try:
                plan = await plan_restore(leads.client, ledger, lead_id)
                await begin_again(leads.client, plan, leads.task_queue)
            except (NothingToRestore, NotRestorable) as error:
                reports.append(_none(lead_id, error))
                continue
            reports.append(RestoreReport.of(plan).model_copy(update={"result": "restored"}))
    if not out.as_json:
        done = [each.lead_id for each in reports if each.result == "restored"]
        out.line(f"Begun again: {count_of(len(done), 'lead')}.", "green")
        out.items(f"See `leads show {lead_id}`" for lead_id in done[:1])
        out.items([each.problem for each in reports if each.result != "restored"], "yellow")
    return reports


def _none(lead_id: str, error: NothingToRestore | NotRestorable) -> RestoreReport:
    lost = isinstance(error, NotRestorable)
    return RestoreReport(lead_id=lead_id, result="not restorable" if lost else "not lost", problem=str(error))


def _lines(report: RestoreReport) -> Iterator[str]:
    yield f"Its workflow is {report.problem}" if report.result == "planned" else report.problem
    if report.result != "planned":
        return
    source = "its history and the ledger" if report.from_history else "the ledger alone"
    yield f"It begins again from {source}, with {report.last_event} events, numbered and dated as they are"
    if report.taken:
        yield f"Decisions that waited and are taken: {report.taken}"
    yield from (f"Done, or done again without doing it twice: {each}" for each in report.effects)
