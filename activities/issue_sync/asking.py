"""How a lead is asked during a visit."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

from activities.errors import again
from client.connection import explain
from client.errors import CommandError, ExitCode

T = TypeVar("T")


async def asked(question: Awaitable[T]) -> T:
    """The lead's answer. Where nobody answers now, the visit is made again.

    Raises CommandError (refused) with the lead's reason.
    """
    try:
        return await question
    except CommandError as failure:
        if failure.code is ExitCode.REFUSED:
            raise
        raise again(f"{failure}") from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise CommandError(ExitCode.REFUSED, str(explain(error))) from None
        raise again(f"Temporal could not answer: {error.status.name}") from None
