"""Leads as their faces see them: begin one, decide, ask. Nothing here prints or parses."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from client.connection import NO_WORKER_ANSWERED
from client.directory import Directory, LeadHandle
from client.errors import (
    DecisionRefused,
    LeadHasEnded,
    LeadMissing,
    LeadsError,
    LeadStuck,
    NoWorker,
    PossibleDuplicate,
    refused_by,
)
from process.core.outbox import DriftCheck
from process.core.receipts import Answer
from process.core.refusal import Refused
from process.corrections.corrected_decision import CorrectionImpact
from process.decisions.base import Decision
from process.decisions.merging import Merged
from process.decisions.opening import LeadOpened
from process.decisions.policy import PolicyAdopted
from process.duplicates.notices import DuplicateCandidates, unmergeable
from process.github.edits import RevertEdits
from process.identity import issue_name, lead_id
from process.lead.duplicate_links import DuplicateLink, Relation
from process.policy import People, Policy
from process.types import Stage
from process.views.agenda import Item
from process.views.overview import Option, Overview
from workflows import search_attributes as attributes
from workflows.lead import LeadWorkflow
from workflows.start import policy_memo

T = TypeVar("T")
_BUILT_IN = Policy()


class Opened(BaseModel):
    """A lead that was asked for: new, or already there."""

    lead: str
    stage: str
    url: str
    already: bool
    flag_duplicates: list[str] = []
    """Open leads that it looks like. Where nobody was asked as it began, it is held until a person decides."""


class DecisionPreview(BaseModel):
    """What a decision would do."""

    answer: Answer
    stage: Stage
    effects: list[str]
    dates: list[str] = []
    """Which dates of the calendar would be others."""
    attention: list[str] = []
    correction_impact: CorrectionImpact | None = None


@dataclass(frozen=True)
class LeadsClient(Directory):
    """As the directory, and each of them asked. `patience`: how long an answer may take; `policy`: that of new leads."""

    timeout: timedelta = timedelta(seconds=10)
    policy: Policy = _BUILT_IN

    # ---- begin

    async def open(self, opened: LeadOpened, *, lead: str | None = None, duplicate: bool = False) -> Opened:
        """Begins a lead. The same organisation and title are the same lead, however often it is taken in.

        Raises CommandError (refused) where it can't begin, or where, unless `duplicate` is meant, it looks like another
        open lead.
        """
        lead = lead or lead_id(opened.org, opened.title)
        others = await self._sound(opened, lead)
        if others and not duplicate:
            raise PossibleDuplicate(others)
        return await self._begin(opened, lead, [_judged(other) for other in others])

    async def take_in(self, opened: LeadOpened, *, lead: str) -> Opened:
        """As `open`, where nobody can be asked: what looks like another open lead begins all the same, and is held.

        Raises CommandError (refused) where it can't begin.
        """
        return await self._begin(opened, lead, await self._sound(opened, lead))

    async def _sound(self, opened: LeadOpened, lead: str) -> list[DuplicateLink]:
        if wrong := opened.complaint():
            raise DecisionRefused(wrong, lead)
        return await self.possible_duplicates(opened, lead)

    async def _begin(self, opened: LeadOpened, lead: str, others: list[DuplicateLink]) -> Opened:
        if others:
            opened = opened.replaced(originals=tuple(others))
        if "policy" not in opened.model_fields_set:
            opened = opened.replaced(policy=self.policy)
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
        flag_duplicates = [other.lead for other in others]
        return Opened(
            lead=lead, stage=start.stage, url=self.link(lead), already=False, flag_duplicates=flag_duplicates
        )

    async def _already(self, lead: str) -> Opened:
        known = await self.client.get_workflow_handle(lead).describe()
        if known.status is not WorkflowExecutionStatus.RUNNING:
            raise LeadHasEnded(lead)
        stage = known.typed_search_attributes.get(attributes.STAGE) or Stage.LEAD
        return Opened(lead=lead, stage=stage, url=self.link(lead), already=True)

    async def successor(self, lead: LeadHandle) -> LeadHandle:
        """The lead that goes on with what this one was: itself, unless it was merged into another one."""
        seen = {lead.id}
        while (into := (await self.overview(lead)).facts.merged_into) and into.lead not in seen:
            seen.add(into.lead)
            lead = self.client.get_workflow_handle_for(LeadWorkflow.run, into.lead)
        return lead

    async def flag_duplicates(self, lead: LeadHandle, others: Sequence[DuplicateLink]) -> None:
        """The lead is held as a probable duplicate of these, unless that was judged; one that has just ended need not."""
        try:
            await lead.signal("flag_duplicates", DuplicateCandidates(originals=tuple(others)))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    # ---- decide

    async def decide(self, lead: LeadHandle, decision: Decision) -> Answer | None:
        """The answer; or None where no worker is there to give one: then the decision is handed in and will be taken.

        Raises CommandError (refused) with the reason and what would work.
        """
        if isinstance(decision, Merged):
            decision = await self._into(lead, decision)
        body = self._body(decision)
        try:
            answer: Answer = await lead.execute_update(
                decision.kind, body, result_type=Answer, rpc_timeout=self.timeout
            )
        except WorkflowUpdateFailedError as failed:
            raise DecisionRefused(refused_by(failed.cause), lead.id) from failed
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

    async def _into(self, lead: LeadHandle, merged: Merged) -> Merged:
        """The same with the id of the lead that goes on, however it was named. What can't go on is refused now.

        Without a worker, that is found out when the other lead is told.
        """
        try:
            other = await self._named(merged.into)
        except LeadMissing as unknown:
            raise DecisionRefused(Refused(reason=str(unknown).removesuffix(".")), lead.id) from None
        if other is None:
            raise DecisionRefused(Refused(reason=f"{merged.into} is no lead's issue"), lead.id)
        try:
            wrong = unmergeable((await self.overview(other)).facts, lead.id)
            known = (await self.overview(lead)).facts.merged_into if wrong else None
        except LeadsError:
            wrong = None
        if wrong and (known is None or known.lead != other.id):
            raise DecisionRefused(wrong, lead.id)
        return merged.replaced(into=other.id)

    async def _named(self, name: str) -> LeadHandle | None:
        """The lead of this id or its beginning, or of the issue at this address or as `leads#12`; None if it has none."""
        issue = re.fullmatch(r"([\w.-]+)#(\d+)", issue_name(name) or name)
        return await self.by_issue(issue[1], int(issue[2])) if issue else await self.find(name)

    async def retry(self, lead: LeadHandle, effect: str | None) -> list[str]:
        """Keys of the effects that had failed for good and are tried again: all, or the one of this key."""
        given = [] if effect is None else [effect]
        try:
            keys: list[str] = await lead.execute_update(
                "retry", args=given, result_type=list[str], rpc_timeout=self.timeout
            )
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise NoWorker(self.task_queue) from None
        return keys

    async def check_drift(self, lead: str, look: DriftCheck) -> None:
        """The lead with this id finds out what became of what it has outside; one that has just ended need not."""
        try:
            await self.client.get_workflow_handle(lead).signal("check_drift", look)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def revert_edits(self, lead: LeadHandle, asked: RevertEdits) -> None:
        """What people moved on GitHub and the lead could not follow is undone there, by the lead."""
        body = asked.model_dump(mode="json", exclude_defaults=True)
        try:
            await lead.execute_update("revert_edits", body, rpc_timeout=self.timeout)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            await lead.signal("revert_edits", body)  # asked for twice, it is done once

    async def set_team(self, lead: str, people: People) -> None:
        """The lead with this id hears who is behind the roles; one that has just ended need not."""
        try:
            await self.client.get_workflow_handle(lead).signal("set_team", people)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def adopt(self, lead: LeadHandle) -> None:
        """The lead goes on in a new run, under the newest rules of the process."""
        await lead.signal("adopt")

    # ---- ask

    async def overview(self, lead: LeadHandle) -> Overview:
        """Everything that a face shows of it."""
        return await self._ask(lead, "lead", (), Overview)

    async def options(self, lead: LeadHandle) -> list[Option]:
        """Every decision: whether it may be taken now, and what it would do."""
        return await self._ask(lead, "options", (), list[Option])

    async def agenda(self, lead: LeadHandle, now: datetime) -> list[Item]:
        """What is to be done for it at this moment, and by whom."""
        return await self._ask(lead, "agenda", (now.isoformat(),), list[Item])

    async def preview(self, lead: LeadHandle, decision: Decision) -> DecisionPreview:
        """What this decision would do, without taking it.

        Raises CommandError (refused) where it names a lead that can't be meant.
        """
        if isinstance(decision, Merged):
            decision = await self._into(lead, decision)
        return await self._ask(lead, "preview", (decision.kind, self._body(decision)), DecisionPreview)

    async def _ask(self, lead: LeadHandle, query: str, args: tuple[Any, ...], answer: type[T]) -> T:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):  # the SDK would try again and again
                found: T = await lead.query(query, args=args, result_type=answer)
        except TimeoutError:
            raise NoWorker(self.task_queue) from None
        except RPCError as error:
            if error.status in NO_WORKER_ANSWERED:
                raise NoWorker(self.task_queue) from error
            raise
        except WorkflowQueryFailedError as error:
            raise LeadStuck(lead.id, str(error)) from error
        return found


def _judged(other: DuplicateLink) -> DuplicateLink:
    """Whoever begins a lead although it looks like another one has said that it is not that."""
    return other.replaced(relation=Relation.APART)
