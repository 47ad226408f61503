"""Notifies other leads of their relation to a lead, by updates of their workflows."""

from datetime import timedelta

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import again, park
from client.connection import is_refusal
from client.leads import cancellable
from process.duplicates.notices import RelationNotice, relation_notices
from process.duplicates.observations import OriginalsNotified
from process.effects.requests import EffectRequest, Outcome
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.lead import Lead

TIMEOUT = timedelta(seconds=8)
"""Time for another lead to answer. After it, the effect is retried."""


class NoAnswerYetError(Exception):
    """Another lead does not answer now. The message says why."""


class NoticeRefusedError(Exception):
    """Another lead refuses the notice for good. The message says why."""


class RelationNoticeActivities:
    """Performs the effects between leads, over the worker's own client."""

    def __init__(self, client: Client, timeout: timedelta = TIMEOUT) -> None:
        self._client = client
        self._timeout = timeout

    @activity.defn(name="notify_leads")
    async def notify_leads(self, request: EffectRequest) -> Outcome:
        """Send each related lead a notice of its relation to this one. A repeated notice changes nothing.

        Every lead is notified, whatever the others answer. Missing answers are then retried, and a refusal is parked.
        """
        notified, unanswered, refused = list[DuplicateLink](), list[str](), list[str]()
        for other, notice in relation_notices(request.lead).items():
            try:
                if answer := await self._notify(other, notice):
                    notified.append(answer)
            except NoAnswerYetError as error:
                unanswered.append(str(error))
            except NoticeRefusedError as error:
                refused.append(str(error))
        if unanswered:
            raise again("; ".join(unanswered))
        if refused:
            raise park(f"{' '.join(refused)} Then retry, or correct the merge")
        return Outcome(observation=_unknown_originals(request.lead, notified))

    async def _notify(self, other: str, notice: RelationNotice) -> DuplicateLink | None:
        """Return the other lead's link to itself, or None if it is gone and need not know.

        Raises NoAnswerYetError, or NoticeRefusedError if the other lead cannot take over this one.
        """
        handle = self._client.get_workflow_handle(other)
        try:
            with cancellable():
                answer: DuplicateLink = await handle.execute_update(
                    "receive_relation_notice",
                    notice.model_dump(mode="json"),
                    result_type=DuplicateLink,
                    rpc_timeout=self._timeout,
                )
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            raise NoticeRefusedError(
                cause.message if isinstance(cause, ApplicationError) else str(cause)
            ) from None
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise NoAnswerYetError(f"{other} did not answer in time") from None
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND and is_refusal(error):
                raise NoticeRefusedError(
                    f"Temporal refuses the notice to {other}: {error.status.name}."
                ) from None
            if error.status is not RPCStatusCode.NOT_FOUND or await self._is_running(other):
                raise NoAnswerYetError(
                    f"Temporal could not answer for {other}: {error.status.name}"
                ) from None
            if notice.sender.relation is Relation.MERGED:
                raise NoticeRefusedError(
                    f"There is no lead {other} into which this one could be merged."
                ) from None
            return None
        return answer

    async def _is_running(self, other: str) -> bool:
        """Return True if the lead's workflow is open: between two runs it is, and takes no update."""
        try:
            known = await self._client.get_workflow_handle(other).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise NoAnswerYetError(f"Temporal could not answer for {other}: {error.status.name}") from None
        return known.status is WorkflowExecutionStatus.RUNNING


def _unknown_originals(lead: Lead, notified: list[DuplicateLink]) -> OriginalsNotified | None:
    """Return an observation of the leads whose heading or link is new to this lead, or None."""
    known = {other.lead_id: (other.heading, other.url) for other in lead.originals}
    new = tuple(other for other in notified if known.get(other.lead_id) != (other.heading, other.url))
    return OriginalsNotified(originals=new) if new else None
