"""The place of a lead within the list that a person came from, and the leads before and after it."""

from typing import NamedTuple
from urllib.parse import quote

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries import board
from process.types import Stage
from starter.web.pages.board_view import BoardView
from starter.web.services import Services
from starter.web.spelling import lead_address


class Walk(NamedTuple):
    """A list of the board, and the place of a lead in it."""

    stage: Stage
    back: str
    """Address of the list."""
    position: int | None
    leads: str
    """Number of leads in it, as text: `311`, or `1,000+`."""
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
        stage = view.stage or stage
        found = await services.ask(board.place, lead_id, stage, view.sort, view.only)
    except (ValueError, LedgerUnavailable, LedgerRefused):
        return None
    if found is None:
        return None

    def address(other: str | None) -> str | None:
        return other and f"{lead_address(other)}?from={quote(came_from, safe='')}"

    many = found.leads > board.COUNTED
    return Walk(
        stage=stage,
        back=view.address(),
        position=found.position,
        leads=f"{board.COUNTED:,}+" if many else f"{found.leads:,}",
        before=address(found.before),
        after=address(found.after),
    )
