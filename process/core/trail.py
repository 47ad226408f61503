"""The leads after the newest events, kept until the ledger has those events."""

from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from process.lead.lead import Lead

LONGEST = 32
"""Number of leads that are kept at most, while the ledger is away."""


class Trail(tuple[Lead, ...]):
    """Leads after consecutive events, oldest first. They share nearly everything.

    They follow from the events, so they are neither stored nor compared. One that is missing costs the ledger a fold of
    all events of the lead.
    """

    __slots__ = ()

    def plus(self, lead: Lead) -> Self:
        """Return the trail with the lead after one more event."""
        return type(self)((*self, lead)[-LONGEST:])

    def after(self, seq: int) -> Self:
        """Return the leads after the events above this number."""
        if not self or self[0].last_seq > seq:
            return self
        return type(self)(lead for lead in self if lead.last_seq > seq)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trail)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.is_instance_schema(cls)
