"""Leads as their faces see them: begin one, find one, decide, ask. Nothing here prints or parses."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from process.agenda import Item
from process.decisions import Decision, LeadOpened
from process.decisions.merging import Merged
from process.decisions.policy import PolicyAdopted
from process.duplicates import Likenesses, unmergeable
from process.identity import contact_key, everybodys, issue_name, lead_id, org_key, title_key
from process.mistake import Undoing
from process.model import OPEN_STAGES, Role, Stage
from process.moves import PutBack
from process.policy import People, Policy
from process.record import Answer, Look
from process.relatives import LONGEST, MOST, Likeness, Relation, Relative
from process.view import Option, Overview
from settings import lead_page
from starter.connection import UNANSWERED, no_worker
from starter.failures import CommandError, ExitCode
from workflows import search_attributes as attributes
from workflows.lead import LeadWorkflow
from workflows.start import policy_memo

Handle = WorkflowHandle[LeadWorkflow, str]
T = TypeVar("T")
WORKFLOW = LeadWorkflow.__name__
RUNNING = "ExecutionStatus = 'Running'"
NAMELESS = org_key("")
"""Of organisations without a letter or digit in their name: that says nothing."""
_BUILT_IN = Policy()
_ISSUE_URL = re.compile(r"/([^/]+)/issues/(\d+)$")


class Opened(BaseModel):
    """A lead that was asked for: new, or already there."""

    lead: str
    stage: str
    url: str
    already: bool
    resembles: list[str] = []
    """Open leads that it looks like. Where nobody was asked as it began, it is held until a person decides."""


class Foreseen(BaseModel):
    """What a decision would do."""

    answer: Answer
    stage: Stage
    effects: list[str]
    dates: list[str] = []
    """Which dates of the calendar would be others."""
    attention: list[str] = []
    undoing: Undoing | None = None


class Row(BaseModel):
    """A lead in a list, as visibility knows it: without asking its workflow."""

    lead: str
    stage: str | None
    owner: str | None
    next_date: datetime | None
    attention: int
    failed: int
    on_hold: bool
    heading: str
    url: str


class InFlight(NamedTuple):
    """An open lead with what it has outside, as visibility knows it: without asking its workflow."""

    id: str
    stage: str
    issue: tuple[str, int] | None
    """Its repository, in lower case, and its number."""
    hub_issue: tuple[str, int] | None
    has_folder: bool
    heading: str


class Under(NamedTuple):
    """A lead and the policy that it is under, as visibility knows it; empty where it began under release 0.1."""

    lead: str
    stage: Stage
    heading: str
    version: str
    people: str
    """Digest of who is behind the roles."""


@dataclass(frozen=True)
class Leads:
    """All leads behind one Temporal namespace. `patience`: how long an answer may take; `policy`: that of new leads."""

    client: Client
    task_queue: str
    ui: str
    patience: timedelta = timedelta(seconds=10)
    policy: Policy = _BUILT_IN

    def link(self, lead: str) -> str:
        """The lead's page in the Temporal UI."""
        return lead_page(self.ui, self.client.namespace, lead)

    # ---- begin and find

    async def open(self, opened: LeadOpened, *, lead: str | None = None, duplicate: bool = False) -> Opened:
        """Begins a lead. The same organisation and title are the same lead, however often it is taken in.

        Raises CommandError (refused) where it can't begin, or where, unless `duplicate` is meant, it looks like another
        open lead.
        """
        lead = lead or lead_id(opened.org, opened.title)
        others = await self._sound(opened, lead)
        if others and not duplicate:
            alike = ", ".join(f"{other.lead}{other.because}" for other in others)
            raise CommandError(
                ExitCode.REFUSED,
                f"It looks like {alike}, open already. If this is another one, say so with --not-a-duplicate.",
            )
        return await self._begin(opened, lead, [_judged(other) for other in others])

    async def take_in(self, opened: LeadOpened, *, lead: str) -> Opened:
        """As `open`, where nobody can be asked: what looks like another open lead begins all the same, and is held.

        Raises CommandError (refused) where it can't begin.
        """
        return await self._begin(opened, lead, await self._sound(opened, lead))

    async def _sound(self, opened: LeadOpened, lead: str) -> list[Relative]:
        if wrong := opened.complaint():
            raise CommandError(ExitCode.REFUSED, str(wrong))
        return await self.alike(opened, lead)

    async def _begin(self, opened: LeadOpened, lead: str, others: list[Relative]) -> Opened:
        if others:
            opened = opened.model_copy(update={"originals": tuple(others)})
        if "policy" not in opened.model_fields_set:
            opened = opened.model_copy(update={"policy": self.policy})
        body = opened.model_dump(mode="json", exclude_unset=True)
        body["policy"] = opened.policy.model_dump(mode="json")  # all of it: the lead keeps this one
        start = opened.opened(lead, datetime.now(UTC))
        try:
            await self.client.start_workflow(
                LeadWorkflow.run,
                body,
                id=lead,
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=start.heading,
                static_details=f"{opened.service} · opened by {opened.by} through {opened.source}",
                memo={"heading": start.heading} | policy_memo(start.policy),
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(key, value)
                        for key, value in attributes.at_start(start).items()
                        if value is not None
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            return await self._already(lead)
        resembles = [other.lead for other in others]
        return Opened(lead=lead, stage=start.stage, url=self.link(lead), already=False, resembles=resembles)

    async def ended_at(self, lead: Handle) -> datetime | None:
        """When its workflow was over, because it was archived or somebody terminated it; None for one that runs."""
        return (await lead.describe()).close_time

    async def _already(self, lead: str) -> Opened:
        known = await self.client.get_workflow_handle(lead).describe()
        if known.status is not WorkflowExecutionStatus.RUNNING:
            raise CommandError(
                ExitCode.REFUSED, f"{lead} is that lead, and it has ended. Give another title."
            )
        stage = known.typed_search_attributes.get(attributes.STAGE) or Stage.LEAD
        return Opened(lead=lead, stage=stage, url=self.link(lead), already=True)

    async def find(self, name: str) -> Handle:
        """The lead of this id, or of the only id that begins so (`lead-` may be left out).

        Raises CommandError: not found, ambiguous, or nothing at all, as a script has it whose variable was never set.
        """
        quoted = name.strip().replace("'", "")
        if not quoted.removeprefix("lead-"):
            raise CommandError(ExitCode.NOT_FOUND, f"{name!r} names no lead. `leads list` shows them.")
        if known := await self.known(name):
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
            raise CommandError(
                ExitCode.NOT_FOUND,
                f"{name!r} begins more than one lead: {', '.join(found[:5])}. Write more of it.",
            )
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"There is no lead {name!r}. `leads list` shows the open ones; a lead that was archived long ago is "
            "in the ledger alone.",
        )

    async def known(self, lead: str) -> Handle | None:
        """The lead of just this id, from the moment it was begun; one that has ended, too, until Temporal forgets it."""
        try:
            known = await self.client.get_workflow_handle(lead).describe()
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                raise
            return None
        if known.workflow_type != WORKFLOW:
            return None
        return self.client.get_workflow_handle_for(LeadWorkflow.run, lead)

    async def by_issue(self, repo: str, number: int) -> Handle | None:
        """The lead whose issue, or whose hub's issue, this is, as visibility knows it (a moment late).

        A lead that was archived is found, too; one whose workflow was terminated is gone.
        """
        name = f"{repo}#{number}".replace("'", "")
        place = f"({attributes.ISSUE.name} = '{name}' OR {attributes.HUB_ISSUE.name} = '{name}')"
        found = [
            each async for each in self._executions([place, "ExecutionStatus IN ('Running', 'Completed')"])
        ]
        if not found:
            return None
        newest = max(found, key=lambda each: (each.close_time is None, each.start_time))
        return self.client.get_workflow_handle_for(LeadWorkflow.run, newest.id)

    async def by_response(self, response: str) -> Handle | None:
        """The lead that this response to the questionnaire belongs to: an open one, if there is one."""
        name = response.replace("'", "")
        clauses = [f"{attributes.RESPONSE.name} = '{name}'", RUNNING]
        found = [each async for each in self._executions(clauses)]
        found.sort(key=lambda each: each.typed_search_attributes.get(attributes.STAGE) in OPEN_STAGES)
        return self.client.get_workflow_handle_for(LeadWorkflow.run, found[-1].id) if found else None

    async def going_on(self, lead: Handle) -> Handle:
        """The lead that goes on with what this one was: itself, unless it was merged into another one."""
        seen = {lead.id}
        while (into := (await self.overview(lead)).facts.merged_into) and into.lead not in seen:
            seen.add(into.lead)
            lead = self.client.get_workflow_handle_for(LeadWorkflow.run, into.lead)
        return lead

    async def alike(self, opened: LeadOpened, lead: str) -> list[Relative]:
        """Open leads that this one, of that id, looks like; first those that look most like it, and of these the oldest."""
        same = [f"WorkflowId = '{lead_id(opened.org, opened.title)}'"]
        if org_key(opened.org) != NAMELESS:
            same.append(f"{attributes.ORG_KEY.name} = '{org_key(opened.org)}'")
        if opened.email:
            same.append(f"{attributes.DOMAIN.name} = '{contact_key(opened.email)}'")
        clauses = [f"({' OR '.join(same)})", *self._open_and_ours()]
        found = [each async for each in self._executions(clauses) if each.id != lead]
        found.sort(key=lambda each: each.start_time)
        others = [await _alike(opened, each) for each in found]
        return sorted(others, key=lambda other: -len(other.why))[:MOST]

    async def lookalikes(self) -> list[tuple[str, ...]]:
        """Groups of open leads with the same organisation, or the same mail domain: their ids, in order."""
        groups: dict[str, set[str]] = {}
        async for each in self._executions(self._open_and_ours()):
            known = each.typed_search_attributes
            for key in (attributes.ORG_KEY, attributes.DOMAIN):
                value = known.get(key)
                if value and value != NAMELESS:
                    groups.setdefault(f"{key.name} {value}", set()).add(each.id)
        return sorted({tuple(sorted(group)) for group in groups.values() if len(group) > 1})

    async def resembles(self, lead: Handle, others: Sequence[Relative]) -> None:
        """The lead is held as a probable duplicate of these, unless that was judged; one that has just ended need not."""
        try:
            await lead.signal("resembles", Likenesses(originals=tuple(others)))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def by_domain(self, email: str) -> list[Handle]:
        """Open leads of the organisation that this mail address belongs to, as far as its domain tells."""
        clauses = [f"{attributes.DOMAIN.name} = '{contact_key(email)}'", RUNNING]
        clauses.append(_any_of(attributes.STAGE, sorted(OPEN_STAGES)))
        return [
            self.client.get_workflow_handle_for(LeadWorkflow.run, each.id)
            async for each in self._executions(clauses)
        ]

    async def listed(
        self,
        stages: Iterable[Stage] = OPEN_STAGES,
        *,
        owner: Role | None = None,
        attention: bool = False,
        org: str | None = None,
        ours: bool = False,
        among: Iterable[str] | None = None,
    ) -> AsyncIterator[Row]:
        """Leads that are in one of these stages, oldest first, as visibility knows them (a moment late)."""
        clauses = [_any_of(attributes.STAGE, sorted(stages)), RUNNING]
        if owner:
            clauses.append(f"{attributes.OWNER.name} = '{owner}'")
        if attention:
            clauses.append(f"({attributes.ATTENTION.name} > 0 OR {attributes.PARKED.name} > 0)")
        if ours:  # those that our worker answers for
            clauses.append(f"TaskQueue = '{self.task_queue}'")
        if among is not None:
            names = ", ".join(f"'{name.replace(chr(39), '')}'" for name in among)
            clauses.append(f"WorkflowId IN ({names})")
        if org:
            clauses.append(f"{attributes.ORG_KEY.name} = '{org_key(org)}'")
        found = [execution async for execution in self._executions(clauses)]
        for execution in sorted(found, key=lambda execution: execution.start_time):
            yield await self._row(execution)

    async def in_flight(self) -> list[InFlight]:
        """All open leads, for whoever compares them with the outside."""
        clauses = [_any_of(attributes.STAGE, sorted(OPEN_STAGES)), RUNNING]
        found = []
        async for execution in self._executions(clauses):
            memo = await execution.memo()
            issue, hub = (_issue_at(str(memo.get(name, ""))) for name in ("issue", "hub"))
            stage = execution.typed_search_attributes.get(attributes.STAGE) or Stage.LEAD
            heading = str(memo.get("heading", ""))
            found.append(InFlight(execution.id, stage, issue, hub, "folder" in memo, heading))
        return found

    async def under(self) -> list[Under]:
        """All our leads that are not archived, with the policy that each is under."""
        clauses = [RUNNING, f"TaskQueue = '{self.task_queue}'"]
        found = []
        async for execution in self._executions(clauses):
            memo = await execution.memo()
            stage = execution.typed_search_attributes.get(attributes.STAGE) or Stage.LEAD
            found.append(
                Under(
                    lead=execution.id,
                    stage=Stage(stage),
                    heading=str(memo.get("heading", "")),
                    version=str(memo.get("policy", "")),
                    people=str(memo.get("people", "")),
                )
            )
        return sorted(found)

    def _open_and_ours(self) -> list[str]:
        """Open leads that our worker answers for."""
        stages = _any_of(attributes.STAGE, sorted(OPEN_STAGES))
        queue = self.task_queue.replace("'", "''")
        return [stages, RUNNING, f"TaskQueue = '{queue}'"]

    def _executions(self, clauses: Iterable[str]) -> AsyncIterator[WorkflowExecution]:
        return self.client.list_workflows(" AND ".join([f"WorkflowType = '{WORKFLOW}'", *clauses]))

    async def _row(self, execution: WorkflowExecution) -> Row:
        known = execution.typed_search_attributes
        return Row(
            lead=execution.id,
            stage=known.get(attributes.STAGE),
            owner=known.get(attributes.OWNER),
            next_date=known.get(attributes.NEXT_DATE),
            attention=known.get(attributes.ATTENTION) or 0,
            failed=known.get(attributes.PARKED) or 0,
            on_hold=known.get(attributes.ON_HOLD) or False,
            heading=str((await execution.memo()).get("heading", "")),
            url=self.link(execution.id),
        )

    # ---- decide

    async def decide(self, lead: Handle, decision: Decision) -> Answer | None:
        """The answer; or None where no worker is there to give one: then the decision is handed in and will be taken.

        Raises CommandError (refused) with the reason and what would work.
        """
        if isinstance(decision, Merged):
            decision = await self._into(lead, decision)
        body = self._body(decision)
        try:
            answer: Answer = await lead.execute_update(
                decision.kind, body, result_type=Answer, rpc_timeout=self.patience
            )
        except WorkflowUpdateFailedError as failed:
            reason = failed.cause.message if isinstance(failed.cause, ApplicationError) else str(failed.cause)
            raise CommandError(ExitCode.REFUSED, reason) from failed
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            # Should the update still arrive, the lead recognises the signal as the same decision.
            await lead.signal(decision.kind, body)
            return None
        return answer

    def _body(self, decision: Decision) -> dict[str, Any]:
        """As the lead takes it; the policy in force is what we know, and nobody types it."""
        body = decision.model_dump(mode="json", exclude_unset=True)
        if isinstance(decision, PolicyAdopted):
            body.setdefault("policy", self.policy.model_dump(mode="json"))
        return body

    async def _into(self, lead: Handle, merged: Merged) -> Merged:
        """The same with the id of the lead that goes on, however it was named. What can't go on is refused now.

        Without a worker, that is found out when the other lead is told.
        """
        try:
            other = await self._named(merged.into)
        except CommandError as unknown:
            raise CommandError(ExitCode.REFUSED, str(unknown)) from None
        if other is None:
            raise CommandError(ExitCode.REFUSED, f"{merged.into} is no lead's issue.")
        try:
            wrong = unmergeable((await self.overview(other)).facts, lead.id)
            known = (await self.overview(lead)).facts.merged_into if wrong else None
        except CommandError:
            wrong = None
        if wrong and (known is None or known.lead != other.id):
            raise CommandError(ExitCode.REFUSED, str(wrong))
        return merged.model_copy(update={"into": other.id})

    async def _named(self, name: str) -> Handle | None:
        """The lead of this id or its beginning, or of the issue at this address or as `leads#12`; None if it has none."""
        issue = re.fullmatch(r"([\w.-]+)#(\d+)", issue_name(name) or name)
        return await self.by_issue(issue[1], int(issue[2])) if issue else await self.find(name)

    async def retry(self, lead: Handle, effect: str | None) -> list[str]:
        """Keys of the effects that had failed for good and are tried again: all, or the one of this key."""
        given = [] if effect is None else [effect]
        try:
            keys: list[str] = await lead.execute_update(
                "retry", args=given, result_type=list[str], rpc_timeout=self.patience
            )
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise no_worker(self.task_queue) from None
        return keys

    async def look_outside(self, lead: str, look: Look) -> None:
        """The lead with this id finds out what became of what it has outside; one that has just ended need not."""
        try:
            await self.client.get_workflow_handle(lead).signal("look_outside", look)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def put_back(self, lead: Handle, asked: PutBack) -> None:
        """What people moved on GitHub and the lead could not follow is undone there, by the lead."""
        body = asked.model_dump(mode="json", exclude_defaults=True)
        try:
            await lead.execute_update("put_back", body, rpc_timeout=self.patience)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            await lead.signal("put_back", body)  # asked for twice, it is done once

    async def know_people(self, lead: str, people: People) -> None:
        """The lead with this id hears who is behind the roles; one that has just ended need not."""
        try:
            await self.client.get_workflow_handle(lead).signal("know_people", people)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def adopt(self, lead: Handle) -> None:
        """The lead goes on in a new run, under the newest rules of the process."""
        await lead.signal("adopt")

    # ---- ask

    async def overview(self, lead: Handle) -> Overview:
        """Everything that a face shows of it."""
        return await self._ask(lead, "lead", (), Overview)

    async def options(self, lead: Handle) -> list[Option]:
        """Every decision: whether it may be taken now, and what it would do."""
        return await self._ask(lead, "options", (), list[Option])

    async def agenda(self, lead: Handle, now: datetime) -> list[Item]:
        """What is to be done for it at this moment, and by whom."""
        return await self._ask(lead, "agenda", (now.isoformat(),), list[Item])

    async def preview(self, lead: Handle, decision: Decision) -> Foreseen:
        """What this decision would do, without taking it.

        Raises CommandError (refused) where it names a lead that can't be meant.
        """
        if isinstance(decision, Merged):
            decision = await self._into(lead, decision)
        return await self._ask(lead, "preview", (decision.kind, self._body(decision)), Foreseen)

    async def _ask(self, lead: Handle, query: str, args: tuple[Any, ...], answer: type[T]) -> T:
        try:
            async with asyncio.timeout(self.patience.total_seconds()):  # the SDK would try again and again
                found: T = await lead.query(query, args=args, result_type=answer)
        except TimeoutError:
            raise no_worker(self.task_queue) from None
        except RPCError as error:
            if error.status in UNANSWERED:
                raise no_worker(self.task_queue) from error
            raise
        return found


