"""What intake could not see: leads that began at the same moment, or have come to look alike since.

A round compares all open leads by organisation and mail domain. Of two that look alike and that nobody has judged, the
one that is less far is held; of two that are both at their beginning, the younger. A group is looked at again only when
other leads belong to it.
"""

from typing import Any

from pydantic import BaseModel, ValidationError
from temporalio import activity
from temporalio.service import RPCError

from client.errors import LeadsError
from client.leads import LeadsClient
from process.duplicates.notices import match_reasons
from process.lead.duplicate_links import DuplicateLink
from process.lead.lead import Lead
from process.types import Stage
from workflows.lead import LeadWorkflow
from workflows.reconcile import SystemResult


class Cursor(BaseModel):
    """Groups that were looked at."""

    groups: list[tuple[str, ...]] = []


class DuplicateScan:
    """What the worker does in a round about leads that look alike. `leads`: over the worker's own client."""

    def __init__(self, leads: LeadsClient) -> None:
        self.leads = leads

    @activity.defn(name="reconcile_duplicates")
    async def reconcile_duplicates(self, cursor: dict[str, Any]) -> SystemResult:
        """Finds open leads that look alike and were never judged, and has the younger ones held."""
        known, groups = set(_read(cursor).groups), await self.leads.likely_duplicates()
        looked, found = [group for group in groups if group in known], dict[str, list[DuplicateLink]]()
        for group in groups:
            if group in known:
                continue
            facts = [facts for lead in group if (facts := await self._facts(lead))]
            for lead, others in held(facts).items():
                found[lead] = [*dict.fromkeys([*found.get(lead, ()), *others])]
            if len(facts) == len(group):  # else it is looked at again in the next round
                looked.append(group)
        for lead, others in found.items():
            handle = self.leads.client.get_workflow_handle_for(LeadWorkflow.run, lead)
            await self.leads.flag_duplicates(handle, others)
        said = (
            f"{lead} may be the same as {', '.join(o.lead for o in others)}" for lead, others in found.items()
        )
        return SystemResult(cursor=Cursor(groups=looked).model_dump(mode="json"), found=tuple(said))

    async def _facts(self, lead: str) -> Lead | None:
        """None where it does not answer: it has just ended, or is stuck."""
        handle = self.leads.client.get_workflow_handle_for(LeadWorkflow.run, lead)
        try:
            return (await self.leads.overview(handle)).facts
        except (LeadsError, RPCError):
            return None


def held(leads: list[Lead]) -> dict[str, list[DuplicateLink]]:
    """Which of these are to be held, and because of which others."""
    ranks = {lead.id: (lead.stage is Stage.LEAD, lead.opened_at, lead.id) for lead in leads}
    found: dict[str, list[DuplicateLink]] = {}
    for lead in leads:
        before = [other for other in leads if ranks[other.id] < ranks[lead.id]]
        others = [
            DuplicateLink(
                lead=other.id,
                why=match_reasons(lead, other),
                heading=other.heading,
                url=other.issue.url if other.issue else "",
            )
            for other in before
            if lead.stage is Stage.LEAD and match_reasons(lead, other) and not _judged(lead, other)
        ]
        if others:
            found[lead.id] = others
    return found


def _judged(one: Lead, other: Lead) -> bool:
    """Whether they know of each other."""
    ids = {relative.lead for relative in (*one.originals, *one.duplicates)}
    others = {relative.lead for relative in (*other.originals, *other.duplicates)}
    return other.id in ids or one.id in others


def _read(cursor: dict[str, Any]) -> Cursor:
    """What the last round looked at; nothing where another release remembered it otherwise."""
    try:
        return Cursor.model_validate(cursor)
    except ValidationError:
        return Cursor()
