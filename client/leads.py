"""The client of leads: open a lead, take decisions, query. It neither prints nor parses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

from temporalio.client import (
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from client.answers import DecisionPreview, Opened, Waiting
from client.connection import NO_WORKER_ANSWERED, has_ended, is_not_ready, refused_by, translate
from client.directory import Directory, LeadHandle
from client.errors import (
    DecisionRefused,
    DecisionUnknown,
    LeadHasEnded,
    LeadMissing,
    LeadsError,
    LeadStuck,
    OtherLeadOpen,
    PossibleDuplicate,
    Unavailable,
)
from client.lost import error_of_ended, find_lost
from client.stuck import cause_of, find_stuck, why_silent
from process.core.answers import NOT_SIGNED, Answer
from process.core.refusal import Refused, refuse
from process.duplicates.notices import DuplicateCandidates, refuse_merge
from process.identity import Digests, full_id, possible_ids, same_text
from process.lead.duplicate_links import MAX_ORIGINALS, DuplicateLink, Relation
from process.lead.lead import Lead
from process.plain_errors import shown
from process.policy import Policy, Team
from process.types import Stage
from process.views.agenda_items import AgendaItem
from process.views.lead_overview import Option, Overview
from workflows import search_attributes as attributes
from workflows.names import LEAD_WORKFLOW, REQUEST

if TYPE_CHECKING:  # a command that only asks needs no decisions and effects, which take a moment to load
    from process.core.outbox import DriftCheck
    from process.decisions.base import Decision
    from process.decisions.merging import Merged
    from process.decisions.opening import LeadOpened
    from process.github.edits import RevertEdits

T = TypeVar("T")
Reserve = Callable[[str], Awaitable[str]]
_BUILT_IN = Policy()

NO_ANSWER = (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError)
"""Errors of an update that brought no answer."""

MAY_HAVE_ARRIVED = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.ABORTED,
        RPCStatusCode.DATA_LOSS,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
    }
)
"""Status codes after which the server may have got the request."""

KEY_PAUSES = (0.2, 1.0)
"""Seconds before a decision is sent again to a lead that did not know the key of its envelope."""

NOT_READY_PAUSE = 0.1
"""Seconds between two attempts to query a run that has no task yet."""


def unrecorded(_: str) -> bool:
    """Say of each id that the ledger does not have it: for clients that open no leads."""
    return False


@contextmanager
def cancellable() -> Iterator[None]:
    """Let a cancelled task end: the SDK turns the cancellation of an update into an error like that of a timeout."""
    try:
        yield
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise asyncio.CancelledError from error
        raise


@dataclass(frozen=True)
class LeadsClient(Directory):
    """The directory, and decisions and queries. `timeout`: for one answer; `policy`: of new leads."""

    timeout: timedelta = timedelta(seconds=10)
    policy: Policy = _BUILT_IN
    opaque_ids: bool = False
    """True if ids of new leads do not name their organisations."""
    is_recorded: Callable[[str], bool] = unrecorded
    """Tells if the ledger has a lead with this id, although Temporal has not: an ended one that was erased."""
    key: str = field(default="", repr=False)
    """Secret with which envelopes are signed; empty: leads take nobody for authenticated."""

    # ---- open

    async def open(
        self,
        opened: LeadOpened,
        *,
        lead_id: str | None = None,
        not_a_duplicate: bool = False,
        opaque_id: bool = False,
    ) -> Opened:
        """Open a lead. The same organisation and title are the same lead, however often it is opened.

        `opaque_id` keeps the organisation's name out of the id. Raises DecisionRefused, LeadHasEnded, OtherLeadOpen
        if the lead that is open says something else, or PossibleDuplicate unless `not_a_duplicate` says
        that the lead is another one than those it looks like.
        """
        key = self.request_digest(opened)
        lead_id = _given_id(lead_id) if lead_id else await self._free_id(opened, key, opaque_id=opaque_id)
        others = await self._checked(opened, lead_id)
        if others and not not_a_duplicate:
            if known := await self._known(lead_id):
                return await self._same(known, opened)
            raise PossibleDuplicate(others)
        started = await self._start(opened, lead_id, key, [_marked_apart(other) for other in others])
        return started or await self._same(await self.client.get_workflow_handle(lead_id).describe(), opened)

    async def take_in(self, opened: LeadOpened, *, key: str, reserve: Reserve | None = None) -> Opened:
        """Open a lead where nobody can be asked: a possible duplicate is opened too, and held.

        `key` identifies it where it began (`source_key`), whatever it says by now. `reserve` keeps the id before the lead
        starts, and returns the one that was reserved first. Raises DecisionRefused or LeadHasEnded.
        """
        lead_id = await self._free_id(opened, key)
        others = [*opened.originals, *await self._checked(opened, lead_id)]
        others = [*{other.lead_id: other for other in reversed(others)}.values()][::-1][:MAX_ORIGINALS]
        if reserve:
            lead_id = await reserve(lead_id)
        started = await self._start(opened, lead_id, key, others)
        return started or await self._already(await self.client.get_workflow_handle(lead_id).describe())

    async def _free_id(self, opened: LeadOpened, key: str, *, opaque_id: bool = False) -> str:
        """Return the first possible id that no lead of another request has."""
        hidden = opaque_id or self.opaque_ids or same_text(opened.org) == same_text(opened.person)
        ids = possible_ids(opened.org, key, opaque_id=hidden)
        for lead_id in ids:
            known = await self._known(lead_id)
            if known is None and await asyncio.to_thread(self.is_recorded, lead_id):
                continue
            if known is None or (await known.memo()).get(REQUEST, key) == key:
                return lead_id
        return ids[-1]

    async def _known(self, lead_id: str) -> WorkflowExecutionDescription | None:
        """Return what Temporal knows of the workflow with this id, or None."""
        try:
            return await self.client.get_workflow_handle(lead_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def heading_of_open(self, lead_id: str) -> str:
        """Return the heading of a lead whose workflow runs, which no worker need tell; empty if there is none."""
        known = await self._known(lead_id)
        if known is None or known.status is not WorkflowExecutionStatus.RUNNING:
            return ""
        return str((await known.memo()).get("heading") or lead_id)

    async def _checked(self, opened: LeadOpened, lead_id: str) -> list[DuplicateLink]:
        if refusal := opened.complaint():
            raise DecisionRefused(refusal, lead_id)
        return await self.possible_duplicates(opened, lead_id)

    async def _start(
        self, opened: LeadOpened, lead_id: str, key: str, others: list[DuplicateLink]
    ) -> Opened | None:
        """Start the lead's workflow; return None if there is one already."""
        if others:
            opened = opened.replaced(originals=tuple(others))
        if "policy" not in opened.model_fields_set:
            opened = opened.replaced(policy=self.policy)
        body = opened.model_dump(mode="json", exclude_unset=True, exclude={"actor"})
        body["policy"] = opened.policy.model_dump(mode="json")  # in full: the lead keeps this one
        from process.effects.summaries import shortened

        start = opened.opened(lead_id, datetime.now(UTC))
        try:
            await self.client.start_workflow(
                LEAD_WORKFLOW,
                body,
                id=lead_id,
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=shortened(start.heading),
                static_details=f"{opened.service} · opened by {opened.by} through {opened.source}",
                memo={"heading": start.heading, REQUEST: key},
                search_attributes=attributes.typed(attributes.at_start(start, self._digests(start))),
            )
        except WorkflowAlreadyStartedError:
            return None
        likely_duplicates = [other.lead_id for other in others]
        return Opened(
            lead_id=lead_id,
            stage=start.stage,
            url=self.link(lead_id),
            already=False,
            likely_duplicates=likely_duplicates,
        )

    def _digests(self, lead: Lead) -> Digests:
        contact = self.contact_digest(lead.email) if lead.email else None
        return Digests(org=self.org_digest(lead.org), contact=contact)

    async def _already(self, known: WorkflowExecutionDescription) -> Opened:
        """Return the answer that this lead is open already. Raises LeadHasEnded."""
        if known.status is not WorkflowExecutionStatus.RUNNING:
            raise LeadHasEnded(known.id, str(await find_lost(self.client, known.id) or ""))
        stage = known.typed_search_attributes.get(attributes.STAGE) or Stage.LEAD
        return Opened(lead_id=known.id, stage=stage, url=self.link(known.id), already=True)

    async def _same(self, known: WorkflowExecutionDescription, opened: LeadOpened) -> Opened:
        """Return the answer that this lead is open already. Raises OtherLeadOpen if it is not what was asked for."""
        answer = await self._already(known)
        asked = opened.opened(known.id, datetime.now(UTC)).heading
        heading = str((await known.memo()).get("heading", asked))
        if same_text(heading) != same_text(asked):
            raise OtherLeadOpen(known.id, heading, asked)
        return answer

    async def successor(self, handle: LeadHandle) -> LeadHandle:
        """Return the lead that this one was merged into (followed to the last one), or the lead itself."""
        seen = {handle.id}
        while (into := (await self.overview(handle)).lead.merged_into) and into.lead_id not in seen:
            seen.add(into.lead_id)
            handle = self.client.get_workflow_handle(into.lead_id)
        return handle

    async def flag_duplicates(self, handle: LeadHandle, others: Sequence[DuplicateLink]) -> None:
        """Hold the lead as a possible duplicate of these, unless a person judged that; an ended lead is skipped."""
        try:
            await handle.signal("flag_duplicates", DuplicateCandidates(originals=tuple(others)))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    # ---- decide

    async def decide(
        self, handle: LeadHandle, decision: Decision, seen: int | None = None
    ) -> Answer | Waiting:
        """Take the decision and return the lead's answer. If the lead does not answer now, the decision is sent as a
        signal, which Temporal keeps until the lead takes it.

        `seen`: the newest event that the person knew. The lead refuses the decision if it was overtaken by others
        (`process.core.news`). It needs a decision whose face says who decides.

        Raises DecisionRefused; DecisionUnknown if Temporal failed meanwhile; LeadLost. With any other error, the decision
        was not taken.
        """
        decision = await self._into(handle, decision)
        body = self.body_of(decision)
        try:
            return await self._update(handle, decision, body, seen)
        except NO_ANSWER as error:
            try:
                async with asyncio.timeout(self.timeout.total_seconds()):
                    silent = await self._silent(handle, error)
                    # Should the update still arrive, the lead recognises the signal as the same decision.
                    body = {"said_at": datetime.now(UTC).isoformat()} | body
                    await handle.signal(decision.kind, args=self._sent(handle, decision, body, seen))
            except (TimeoutError, RPCError) as failed:
                raise await self._failed(handle, decision, failed) from failed
            return Waiting(silent)

    async def _update(
        self, handle: LeadHandle, decision: Decision, body: dict[str, Any], seen: int | None
    ) -> Answer:
        """Send the decision as an update. A lead that does not know our key yet has asked its worker for it."""
        args = self._sent(handle, decision, body, seen)
        for pause in (*KEY_PAUSES, None):
            try:
                return await self._answered(
                    handle.execute_update(decision.kind, args=args, result_type=Answer)
                )
            except WorkflowUpdateFailedError as failed:
                refused = refused_by(failed.cause)
                if pause is None or refused.reason != NOT_SIGNED.reason:
                    raise DecisionRefused(refused, handle.id) from failed
                await asyncio.sleep(pause)
        raise AssertionError

    async def _failed(
        self, handle: LeadHandle, decision: Decision, error: TimeoutError | RPCError
    ) -> Exception:
        """Return the error for a decision that could not be sent, or that is perhaps under way."""
        if isinstance(error, TimeoutError):
            return DecisionUnknown(handle.id, "Temporal did not answer in time", decision.key)
        if error.status in MAY_HAVE_ARRIVED:
            return DecisionUnknown(handle.id, str(translate(error)), decision.key)
        return await error_of_ended(self.client, handle.id) if has_ended(error) else error

    async def _answered(self, asked: Awaitable[T]) -> T:
        """Return the answer to an update. Raises TimeoutError: the SDK's own timeout counts for each attempt alone."""
        async with asyncio.timeout(self.timeout.total_seconds()):
            with cancellable():
                return await asked

    async def _silent(self, handle: LeadHandle, error: Exception) -> Unavailable:
        """Return why the lead did not answer. Raises the error itself if it says something else."""
        if isinstance(error, RPCError) and has_ended(error):
            raise await error_of_ended(self.client, handle.id) from error
        if isinstance(error, RPCError) and error.status not in NO_WORKER_ANSWERED:
            raise error
        return await why_silent(self.client, handle.id, self.task_queue)

    def body_of(self, decision: Decision) -> dict[str, Any]:
        """Return the decision as JSON; a policy to adopt is filled in with ours."""
        body = decision.model_dump(mode="json", exclude_unset=True, exclude={"source", "actor"})
        if decision.kind == "policy_adopted":
            body.setdefault("policy", self.policy.model_dump(mode="json"))
        return body

    def _sent(
        self, handle: LeadHandle, decision: Decision, body: dict[str, Any], seen: int | None = None
    ) -> list[Any]:
        """Return the arguments of the decision's message: its body, and the envelope if the face says who decides."""
        if decision.actor is None:
            return [body]
        from process.envelope import sign  # only who decides signs, and needs libsodium

        envelope = sign(self.key, handle.id, decision.kind, body, decision.actor, seen)
        return [body, envelope.model_dump(mode="json", exclude_none=True)]

    def signed_team(self, team: Team) -> tuple[Any, ...]:
        """Return the arguments of the signal that tells any lead of the team, signed if there is a key."""
        from process.envelope import EVERY_LEAD, THE_SERVICE, sign

        body = team.model_dump(mode="json")
        return body, sign(self.key, EVERY_LEAD, "set_team", body, THE_SERVICE).model_dump(mode="json")

    async def _into(self, handle: LeadHandle, decision: Decision) -> Decision:
        """Return the decision; one to merge, with the id of the other lead, however that was named.

        Raises DecisionRefused if the two cannot be merged. Without a worker, the other lead finds out later.
        """
        if decision.kind != "merged":
            return decision
        decision = cast("Merged", decision)
        try:
            other = await self.exactly(decision.into)
        except LeadMissing as unknown:
            raise DecisionRefused(Refused(reason=str(unknown).removesuffix(".")), handle.id) from None
        try:
            refusal = refuse_merge((await self.overview(other)).lead, handle.id)
            known = (await self.overview(handle)).lead.merged_into if refusal else None
        except LeadsError:
            refusal = None
        if refusal and (known is None or known.lead_id != other.id):
            raise DecisionRefused(refusal, handle.id)
        return decision.replaced(into=other.id)

    async def retry(self, handle: LeadHandle, effect: str | None) -> list[str]:
        """Retry the effects that failed for good (all, or the one with this key) and return their keys."""
        given = [] if effect is None else [effect]
        try:
            keys: list[str] = await self._answered(
                handle.execute_update("retry", args=given, result_type=list[str])
            )
        except NO_ANSWER as error:
            raise await self._silent(handle, error) from None
        return keys

    async def check_drift(self, lead_id: str, drift_check: DriftCheck) -> None:
        """Ask the lead to compare itself with GitHub and Drive; an ended lead is skipped."""
        try:
            await self.client.get_workflow_handle(lead_id).signal("check_drift", drift_check)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def revert_edits(self, handle: LeadHandle, edits: RevertEdits) -> None:
        """Ask the lead to undo edits on GitHub that it cannot follow."""
        body = edits.model_dump(mode="json", exclude_defaults=True)
        try:
            await self._answered(handle.execute_update("revert_edits", body))
        except NO_ANSWER as error:
            await self._silent(handle, error)
            await handle.signal("revert_edits", body)  # repeated, it has no further effect

    async def set_team(self, lead_id: str, team: Team) -> None:
        """Tell the lead who has the roles; an ended lead is skipped."""
        try:
            await self.client.get_workflow_handle(lead_id).signal("set_team", args=self.signed_team(team))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def adopt(self, handle: LeadHandle) -> None:
        """Ask the lead to continue in a new run, under the newest rules of the process."""
        await handle.signal("adopt")

    # ---- query

    async def overview(self, handle: LeadHandle) -> Overview:
        """Return everything that a face shows of the lead."""
        return await self._ask(handle, "lead", (), Overview)

    async def options(self, handle: LeadHandle) -> list[Option]:
        """Return every decision, with its effect, or with the reason why it is not allowed now."""
        return await self._ask(handle, "options", (), list[Option])

    async def agenda(self, handle: LeadHandle, now: datetime) -> list[AgendaItem]:
        """Return what is to be done for the lead at this moment, and by which role."""
        return await self._ask(handle, "agenda", (now.isoformat(),), list[AgendaItem])

    async def preview(self, handle: LeadHandle, decision: Decision) -> DecisionPreview:
        """Return the consequences of the decision without taking it. Raises DecisionRefused for an impossible merge."""
        decision = await self._into(handle, decision)
        args = self._sent(handle, decision, self.body_of(decision))
        return await self._ask(handle, "preview", (decision.kind, *args), DecisionPreview)

    async def _ask(self, handle: LeadHandle, query: str, args: tuple[Any, ...], answer: type[T]) -> T:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):  # the SDK would try again and again
                found: T = await self._query(handle, query, args, answer)
        except (TimeoutError, RPCError) as error:
            raise await self._silent(handle, error) from error
        except WorkflowQueryFailedError as error:  # before its task fails, the query does
            stuck = await find_stuck(self.client, handle.id)
            cause, reason = (stuck.cause, stuck.reason) if stuck else (cause_of(str(error)), str(error))
            raise LeadStuck(handle.id, cause, reason) from error
        return found

    async def _query(self, handle: LeadHandle, query: str, args: tuple[Any, ...], answer: type[T]) -> T:
        """Query the lead; just after a new run has begun, as soon as that has its first task.

        The server gives the same answer for a lead that is stuck, which no waiting helps.
        """
        while True:
            try:
                found: T = await handle.query(query, args=args, result_type=answer)
            except RPCError as error:
                if not is_not_ready(error) or await find_stuck(self.client, handle.id):
                    raise
                await asyncio.sleep(NOT_READY_PAUSE)
            else:
                return found


def _given_id(name: str) -> str:
    """Return the id that a person gives. Raises DecisionRefused."""
    try:
        return full_id(name)
    except ValueError:
        wanted = "An id has small letters a–z, digits and hyphens, as lead-example-2027"
        raise DecisionRefused(refuse(f"{shown(name)} cannot be an id", wanted), name) from None


def _marked_apart(other: DuplicateLink) -> DuplicateLink:
    """Return the link as judged: the person who opened the lead said that it is a different one."""
    return other.replaced(relation=Relation.APART)