def _judged(other: Relative) -> Relative:
    """Whoever begins a lead although it looks like another one has said that it is not that."""
    return other.model_copy(update={"relation": Relation.APART})


async def _alike(opened: LeadOpened, other: WorkflowExecution) -> Relative:
    """In what it looks like that lead."""
    known, memo = other.typed_search_attributes, await other.memo()
    heading, url = str(memo.get("heading", ""))[:LONGEST], str(memo.get("issue", ""))[:LONGEST]
    why = []
    if known.get(attributes.ORG_KEY) == org_key(opened.org):
        why.append(Likeness.ORGANISATION)
        if title_key(heading.rpartition("] - ")[2]) == title_key(opened.title):
            why.append(Likeness.TITLE)
    if opened.email and known.get(attributes.DOMAIN) == contact_key(opened.email):
        why.append(Likeness.ADDRESS if everybodys(opened.email) else Likeness.DOMAIN)
    return Relative(lead=other.id, why=tuple(why), heading=heading, url=url)


def _issue_at(url: str) -> tuple[str, int] | None:
    """Repository and number of an issue, from its address."""
    match = _ISSUE_URL.search(url)
    return (unquote(match[1]).casefold(), int(match[2])) if match else None


def _any_of(key: SearchAttributeKey[Any], values: Iterable[str]) -> str:
    return f"{key.name} IN ({', '.join(repr(str(value)) for value in values)})"
