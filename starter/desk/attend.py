"""A visit: looks at an issue now, and goes through what people did there. Every step may be done again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from temporalio import activity

from activities import issue_block
from activities.github_client import GitHubClient, IssueSeen
from settings import Settings
from starter.failures import CommandError
from starter.leads import Handle, Leads
from workflows.desk import Attended, Hint, Visit

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """An issue at the time of a visit, and the lead that it belongs to."""

    repo: str
    issue: IssueSeen
    lead: Handle | None


class Desk:
    """What the worker does at the desk. `leads`: over the worker's own client."""

    def __init__(self, leads: Leads, settings: Settings) -> None:
        self.leads = leads
        self.settings = settings
        self.github = GitHubClient(settings.github)

    @activity.defn(name="attend")
    async def attend(self, visit: Visit) -> Attended:
        """Looks at the issue that these hints are about, and does what is to be done there."""
        place = await self._place(visit.hints[0])
        if place is None:
            return Attended()
        done = [
            *await self._take_in(place),
            *await self._moves(place, visit.hints),
            *await self._comments(place, visit.hints),
        ]
        return Attended(done=tuple(done))

    async def _take_in(self, place: Place) -> Sequence[str]:
        """An issue without a lead may be one to be."""
        return ()

    async def _moves(self, place: Place, hints: Sequence[Hint]) -> Sequence[str]:
        """What people ticked, closed, labelled or moved."""
        return ()

    async def _comments(self, place: Place, hints: Sequence[Hint]) -> Sequence[str]:
        """What people said in comments."""
        return ()

    async def _place(self, hint: Hint) -> Place | None:
        issue = await in_thread(self.github.find_issue, hint.repo, hint.number)
        return Place(hint.repo, issue, await self._lead_of(hint.repo, issue)) if issue else None

    async def _lead_of(self, repo: str, issue: IssueSeen) -> Handle | None:
        """The lead that says itself that this is its issue: a marker in a text may have been copied."""
        for key in issue_block.keys(issue.text):
            try:
                lead = await self.leads.find(key.removesuffix("/hub"))
            except CommandError:
                continue
            facts = (await self.leads.overview(lead)).facts
            hub = repo == self.settings.github.hubs_repo
            link = facts.hub_issue if hub else facts.issue
            if link and link.id == str(issue.number):
                return lead
        return None


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """GitHub's client blocks."""
    return await asyncio.to_thread(call, *args, **kwargs)
