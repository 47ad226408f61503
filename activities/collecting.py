"""Sends a repaired lead the messages that its stuck run got after it was read."""

from temporalio import activity
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import park, unanswered
from client.histories import UnreadMessage, messages_after
from process.effects import CollectMessages
from process.effects.requests import EffectRequest, Outcome


class CollectingActivities:
    """Performs the effect of a repaired lead, over the worker's own client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn(name="collect_messages")
    async def collect_messages(self, request: EffectRequest) -> Outcome:
        """Signal the lead what its stuck run got too late. Temporal recognises a message that is sent again."""
        effect = request.effect
        assert isinstance(effect, CollectMessages)  # noqa: S101 - the activity's name is the effect's
        stuck = self._client.get_workflow_handle(request.lead.id, run_id=effect.run_id)
        try:
            for message in messages_after(await stuck.fetch_history(), effect.after):
                await self._send(request.lead.id, effect.run_id, message)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise park(
                    "Temporal no longer has the run that was stuck; nothing can be collected"
                ) from None
            raise unanswered(error) from None
        return Outcome()

    async def _send(self, lead_id: str, run_id: str, message: UnreadMessage) -> None:
        await self._client.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=lead_id),
                signal_name=message.name,
                input=Payloads(payloads=message.payloads),
                identity=message.identity,
                request_id=f"{run_id}/{message.event_id}",
            ),
            retry=True,
        )
