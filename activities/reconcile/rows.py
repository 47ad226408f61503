"""Reads the rows of leads that a reconciliation needs from the ledger, a few at a time; no workflow is asked."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import ParamSpec, TypeVar

from activities.errors import again, park
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.rows import Filter, above, equals, one_of
from process.types import OPEN_STAGES
from process.views.lead_row import LeadRow

P = ParamSpec("P")
T = TypeVar("T")


class LeadRows:
    """The rows of the open leads. Raises ApplicationError while the ledger cannot be read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open = (one_of("stage", sorted(OPEN_STAGES)), equals("archived", value=False))

    async def count(self) -> int:
        """Return the number of open leads."""
        return sum((await _read(self._ledger.counts, "stage", *self._open)).values())

    async def after(self, lead_id: str, limit: int) -> tuple[list[LeadRow], bool]:
        """Return open leads whose ids follow this one, in the order of ids, and True if there are more than these."""
        found = await self._rows(above("lead_id", lead_id), limit=limit + 1)
        return found[:limit], len(found) > limit

    async def named(self, lead_ids: Iterable[str]) -> dict[str, LeadRow]:
        """Return the open leads among these, by id."""
        return await self._with("lead_id", set(lead_ids))

    async def with_folders(self, folder_ids: Iterable[str]) -> dict[str, LeadRow]:
        """Return the open leads that have one of these folders, by id."""
        return await self._with("folder_id", set(folder_ids))

    async def responses(self, response_ids: Iterable[str]) -> set[str]:
        """Return those responses to the questionnaire that a lead has."""
        wanted = set(response_ids)
        return (
            set(await _read(self._ledger.counts, "response", one_of("response", wanted))) if wanted else set()
        )

    async def changed_after(self, at: datetime, lead_id: str, limit: int) -> list[LeadRow]:
        """Return open leads in the order of their last change, those that follow this time and id."""
        later = above("updated_at", at) | (equals("updated_at", at) & above("lead_id", lead_id))
        return await self._rows(later, order=("updated_at",), limit=limit)

    async def alike(self, rows: Iterable[LeadRow]) -> list[LeadRow]:
        """Return the open leads with the organisation, or the contact's mail domain, of one of these."""
        orgs = {row.org_key for row in rows}
        contacts = {row.contact_key for row in rows if row.contact_key}
        return await self._rows(one_of("org_key", orgs) | one_of("contact_key", contacts))

    async def _with(self, column: str, values: Collection[str]) -> dict[str, LeadRow]:
        found = await self._rows(one_of(column, values)) if values else []
        return {row.lead_id: row for row in found}

    async def _rows(
        self, *where: Filter, order: Sequence[str] = (), limit: int | None = None
    ) -> list[LeadRow]:
        def read() -> list[LeadRow]:
            return self._ledger.rows(*self._open, *where, order=order, limit=limit)

        return await _read(read)


async def _read(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except LedgerUnavailable as error:
        raise again(str(error)) from None
    except LedgerError as error:
        raise park(str(error)) from None
