"""The part of `leads check` about the leads: do they go on, and does the ledger have them."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from activities.checks import Check
from client.belonging import recorded
from client.claiming import belonging_of
from client.directory import Directory
from client.errors import LeadNotFound, LeadsError, LeadStuck, LedgerFailed
from client.leads import LeadsClient
from client.lists import failing, lead_lists, open_ledger
from client.lost import any_lost
from client.stuck import list_stuck
from config.settings import Settings

ANSWERS_WITHIN = timedelta(seconds=5)
"""Time that a worker has to answer for a lead."""


async def lead_checks(client: Client, settings: Settings) -> AsyncIterator[Check]:
    """Yield the checks. Raises RPCError."""
    yield await _belongs(client, settings)
    if answers := await _answers(client, settings):
        yield answers
    yield await _stuck(client, settings.task_queue)
    yield await rows_check(client, settings)
    yield gaps_check(settings)


async def _belongs(client: Client, settings: Settings) -> Check:
    """Check that the leads belong to these settings."""
    name = "keeps these settings"
    known = await recorded(client, settings.task_queue)
    if known is None:
        return Check("Temporal", name, True, "nothing is recorded yet; the first worker does it", warns=True)
    with failing():
        found = list(known.differences(await belonging_of(settings)))
    detail = f"{'; '.join(found)}. See `leads adopt-settings`" if found else f"ledger at {known.ledger_at}"
    return Check("Temporal", name, not found, detail)


async def _answers(client: Client, settings: Settings) -> Check | None:
    """Check that a worker answers for a lead, if there is one: a frozen worker is remembered for minutes."""
    leads = LeadsClient(client, settings.task_queue, settings.temporal_ui, ANSWERS_WITHIN)
    async for execution in client.list_workflows(leads.running(), limit=1):
        handle = await leads.by_id(execution.id)
        try:
            if handle:
                await leads.overview(handle)
        except (LeadStuck, LeadNotFound):
            return None  # another check names it
        except (LeadsError, RPCError) as error:
            detail = f"{error} It may hang: look at its log, and restart it"
            return Check("Temporal", "gets an answer from a worker", False, detail)
        return Check("Temporal", "gets an answer from a worker", True, f"for {execution.id}")
    return None


async def _stuck(client: Client, task_queue: str) -> Check:
    """Check that no lead's task fails at each attempt."""
    found = [f"{each.lead_id} ({each.cause})" async for each in list_stuck(client, task_queue)]
    detail = f"{_some(found)}. See `leads repair --all`." if found else "none"
    return Check("Temporal", "reports no stuck lead", not found, detail)


async def rows_check(client: Client, settings: Settings) -> Check:
    """Check that the ledger has a row of every lead in Temporal, and that each of its leads is there."""
    directory = Directory(client, settings.task_queue, settings.temporal_ui)
    running = (await client.count_workflows(directory.running())).count
    name = "has a row of every lead"
    try:
        with lead_lists(settings) as rows:
            if (count := rows.count()) == running:
                return Check("Ledger", name, True, str(running))
            known = {row.lead_id for row in rows.each()}
            lost = await any_lost(directory, rows)
    except LedgerFailed as error:
        return Check("Ledger", name, running == 0, str(error))
    ids = {execution.id async for execution in client.list_workflows(directory.running())}
    found = [f"in Temporal: {running}, in the ledger: {count}"]
    found += [f"without a row: {_some(ids - known)}"] if ids - known else []
    some = _some([f"{each.lead_id} ({each})" for each in lost])
    found += [f"not running: {some}. See `leads restore --all`"] if lost else []
    return Check("Ledger", name, not lost and not ids - known, "; ".join(found))


def gaps_check(settings: Settings) -> Check:
    """Check that no lead has a gap in its events."""
    name = "has the events without a gap"
    try:
        with open_ledger(settings) as ledger:
            heads = ledger.heads()
    except LedgerFailed as error:
        return Check("Ledger", name, True, str(error), warns=True)
    found = [head.lead_id for head in heads if not head.complete]
    detail = f"missing events of {_some(found)}. `leads check --fill` writes them" if found else ""
    return Check("Ledger", name, not found, detail or f"leads: {len(heads)}")


def _some(names: Collection[str] | Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{', '.join(sorted(names)[:5])}{more}"
