"""The issue of a sync, as it was read at its start, and its lead."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from activities.github.models import Issue
from activities.issue_sync.lead_calls import SyncedLead

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class IssueContext:
    """An issue at the time of a sync, and the lead that it belongs to."""

    repo: str
    issue: Issue
    lead: SyncedLead | None
    no_lead: str = "This issue belongs to no lead that the service knows."
    """Reply to commands if there is no lead."""


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking call, for example of GitHub's client, in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)
