"""Flags duplicates that intake missed: leads opened at the same moment, or alike only since a later change.

A reconciliation compares all open leads by organisation and mail domain. Of two alike leads that nobody has compared,
the one at the earlier stage is flagged; if both are at the first stage, the younger. A group is checked again only
after its members change.
"""

from typing import Any

from pydantic import BaseModel
from temporalio import activity
from temporalio.service import RPCError

from activities.reconcile.cursors import read_cursor
from client.errors import LeadsError
from client.leads import LeadsClient
from process.duplicates.matching import match_reasons
from process.lead.duplicate_links import DuplicateLink
from process.lead.lead import Lead
from process.types import Stage
from workflows.lead import LeadWorkflow
from workflows.reconcile import SystemResult


class DuplicatesCursor(BaseModel):
    """Groups of leads that were compared already."""

    groups: list[tuple[str, ...]] = []


class DuplicateReconciler:
    """Flags leads that look alike. `leads` uses the worker's own client."""

    def __init__(self, leads: LeadsClient) -> None:
        self.leads = leads

    @activity.defn(name="reconcile_duplicates")
    async def reconcile_duplicates(self, cursor: dict[str, Any]) -> SystemResult:
        """Find open leads that look alike and were never compared, and flag the younger ones."""
        known = set(read_cursor(DuplicatesCursor, cursor).groups)
        groups = await self.leads.likely_duplicates()
        compared = [group for group in groups if group in known]
        found: dict[str, list[DuplicateLink]] = {}
        for group in groups:
            if group in known:
                continue
            leads = [lead for each in group if (lead := await self._lead(each))]
            for lead_id, links in likely_duplicates(leads).items():
                found[lead_id] = [*dict.fromkeys([*found.get(lead_id, ()), *links])]
            if len(leads) == len(group):  # otherwise it is compared again next time
                compared.append(group)
        for lead_id, links in found.items():
            handle = self.leads.client.get_workflow_handle_for(LeadWorkflow.run, lead_id)
            await self.leads.flag_duplicates(handle, links)
        messages = (
            f"{lead_id} may be the same as {', '.join(link.lead_id for link in links)}"
            for lead_id, links in found.items()
        )
        return SystemResult(
            cursor=DuplicatesCursor(groups=compared).model_dump(mode="json"), found=tuple(messages)
        )

    async def _lead(self, lead_id: str) -> Lead | None:
        """Return the lead, or None if it does not answer because it has just ended or is stuck."""
        handle = self.leads.client.get_workflow_handle_for(LeadWorkflow.run, lead_id)
        try:
            return (await self.leads.overview(handle)).lead
        except (LeadsError, RPCError):
            return None


def likely_duplicates(leads: list[Lead]) -> dict[str, list[DuplicateLink]]:
    """Return the leads to flag, each with the leads that it may duplicate."""
    ranks = {lead.id: (lead.stage is Stage.LEAD, lead.opened_at, lead.id) for lead in leads}
    found: dict[str, list[DuplicateLink]] = {}
    for lead in leads:
        before = [other for other in leads if ranks[other.id] < ranks[lead.id]]
        others = [
            DuplicateLink(
                lead_id=other.id,
                reasons=match_reasons(lead, other),
                heading=other.heading,
                url=other.issue.url if other.issue else "",
            )
            for other in before
            if lead.stage is Stage.LEAD and match_reasons(lead, other) and not _are_linked(lead, other)
        ]
        if others:
            found[lead.id] = others
    return found


def _are_linked(one: Lead, other: Lead) -> bool:
    """Return True if one of the leads already has a link to the other."""
    ids = {link.lead_id for link in (*one.originals, *one.duplicates)}
    others = {link.lead_id for link in (*other.originals, *other.duplicates)}
    return other.id in ids or one.id in others
