"""Finds leads by id, issue, questionnaire or mail domain, and lists them, through Temporal's visibility."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
)
from temporalio.common import (
    SearchAttributeKey,
)
from temporalio.service import RPCError, RPCStatusCode

from client.errors import AmbiguousLead, InexactLead, LeadNotFound
from client.literals import literal
from client.running import RUNNING, on_queue, running
from config.settings import lead_page
from process.duplicates.matching import NAMELESS
from process.identity import (
    contact_key,
    is_public_mail,
    issue_named,
    org_key,
    peppered,
    possible_ids,
    request_key,
    slug_of,
    title_key,
)
from process.lead.duplicate_links import MAX_LINK_TEXT, MAX_ORIGINALS, DuplicateLink, MatchReason
from process.types import OPEN_STAGES
from workflows import search_attributes as attributes
from workflows.names import LEAD_WORKFLOW

if TYPE_CHECKING:  # a command that only asks needs no decisions, which take a moment to load
    from process.decisions.opening import LeadOpened

LeadHandle = WorkflowHandle[Any, Any]


def no_leads(_: str) -> Mapping[str, str]:
    """Find no leads: for clients that name leads exactly."""
    return {}


@dataclass(frozen=True)
class Directory:
    """The leads of one Temporal namespace, as visibility knows them (it lags by a moment)."""

    client: Client
    task_queue: str
    ui: str
    leads_repo: str = field(default="leads", kw_only=True)
    """The repository that `#12` means."""
    by_words: Callable[[str], Mapping[str, str]] = field(default=no_leads, kw_only=True)
    """Finds leads by words of their organisations: id -> name for people."""
    pepper: str = field(default="", kw_only=True, repr=False)
    """Key of the digests in search attributes and ids; empty: they are plain."""

    def link(self, lead_id: str) -> str:
        """Return the URL of the lead's page in the Temporal UI."""
        return lead_page(self.ui, self.client.namespace, lead_id)

    async def find(self, name: str) -> LeadHandle:
        """Return the lead with this name, to look at: as `exactly`, or by the beginning of its id or by words of
        its organisation's name, if these fit one lead alone.

        Raises LeadNotFound (also for an empty name) or AmbiguousLead.
        """
        if known := await self._exact(name):
            return known
        found = await self._similar(name)
        if len(found) == 1:
            return self.client.get_workflow_handle(next(iter(found)))
        if found:
            raise AmbiguousLead(name, list(found.values()))
        raise LeadNotFound(name)

    async def exactly(self, name: str) -> LeadHandle:
        """Return the lead with this name, to change: by its id (`lead-` may be left out), its issue (`#12`,
        `leads#12` or the address), or the whole name of its organisation.

        Raises LeadNotFound, AmbiguousLead, or InexactLead with the leads that are perhaps meant.
        """
        if known := await self._exact(name):
            return known
        if found := await self._similar(name):
            raise InexactLead(name, list(found.values()))
        raise LeadNotFound(name)

    async def _exact(self, name: str) -> LeadHandle | None:
        """Return the lead with this id, issue or organisation, or None. Raises LeadNotFound or AmbiguousLead."""
        name = name.strip()
        if not name.replace("'", "").removeprefix("lead-"):
            raise LeadNotFound(name)
        if issue := issue_named(name, self.leads_repo):
            if known := await self.by_issue(*issue):
                return known
            raise LeadNotFound(name)
        for lead_id in dict.fromkeys((name, f"lead-{name}")):
            if known := await self.by_id(lead_id):
                return known
        found = await self._names(f"{attributes.ORG_KEY.name} = '{self.org_digest(name)}'", RUNNING)
        if len(found) > 1:
            raise AmbiguousLead(name, list(found.values()))
        return self.client.get_workflow_handle(next(iter(found))) if found else None

    async def _similar(self, name: str) -> dict[str, str]:
        """Return the leads whose ids begin so, or whose organisations have these words: id -> name for people."""
        plain = name.strip()
        beginnings = {plain, f"lead-{plain}", *([f"lead-{slug_of(plain)}"] if slug_of(plain) else [])}
        queries = [
            f"WorkflowId STARTS_WITH {given}" for each in sorted(beginnings) if (given := literal(each))
        ]
        asked = (*map(self._names, queries), asyncio.to_thread(self.by_words, name))
        found: dict[str, str] = {}
        for each in await asyncio.gather(*asked):
            found |= each
        return dict(sorted(found.items()))

    async def _names(self, *clauses: str) -> dict[str, str]:
        """Return the names for people of the leads that a query finds, by id."""
        return {each.id: await _name(each) async for each in self._executions(clauses)}

    async def heading_of(self, handle: LeadHandle) -> str:
        """Return the lead's heading, without asking the lead itself."""
        return str((await (await handle.describe()).memo()).get("heading", handle.id))

    async def by_id(self, lead_id: str) -> LeadHandle | None:
        """Return the lead with exactly this id, or None. Ended leads are found until their retention is over."""
        try:
            known = await self.client.get_workflow_handle(lead_id).describe()
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                raise
            return None
        if known.workflow_type != LEAD_WORKFLOW:
            return None
        return self.client.get_workflow_handle(lead_id)

    async def ended_at(self, handle: LeadHandle) -> datetime | None:
        """Return the time at which the lead was archived or its workflow terminated; None while it runs."""
        return (await handle.describe()).close_time

    async def by_issue(self, repo: str, number: int) -> LeadHandle | None:
        """Return the lead that has this issue, as its own or as its hub's; None if visibility knows none.

        Archived leads are found, terminated ones are not.
        """
        name = literal(f"{repo}#{number}")
        if name is None:
            return None
        has_issue = f"({attributes.ISSUE.name} = {name} OR {attributes.HUB_ISSUE.name} = {name})"
        found = [
            each
            async for each in self._executions([has_issue, "ExecutionStatus IN ('Running', 'Completed')"])
        ]
        if not found:
            return None
        newest = max(found, key=lambda each: (each.close_time is None, each.start_time))
        return self.client.get_workflow_handle(newest.id)

    async def by_response(self, response: str) -> LeadHandle | None:
        """Return the lead that has this response to the questionnaire, preferably an open one."""
        name = literal(response)
        if name is None:
            return None
        clauses = [f"{attributes.RESPONSE.name} = {name}", RUNNING]
        found = [each async for each in self._executions(clauses)]
        found.sort(key=lambda each: each.typed_search_attributes.get(attributes.STAGE) in OPEN_STAGES)
        return self.client.get_workflow_handle(found[-1].id) if found else None

    async def by_domain(self, email: str) -> list[LeadHandle]:
        """Return the open leads with the same mail domain (the whole address for a public mail provider)."""
        clauses = [f"{attributes.DOMAIN.name} = '{self.contact_digest(email)}'", RUNNING]
        clauses.append(_any_of(attributes.STAGE, sorted(OPEN_STAGES)))
        return [self.client.get_workflow_handle(each.id) async for each in self._executions(clauses)]

    async def possible_duplicates(self, opened: "LeadOpened", lead_id_: str) -> list[DuplicateLink]:
        """Return the open leads that look like this new one: most reasons first, then oldest first."""
        key = self.request_digest(opened)
        ids = (*possible_ids(opened.org, key), *possible_ids(opened.org, key, opaque_id=True))
        same = [f"WorkflowId IN ({', '.join(repr(each) for each in dict.fromkeys(ids))})"]
        if org_key(opened.org) != NAMELESS:
            same.append(f"{attributes.ORG_KEY.name} = '{self.org_digest(opened.org)}'")
        if opened.email:
            same.append(f"{attributes.DOMAIN.name} = '{self.contact_digest(opened.email)}'")
        clauses = [f"({' OR '.join(same)})", *self._open_and_ours()]
        found = [each async for each in self._executions(clauses) if each.id != lead_id_]
        found.sort(key=lambda each: each.start_time)
        others = [await self._duplicate_link(opened, each) for each in found]
        return sorted(others, key=lambda other: -len(other.reasons))[:MAX_ORIGINALS]

    def org_digest(self, org: str) -> str:
        """Return the digest of an organisation's name, as it stands in the clear."""
        return peppered(self.pepper, org_key(org))

    def contact_digest(self, email: str) -> str:
        """Return the digest of a mail address or its domain, as it stands in the clear."""
        return peppered(self.pepper, contact_key(email))

    def request_digest(self, opened: "LeadOpened") -> str:
        """Return the key of a request, whose first characters stand in the clear at the end of its id."""
        return peppered(self.pepper, request_key(opened.org, opened.title))

    async def _duplicate_link(self, opened: "LeadOpened", other: WorkflowExecution) -> DuplicateLink:
        """Return a link to the other lead with the reasons why the new one looks like it."""
        known, memo = other.typed_search_attributes, await other.memo()
        heading = str(memo.get("heading", ""))[:MAX_LINK_TEXT]
        why = []
        if known.get(attributes.ORG_KEY) == self.org_digest(opened.org):
            why.append(MatchReason.ORGANISATION)
            if title_key(heading.rpartition("] - ")[2]) == title_key(opened.title):
                why.append(MatchReason.TITLE)
        if opened.email and known.get(attributes.DOMAIN) == self.contact_digest(opened.email):
            why.append(MatchReason.ADDRESS if is_public_mail(opened.email) else MatchReason.DOMAIN)
        url = str(memo.get("issue", ""))[:MAX_LINK_TEXT]
        return DuplicateLink(lead_id=other.id, reasons=tuple(why), heading=heading, url=url)

    def running(self, *clauses: str) -> str:
        """Return the query for the leads on our own task queue that are not archived, with further clauses."""
        return running(self._ours(), *clauses)

    def knowing_another_team(self, checksum: str) -> str:
        """Return the query for those whose team is not the one with this checksum, and whom a change concerns."""
        people = attributes.PEOPLE.name
        return self.running(f"{people} != '{checksum}'", f"{people} IS NOT NULL")

    def _open_and_ours(self) -> list[str]:
        """Return the clauses for open leads on our own task queue."""
        return [_any_of(attributes.STAGE, sorted(OPEN_STAGES)), RUNNING, self._ours()]

    def _ours(self) -> str:
        """Return the clause for our own task queue."""
        return on_queue(self.task_queue)

    def _executions(self, clauses: Iterable[str]) -> AsyncIterator[WorkflowExecution]:
        return self.client.list_workflows(" AND ".join([f"WorkflowType = '{LEAD_WORKFLOW}'", *clauses]))


async def _name(known: WorkflowExecution) -> str:
    """Return id and heading of a lead."""
    heading = str((await known.memo()).get("heading", ""))[:MAX_LINK_TEXT]
    return f"{known.id} “{heading}”" if heading else known.id


def _any_of(key: SearchAttributeKey[Any], values: Iterable[str]) -> str:
    return f"{key.name} IN ({', '.join(repr(str(value)) for value in values)})"
