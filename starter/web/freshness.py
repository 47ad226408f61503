"""The lag of the read tables, asked seldom: many pages say it."""

from fastapi import Request

from ledger.lag import Lag, lag_of
from starter.web.services import services_of

SECONDS = 10
"""Time for which an answer serves other pages."""


async def lag(request: Request) -> Lag:
    """Return the lag of the read tables, as known some seconds ago at most.

    Raises LedgerUnavailable, LedgerRefused.
    """
    services, state = services_of(request), request.app.state
    now = services.clock()
    known = getattr(state, "lag", None)
    if known is None or (now - known[0]).total_seconds() >= SECONDS:
        known = state.lag = (now, await services.ask(lag_of, now))
    found: Lag = known[1]
    return found


async def rebuilding(request: Request) -> Lag | None:
    """Return the lag if some leads are shown by older rules; None if none is."""
    found = await lag(request)
    return found if found.older + found.missing else None
