"""Calls to a lead during a sync, with their errors translated for the activity."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.errors import again, park, stuck, unanswered
from client.connection import is_refusal, translate
from client.directory import LeadHandle
from client.errors import AccessDenied, LeadMissing, LeadsError, LeadStuck, NamespaceMissing, RequestRefused
from client.leads import LeadsClient
from process.views.lead_overview import Overview

T = TypeVar("T")

FINAL = (RequestRefused, LeadMissing, AccessDenied, NamespaceMissing)
"""Errors after which no repetition helps, so that the person is answered."""


async def ask_lead(call: Awaitable[T]) -> T:
    """Return the lead's answer. If nothing answers now, the sync is retried (ApplicationError).

    Raises RequestRefused with the lead's reason, LeadMissing if the lead has ended, or another LeadsError if Temporal
    refuses the request, so that no repetition helps.
    """
    try:
        return await call
    except FINAL:
        raise
    except LeadsError as failure:
        raise failure_of(failure) from None
    except RPCError as error:
        if is_refusal(error):
            raise translate(error) from None
        raise unanswered(error) from None


def failure_of(error: LeadsError) -> ApplicationError:
    """Return the failure of a sync that such an error ends."""
    if isinstance(error, LeadStuck):
        return stuck(str(error))
    return park(str(error)) if isinstance(error, FINAL) else again(str(error))


class SyncedLead:
    """The lead of the synced issue, with its overview: queried once, and again only after a change."""

    def __init__(
        self,
        leads: LeadsClient,
        handle: LeadHandle,
        overview: Overview | None = None,
        stuck: LeadStuck | None = None,
    ) -> None:
        self._leads = leads
        self._overview = overview
        self.handle = handle
        self.stuck = stuck
        """The cause for which the lead cannot answer until it is repaired; None if it can."""

    @property
    def id(self) -> str:
        """Id of the lead."""
        return self.handle.id

    async def overview(self) -> Overview:
        """Return the overview. Raises LeadMissing if the lead has ended."""
        if self._overview is None:
            self._overview = await ask_lead(self._leads.overview(self.handle))
        return self._overview

    async def fresh_overview(self) -> Overview:
        """Return the present overview, whatever was queried before."""
        self.changed()
        return await self.overview()

    def changed(self) -> None:
        """Forget the overview, because the lead has changed."""
        self._overview = None
