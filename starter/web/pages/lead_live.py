"""The part of a lead's page that only its workflow knows: effects that failed, are retried or wait, and refusals."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from client.connection import as_leads_errors
from client.directory import LeadHandle
from client.errors import LeadMissing, LeadNotFound, LeadsError
from client.leads import LeadsClient
from client.lost import find_lost
from client.retries import PendingRetry, pending_retries
from process.core.answers import REPEATED
from process.views.lead_overview import EffectLine, Overview
from starter.web.spelling import WrittenRefusal, write_refusal

TIMEOUT = timedelta(seconds=2)
"""Time for the lead's answer."""
ALL_TIME = 2 * TIMEOUT
"""Time for the answer, and for finding out why there is none."""
NEWEST = 20
"""Number of the newest refusals that are shown."""


class ShownRefusal(NamedTuple):
    """A decision that the lead refused."""

    at: datetime
    kind: str
    by: str
    refused: WrittenRefusal


class Live(NamedTuple):
    """News that only the workflow tells, or the reason why it does not."""

    failed: tuple[EffectLine, ...] = ()
    """Effects that failed for good."""
    retried: tuple[PendingRetry, ...] = ()
    """Activities that failed and are tried again."""
    waiting: tuple[EffectLine, ...] = ()
    refusals: tuple[ShownRefusal, ...] = ()
    """The newest ones first."""
    silent: str = ""
    """The reason for which it tells nothing; empty if it answered."""

    @property
    def is_busy(self) -> bool:
        """True if something may be done by itself soon, so that it is worth asking again."""
        return any(effect.status == "waiting" for effect in self.waiting)


async def ask_overview(leads: LeadsClient, lead_id: str) -> Overview:
    """Return the lead's overview from its workflow, soon. Raises LeadNotFound or another LeadsError."""
    leads = replace(leads, timeout=TIMEOUT)
    async with as_leads_errors(ALL_TIME):
        handle = await leads.by_id(lead_id)
        if handle is None:
            raise LeadNotFound(lead_id)
        return await leads.overview(handle)


async def ask_live(leads: LeadsClient, lead_id: str, *, known: bool = False) -> Live:
    """Return what the workflow tells about the lead, or why it tells nothing. Never raises because it is away.

    `known`: the pages know who looks at it (`write_refusal`).
    """
    leads = replace(leads, timeout=TIMEOUT)
    handle: LeadHandle = leads.client.get_workflow_handle(lead_id)
    try:
        async with as_leads_errors(ALL_TIME):
            overview = await leads.overview(handle)
            return _live(overview, await pending_retries(handle), known=known)
    except LeadMissing as error:
        return Live(silent=await _why_missing(leads, lead_id, error))
    except LeadsError as error:
        return Live(silent=str(error)[:500])


def _live(overview: Overview, retries: list[PendingRetry], *, known: bool) -> Live:
    by_status: dict[str, list[EffectLine]] = {}
    for effect in overview.effects:
        by_status.setdefault(effect.status, []).append(effect)
    refusals = (
        ShownRefusal(each.at, each.kind, each.by, write_refusal(each.refused, overview.lead_id, known=known))
        for each in reversed(
            [each for each in overview.refused if not each.reason.startswith(REPEATED)][-NEWEST:]
        )
    )
    return Live(
        failed=tuple(by_status.get("parked", ())),
        retried=tuple(retries),
        waiting=(*by_status.get("waiting", ()), *by_status.get("blocked", ())),
        refusals=tuple(refusals),
    )


async def _why_missing(leads: LeadsClient, lead_id: str, error: LeadMissing) -> str:
    """Return why there is no workflow to ask, as a sentence."""
    try:
        async with as_leads_errors(TIMEOUT):
            lost = await find_lost(leads.client, lead_id)
    except LeadsError:
        return str(error)[:500]
    if lost is None:
        return "Its workflow has ended, so nothing is under way."
    return f"It takes no decisions: its workflow is {lost}. The administrator can begin it again from the ledger."
