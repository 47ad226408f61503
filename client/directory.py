"""Finds leads by id, issue, questionnaire or mail domain, and lists them, through Temporal's visibility."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
)
from temporalio.common import (
    SearchAttributeKey,
)
from temporalio.service import RPCError, RPCStatusCode

from client.errors import AmbiguousLead, LeadNotFound
from config.settings import lead_page
from process.decisions.opening import LeadOpened
from process.duplicates.matching import NAMELESS
from process.identity import contact_key, is_public_mail, new_lead_id, org_key, title_key
from process.lead.duplicate_links import MAX_LINK_TEXT, MAX_ORIGINALS, DuplicateLink, MatchReason
from process.types import OPEN_STAGES
from workflows import search_attributes as attributes
from workflows.lead import LeadWorkflow

LeadHandle = WorkflowHandle[LeadWorkflow, str]
WORKFLOW = LeadWorkflow.__name__
RUNNING = "ExecutionStatus = 'Running'"


@dataclass(frozen=True)
class Directory:
    """The leads of one Temporal namespace, as visibility knows them (it lags by a moment)."""

    client: Client
    task_queue: str
    ui: str

    def link(self, lead_id: str) -> str:
        """Return the URL of the lead's page in the Temporal UI."""
        return lead_page(self.ui, self.client.namespace, lead_id)

    async def find(self, name: str) -> LeadHandle:
        """Return the lead with this id, or with the only id that begins so (`lead-` may be left out).

        Raises LeadNotFound (also for an empty name) or AmbiguousLead.
        """
        quoted = name.strip().replace("'", "")
        if not quoted.removeprefix("lead-"):
            raise LeadNotFound(name)
        if known := await self.by_id(name):
            return known
        found = sorted(
            {
                execution.id
                for beginning in (quoted, f"lead-{quoted}")
                async for execution in self._executions([f"WorkflowId STARTS_WITH '{beginning}'"])
            }
        )
        if len(found) == 1:
            return self.client.get_workflow_handle_for(LeadWorkflow.run, found[0])
        if found:
            raise AmbiguousLead(name, found)
        raise LeadNotFound(name)

    async def by_id(self, lead_id: str) -> LeadHandle | None:
        """Return the lead with exactly this id, or None. Ended leads are found until their retention is over."""
        try:
            known = await self.client.get_workflow_handle(lead_id).describe()
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                raise
            return None
        if known.workflow_type != WORKFLOW:
            return None
        return self.client.get_workflow_handle_for(LeadWorkflow.run, lead_id)

    async def ended_at(self, handle: LeadHandle) -> datetime | None:
        """Return the time at which the lead was archived or its workflow terminated; None while it runs."""
        return (await handle.describe()).close_time

    async def by_issue(self, repo: str, number: int) -> LeadHandle | None:
        """Return the lead that has this issue, as its own or as its hub's; None if visibility knows none.

        Archived leads are found, terminated ones are not.
        """
        name = f"{repo}#{number}".replace("'", "")
        has_issue = f"({attributes.ISSUE.name} = '{name}' OR {attributes.HUB_ISSUE.name} = '{name}')"
        found = [
            each
            async for each in self._executions([has_issue, "ExecutionStatus IN ('Running', 'Completed')"])
        ]
        if not found:
            return None
        newest = max(found, key=lambda each: (each.close_time is None, each.start_time))
        return self.client.get_workflow_handle_for(LeadWorkflow.run, newest.id)

    async def by_response(self, response: str) -> LeadHandle | None:
        """Return the lead that has this response to the questionnaire, preferably an open one."""
        name = response.replace("'", "")
        clauses = [f"{attributes.RESPONSE.name} = '{name}'", RUNNING]
        found = [each async for each in self._executions(clauses)]
        found.sort(key=lambda each: each.typed_search_attributes.get(attributes.STAGE) in OPEN_STAGES)
        return self.client.get_workflow_handle_for(LeadWorkflow.run, found[-1].id) if found else None

    async def by_domain(self, email: str) -> list[LeadHandle]:
        """Return the open leads with the same mail domain (the whole address for a public mail provider)."""
        clauses = [f"{attributes.DOMAIN.name} = '{contact_key(email)}'", RUNNING]
        clauses.append(_any_of(attributes.STAGE, sorted(OPEN_STAGES)))
        return [
            self.client.get_workflow_handle_for(LeadWorkflow.run, each.id)
            async for each in self._executions(clauses)
        ]

    async def possible_duplicates(self, opened: LeadOpened, lead_id_: str) -> list[DuplicateLink]:
        """Return the open leads that look like this new one: most reasons first, then oldest first."""
        same = [f"WorkflowId = '{new_lead_id(opened.org, opened.title)}'"]
        if org_key(opened.org) != NAMELESS:
            same.append(f"{attributes.ORG_KEY.name} = '{org_key(opened.org)}'")
        if opened.email:
            same.append(f"{attributes.DOMAIN.name} = '{contact_key(opened.email)}'")
        clauses = [f"({' OR '.join(same)})", *self._open_and_ours()]
        found = [each async for each in self._executions(clauses) if each.id != lead_id_]
        found.sort(key=lambda each: each.start_time)
        others = [await _duplicate_link(opened, each) for each in found]
        return sorted(others, key=lambda other: -len(other.reasons))[:MAX_ORIGINALS]

    def running(self, *clauses: str) -> str:
        """Return the query for the leads on our own task queue that are not archived, with further clauses."""
        return " AND ".join([f"WorkflowType = '{WORKFLOW}'", RUNNING, self._ours(), *clauses])

    def knowing_another_team(self, checksum: str) -> str:
        """Return the query for those whose team is not the one with this checksum, and whom a change concerns."""
        people = attributes.PEOPLE.name
        return self.running(f"{people} != '{checksum}'", f"{people} IS NOT NULL")

    def _open_and_ours(self) -> list[str]:
        """Return the clauses for open leads on our own task queue."""
        return [_any_of(attributes.STAGE, sorted(OPEN_STAGES)), RUNNING, self._ours()]

    def _ours(self) -> str:
        """Return the clause for our own task queue."""
        queue = self.task_queue.replace("'", "''")
        return f"TaskQueue = '{queue}'"

    def _executions(self, clauses: Iterable[str]) -> AsyncIterator[WorkflowExecution]:
        return self.client.list_workflows(" AND ".join([f"WorkflowType = '{WORKFLOW}'", *clauses]))


async def _duplicate_link(opened: LeadOpened, other: WorkflowExecution) -> DuplicateLink:
    """Return a link to the other lead with the reasons why the new one looks like it."""
    known, memo = other.typed_search_attributes, await other.memo()
    heading, url = str(memo.get("heading", ""))[:MAX_LINK_TEXT], str(memo.get("issue", ""))[:MAX_LINK_TEXT]
    why = []
    if known.get(attributes.ORG_KEY) == org_key(opened.org):
        why.append(MatchReason.ORGANISATION)
        if title_key(heading.rpartition("] - ")[2]) == title_key(opened.title):
            why.append(MatchReason.TITLE)
    if opened.email and known.get(attributes.DOMAIN) == contact_key(opened.email):
        why.append(MatchReason.ADDRESS if is_public_mail(opened.email) else MatchReason.DOMAIN)
    return DuplicateLink(lead_id=other.id, reasons=tuple(why), heading=heading, url=url)


def _any_of(key: SearchAttributeKey[Any], values: Iterable[str]) -> str:
    return f"{key.name} IN ({', '.join(repr(str(value)) for value in values)})"
