"""A lead speaks to other leads: through Temporal, where each of them lives."""

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
from process.duplicates.notices import RelationNotice, relation_notices
from process.duplicates.observations import OriginalsNotified
from process.effects.requests import EffectRequest, Outcome
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.lead import Lead

TIMEOUT = timedelta(seconds=8)
"""How long another lead may take to answer; then it is asked again."""


class NoAnswerYetError(Exception):
    """Another lead does not answer now: why."""


class NotTakenError(Exception):
    """Another lead does not take what it is told, for good: why not."""


class LeadsActivities:
    """Over the worker's own client."""

    def __init__(self, client: Client, timeout: timedelta = TIMEOUT) -> None:
        self._client = client
        self._timeout = timeout

    @activity.defn(name="notify_leads")
    async def notify_leads(self, request: EffectRequest) -> Outcome:
        """Tells every lead concerned what this one is to it now. One that knows it already is not changed by that.

        All are told, whatever one of them answers. Then one that did not answer is asked again; a refusal is parked.
        """
        seen, unheard, wrong = list[DuplicateLink](), list[str](), list[str]()
        for other, told in relation_notices(request.lead).items():
            try:
                if answer := await self._tell(other, told):
                    seen.append(answer)
            except NoAnswerYetError as nobody:
                unheard.append(str(nobody))
            except NotTakenError as no:
                wrong.append(str(no))
        if unheard:
            raise again("; ".join(unheard))
        if wrong:
            raise park(f"{' '.join(wrong)} Then retry; or take the merge back by correcting it")
        return Outcome(observation=_news(request.lead, seen))

    async def _tell(self, other: str, told: RelationNotice) -> DuplicateLink | None:
        """What the other lead is called; None where it is gone and need not know.

        Raises NoAnswerError, or NotTakenError where it does not take in what was merged into it.
        """
        handle = self._client.get_workflow_handle(other)
        try:
            answer: DuplicateLink = await handle.execute_update(
                "receive_relation_notice",
                told.model_dump(mode="json"),
                result_type=DuplicateLink,
                rpc_timeout=self._timeout,
            )
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            raise NotTakenError(
                cause.message if isinstance(cause, ApplicationError) else str(cause)
            ) from None
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise NoAnswerYetError(f"{other} did not answer in time") from None
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or await self._lives(other):
                raise NoAnswerYetError(
                    f"Temporal could not answer for {other}: {error.status.name}"
                ) from None
            if told.sender.relation is Relation.MERGED:
                raise NotTakenError(f"There is no lead {other} that could go on with this one.") from None
            return None
        return answer

    async def _lives(self, other: str) -> bool:
        """Between two of its runs a lead can't be told anything, and is there all the same."""
        try:
            known = await self._client.get_workflow_handle(other).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise NoAnswerYetError(f"Temporal could not answer for {other}: {error.status.name}") from None
        return known.status is WorkflowExecutionStatus.RUNNING


def _news(lead: Lead, seen: list[DuplicateLink]) -> OriginalsNotified | None:
    """What the lead did not know yet of those that it told."""
    known = {other.lead_id: (other.heading, other.url) for other in lead.originals}
    new = tuple(other for other in seen if known.get(other.lead_id) != (other.heading, other.url))
    return OriginalsNotified(originals=new) if new else None
