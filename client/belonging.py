"""Knows which ledger, organisation, outside and keys the leads of a task queue belong to, as Temporal keeps it.

The record is the memo of a paused schedule that never starts anything; it holds no secrets and no personal data.
`client.claiming` writes it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.errors import KeysFailed
from client.key_rings import identity_of_keys
from config.settings import Settings
from process.types import Base, Id

MEMO: Final = "settings"
NO_RIGHT: Final = frozenset({RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED})
"""Status codes of a server that keeps schedules from us."""


class Belonging(Base):
    """The settings that may not differ between the workers of the same leads."""

    ledger: Id | None
    """The ledger's own identity; empty if there is no ledger yet, None if it cannot be reached."""
    ledger_at: Id
    organisation: Id
    outside: Id
    """`sandbox`, or the host of GitHub's API."""
    credentials: bool
    """True if there are credentials for GitHub."""
    keys: Id | None = ""
    """The key store's own identity; empty if there are no keys, None if it cannot be reached."""

    def differences(self, here: "Belonging") -> Iterator[str]:
        """Yield what differs `here`, each as a phrase. More credentials than before are no difference."""
        if None not in (self.ledger, here.ledger) and self.ledger != here.ledger:
            missing = "" if here.ledger else ", where there is none yet"
            yield f"the ledger is the one that was at {self.ledger_at}, here it is {here.ledger_at}{missing}"
        if self.organisation != here.organisation:
            yield f"the organisation is {self.organisation}, here it is {here.organisation}"
        if self.outside != here.outside:
            yield f"GitHub is {self.outside}, here it is {here.outside}"
        if self.credentials and not here.credentials:
            yield "there are credentials for GitHub, here there are none"
        if self.keys and here.keys is not None and self.keys != here.keys:
            yield f"what is written is sealed, and here {'is another key store' if here.keys else 'are no keys'}"


def name_of(task_queue: str) -> str:
    """Return the id of the schedule that keeps the record."""
    return f"settings-of-{task_queue}"


async def recorded(client: Client, task_queue: str) -> Belonging | None:
    """Return the record, or None if there is none that this code can read. Raises RPCError."""
    try:
        described = await client.get_schedule_handle(name_of(task_queue)).describe()
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, *NO_RIGHT):
            return None
        raise
    try:
        return Belonging.model_validate(await described.memo_value(MEMO, None))
    except ValidationError:
        return None


async def demand_same_keys(client: Client, settings: Settings) -> None:
    """Raise KeysFailed if these settings have another key store than the workers. RPCError is not raised."""
    with suppress(RPCError):  # what is asked for next says it better
        await compare_keys(client, settings)


async def compare_keys(client: Client, settings: Settings) -> None:
    """Raise KeysFailed if these settings have another key store than the workers, or RPCError if Temporal fails."""
    if not settings.keys.master_keys:
        return
    known = await recorded(client, settings.task_queue)
    if known is None or not known.keys:
        return
    here = await asyncio.to_thread(identity_of_keys, settings)
    if here is not None and here != known.keys:
        raise KeysFailed(
            "The key store here is not the one of this service's workers. Set LEADS_KEYS__STORE_URL as they have it, or "
            "put the newest copy of its key store back, as docs/operations.md says."
        )
