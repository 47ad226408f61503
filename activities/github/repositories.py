"""Which of GitHub's repositories are ours: by their names in the settings, and by the id that a renamed one keeps."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.exceptions import ApplicationError

from config.settings import GitHub

ASKED_AGAIN = timedelta(minutes=1)
"""Where GitHub did not answer."""

_log = structlog.get_logger("web")


class Repositories:
    """The two of the settings. Their ids are asked for once (`learn`), and told by deliveries that have the names."""

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self._ids: dict[str, int] = {}
        """Name in the settings -> GitHub's id."""

    def ours(self, owner: str, name: str, ident: int | None = None) -> str | None:
        """What the settings call it, or None: then it is another one.

        An old name may be given to a new repository. That one is meant by it then, and the renamed one is another.
        """
        if not same(owner, self.github.org):
            return None
        for known in self._names():
            if same(known, name):
                if ident is not None:
                    self._ids[known] = ident
                return known
        return next((known for known, its in self._ids.items() if its == ident), None)

    async def learn(self) -> None:
        """Asks GitHub, which leads from old names to the repositories, until it has answered or nobody may ask."""
        while True:
            try:
                self._ids = await asyncio.to_thread(self._asked) | self._ids
                return
            except ApplicationError as error:
                if error.non_retryable:
                    _log.info("renamed repositories can't be told", why=error.message)
                    return
            await asyncio.sleep(ASKED_AGAIN.total_seconds())

    def _asked(self) -> dict[str, int]:
        from activities.github.client import GitHubClient  # takes a second to load

        client = GitHubClient(self.github)
        return {name: client.repository(name).id for name in self._names()}

    def _names(self) -> tuple[str, ...]:
        return (self.github.leads_repo, self.github.hubs_repo)


def same(one: str, other: str) -> bool:
    """GitHub's names do not distinguish upper and lower case."""
    return one.casefold() == other.casefold()
