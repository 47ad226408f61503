"""The place of a lead within the list that a person came from, and the leads before and after it."""

from collections.abc import Callable
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries import board
from process.types import Stage
from starter.web.pages.board_view import BoardView
from starter.web.services import Services
from starter.web.spelling import lead_address

SECONDS = 0.2
"""Time for each question to the ledger: a page does not wait for a place in a list of tens of thousands."""

P = ParamSpec("P")
T = TypeVar("T")


class Walk(NamedTuple):
    """A list of the board, and the place of a lead in it."""

    stage: Stage
    back: str
    """Address of the list."""
    position: int | None
    leads: str
    """Number of leads in it, as text: `311`, or `1,000+`; empty if it takes too long to count."""
    before: str | None
    """Address of the page of the lead before it; None for the first one."""
    after: str | None


async def walk_of(services: Services, lead_id: str, stage: Stage, came_from: str) -> Walk | None:
    """Return the place of a lead in the list with this query of the board, by default in the column of its stage.

    It is None where no list was given or can be read: nothing of the page depends on it.
    """
    if not came_from:
        return None
    try:
        view = BoardView.of_query(came_from)
    except ValueError:
        return None
    wanted = (lead_id, view.stage or stage, view.sort, view.only)
    found = await _soon(services, board.neighbours, *wanted)
    if found is None:
        return None
    place = await _soon(services, board.place, *wanted)

    def address(other: str | None) -> str | None:
        return other and f"{lead_address(other)}?from={quote(came_from, safe='')}"

    return Walk(
        stage=view.stage or stage,
        back=view.address(),
        position=place.position if place else None,
        leads=_counted(place.leads) if place else "",
        before=address(found.before),
        after=address(found.after),
    )


def _counted(leads: int) -> str:
    return f"{board.COUNTED:,}+" if leads > board.COUNTED else f"{leads:,}"


async def _soon(
    services: Services,
    question: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **named: P.kwargs,
) -> T | None:
    """Return the answer, or None if there is none soon."""

    def answer() -> T:
        with services.queries.asking(SECONDS) as connection:
            return question(connection, *args, **named)

    try:
        return await services.run(answer)
    except (LedgerUnavailable, LedgerRefused):
        return None
