"""Asks a running lead to take a person's words out of its state."""

from client.directory import LeadHandle
from client.leads import LeadsClient
from process.envelope import THE_SERVICE, sign
from process.privacy.message import ERASE_PERSON, ErasePerson, ErasureAnswer


async def erase_in(leads: LeadsClient, handle: LeadHandle, request: ErasePerson) -> ErasureAnswer:
    """Ask the lead, and return its answer. Its next run begins at once, as soon as effects under way have ended.

    Repeated, the same request begins another run and changes nothing else. Raises WorkflowUpdateFailedError if the lead
    refuses, as when it does not know our key yet, and RPCError.
    """
    body = request.model_dump(mode="json")
    signed = sign(leads.key, handle.id, ERASE_PERSON, body, THE_SERVICE).model_dump(mode="json")
    answer: ErasureAnswer = await handle.execute_update(
        ERASE_PERSON, args=[body, signed], result_type=ErasureAnswer
    )
    return answer
