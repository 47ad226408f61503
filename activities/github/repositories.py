"""Recognises the service's two repositories, by name and by the id that a renamed one keeps, and its account."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.exceptions import ApplicationError

from activities.github.models import Account
from config.groups import GitHub

RETRY_INTERVAL = timedelta(minutes=1)
"""Pause before another request, if GitHub did not answer."""

_log = structlog.get_logger("web")


class Repositories:
    """The repositories of the settings, and the account of the credentials.

    Ids and account are read once (`learn`); ids are learnt from webhook deliveries, too.
    """

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self._ids: dict[str, int] = {}
        """Name in the settings -> GitHub's id."""
        self._account = ""
        """Login of the service's account in lower case; empty until it is known."""

    def ours(self, owner: str, name: str, ident: int | None = None) -> str | None:
        """Return the name in the settings, or None for a repository that is not ours.

        If an old name was given to a new repository, that new one is ours, and the renamed one is not.
        """
        if not same(owner, self.github.org):
            return None
        for known in self._names():
            if same(known, name):
                if ident is not None:
                    self._ids[known] = ident
                return known
        return next((known for known, its in self._ids.items() if its == ident), None)

    def is_us(self, account: Account | None) -> bool:
        """Return True if this is the service's account, as far as that is known. A person may use it, too."""
        return account is not None and self._account == account.login.casefold()

    async def learn(self) -> None:
        """Read ids and account from GitHub, which redirects from old names. Retries until GitHub answers or refuses."""
        while True:
            try:
                ids, self._account = await asyncio.to_thread(self._read)
                self._ids = ids | self._ids
                return
            except ApplicationError as error:
                if error.non_retryable:
                    _log.info("renamed repositories cannot be recognised", why=error.message)
                    return
            await asyncio.sleep(RETRY_INTERVAL.total_seconds())

    def _read(self) -> tuple[dict[str, int], str]:
        from activities.github.client import GitHubClient  # takes a second to load

        client = GitHubClient(self.github)
        return {name: client.repository(name).id for name in self._names()}, client.login()

    def _names(self) -> tuple[str, ...]:
        return (self.github.leads_repo, self.github.hubs_repo)


def same(one: str, other: str) -> bool:
    """Return True if two names of GitHub are equal, regardless of case."""
    return one.casefold() == other.casefold()
