"""The view that the parts of a lead's workflow have of it: its aggregate, and how to replace it."""

from datetime import datetime
from typing import Protocol

from process.core.aggregate import LeadAggregate


class Shell(Protocol):
    """The workflow of a lead, as its parts see it."""

    aggregate: LeadAggregate

    @property
    def now(self) -> datetime:
        """The time of the present task (UTC)."""

    def change(self, aggregate: LeadAggregate) -> None:
        """Replace the aggregate, and let the workflow act on it."""

    def wake(self) -> None:
        """Let the workflow look at everything again."""
