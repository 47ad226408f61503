"""How a lead is asked during a visit."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

from activities.errors import again
from client.connection import translate
from client.errors import LeadsError, RequestRefused

T = TypeVar("T")


async def asked(question: Awaitable[T]) -> T:
    """The lead's answer. Where nobody answers now, the visit is made again.

    Raises RequestRefused with the lead's reason, or LeadMissing where it has ended.
    """
    try:
        return await question
    except RequestRefused:
        raise
    except LeadsError as failure:
        raise again(f"{failure}") from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise translate(error) from None
        raise again(f"Temporal could not answer: {error.status.name}") from None
