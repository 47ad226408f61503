"""The issue of a sync and its lead."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from activities.github.models import Issue
from activities.issue_sync.lead_calls import SyncedLead

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class SyncedIssue:
    """An issue, and the lead that it belongs to."""

    repo: str
    number: int
    lead: SyncedLead | None
    no_lead: str = "This issue belongs to no lead that the service knows."
    """Reply to commands if there is no lead."""


@dataclass(frozen=True, kw_only=True)
class IssueContext(SyncedIssue):
    """An issue as it was read at the start of a sync, and its lead."""

    issue: Issue


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking call, for example of GitHub's client, in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)
