"""Where a visit is: an issue as it was when we looked, and its lead."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from activities.github.models import Issue
from client.directory import LeadHandle

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """An issue at the time of a visit, and the lead that it belongs to."""

    repo: str
    issue: Issue
    lead: LeadHandle | None
    no_lead: str = "This issue belongs to no lead that the service knows."
    """What is said to commands where there is none."""


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """GitHub's client blocks."""
    return await asyncio.to_thread(call, *args, **kwargs)
