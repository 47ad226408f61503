"""Calls to a lead during a sync, with their errors translated for the activity."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

from activities.errors import again, stuck
from client.connection import translate
from client.directory import LeadHandle
from client.errors import LeadMissing, LeadsError, LeadStuck, RequestRefused
from client.leads import LeadsClient
from process.views.lead_overview import Overview

T = TypeVar("T")


async def ask_lead(call: Awaitable[T]) -> T:
    """Return the lead's answer. If nothing answers now, the sync is retried (ApplicationError).

    Raises RequestRefused with the lead's reason, or LeadMissing if the lead has ended.
    """
    try:
        return await call
    except (RequestRefused, LeadMissing):
        raise
    except LeadStuck as failure:
        raise stuck(str(failure)) from None
    except LeadsError as failure:
        raise again(f"{failure}") from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise translate(error) from None
        raise again(f"Temporal could not answer: {error.status.name}") from None


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
        """Why the lead cannot answer until it is repaired; None if it can."""

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
