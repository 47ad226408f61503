"""The part of the board that is looked at, as its address tells it: filters, order, density and day."""

from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import ConfigDict, Field

from ledger.queries.board import BoardFilter, Sort
from process.bounds import Bounded
from process.types import Role, Stage
from starter.web.pages.queries import Cursor, Maybe, Words

FIELDS = 20
"""Number of values in an address at most."""


class BoardView(Bounded):
    """The state of the board. All of it stands in the address, so that it can be kept and sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True)

    stage: Maybe[Stage] = None
    """The only column shown; None for those of all open leads."""
    owner: Maybe[Role] = None
    service: Maybe[Words] = None
    attention: Maybe[bool] = None
    hold: Maybe[bool] = None
    """True for leads on hold, False for the others, None for both."""
    q: Words = ""
    sort: Sort = "date"
    dense: Maybe[bool] = None
    as_of: Annotated[Maybe[date], Field(alias="as-of")] = None
    after: Maybe[Cursor] = None
    shown: int = Field(0, ge=0, le=10_000_000)
    """Number of cards on the pages before `after`."""

    @classmethod
    def of_query(cls, query: str) -> Self:
        """Return the view of a query (without `?`), as `from` holds it. Raises ValueError."""
        return cls.model_validate(dict(parse_qsl(query, max_num_fields=FIELDS)))

    @property
    def only(self) -> BoardFilter:
        """The filter of the leads."""
        return BoardFilter(self.owner, self.service, bool(self.attention), self.hold, self.q)

    @property
    def is_filtered(self) -> bool:
        """True if some leads may be left out."""
        return self.only != BoardFilter()

    def query(self, **changes: Any) -> str:
        """Return the query of the view with these values changed. It begins at the first page unless `after` is given."""
        values = self.model_dump(mode="json", by_alias=True, exclude={"after", "shown"}) | changes
        usual = {"sort": "date"}
        kept = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in values.items()
            if value not in (None, "", usual.get(name))
        }
        return urlencode(kept)

    def address(self, **changes: Any) -> str:
        """Return the address of the view with these values changed."""
        query = self.query(**changes)
        return f"/board?{query}" if query else "/board"
