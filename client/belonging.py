"""Keeps in Temporal which ledger, organisation, outside and keys the leads of a task queue belong to.

A worker with other settings would write events into its own ledger and give the roles of every lead to other people. So
it compares its settings with the record before it works, and refuses where they differ. The record is the memo of a
paused schedule that never starts anything; it holds no secrets and no personal data.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from pydantic import ValidationError
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.service import RPCError, RPCStatusCode

from client.errors import KeysFailed, SettingsDiffer
from client.key_rings import key_ring, keys_exist
from client.ledgers import ledger_of
from config.settings import Settings
from keys.errors import KeysUnavailable
from ledger.events import LedgerError, LedgerRefused
from process.types import Base, Id
from workflows.names import LEAD_WORKFLOW

MEMO = "settings"
_NO_RIGHT = frozenset({RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED})


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

    @classmethod
    async def of(cls, settings: Settings, *, create: bool = False, create_keys: bool = False) -> Self:
        """Return what the settings say. `create` makes a missing ledger, `create_keys` a missing key store.

        Raises LedgerRefused for an unusable URL.
        """
        identity, location = await asyncio.to_thread(_ledger, settings, create=create)
        github = settings.github
        api = urlsplit(github.api_url)
        return cls(
            ledger=identity,
            ledger_at=location,
            organisation=github.org,
            outside="sandbox" if api.scheme == "http" else str(api.hostname),
            credentials=bool(github.token or github.app_id),
            keys=await asyncio.to_thread(_keys, settings, create=create_keys),
        )

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


def _ledger(settings: Settings, *, create: bool) -> tuple[str | None, str]:
    """Return the identity and the location of the ledger."""
    ledger = ledger_of(settings, read_only=not create)
    try:
        return ledger.identity(), ledger.location
    except LedgerRefused:
        return "", ledger.location
    except LedgerError:
        return None, ledger.location
    finally:
        ledger.close()


def _keys(settings: Settings, *, create: bool) -> str | None:
    """Return the identity of the key store, empty if there is none."""
    try:
        ring = key_ring(settings)
        return ring.identity() if ring and (create or keys_exist(settings)) else ""
    except KeysUnavailable:
        return None


def name_of(task_queue: str) -> str:
    """Return the id of the schedule that keeps the record."""
    return f"settings-of-{task_queue}"


async def recorded(client: Client, task_queue: str) -> Belonging | None:
    """Return the record, or None if there is none that this code can read. Raises RPCError."""
    try:
        described = await client.get_schedule_handle(name_of(task_queue)).describe()
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, *_NO_RIGHT):
            return None
        raise
    try:
        return Belonging.model_validate(await described.memo_value(MEMO, None))
    except ValidationError:
        return None


async def claim(client: Client, settings: Settings) -> None:
    """Check that these settings are those that the leads belong to. The first worker's are recorded.

    Raises SettingsDiffer, LedgerRefused or RPCError.
    """
    known = await recorded(client, settings.task_queue)
    if known is None:
        await _record(
            client, settings.task_queue, await Belonging.of(settings, create=True, create_keys=True)
        )
        known = await recorded(client, settings.task_queue)  # another worker may have been faster
    if known is None:
        return  # this server keeps schedules from us
    here = await Belonging.of(settings, create_keys=not known.keys)  # a lost key store is not replaced
    if different := list(known.differences(here)):
        raise SettingsDiffer(client.namespace, different)
    more = ((here.credentials, known.credentials), (here.ledger, known.ledger), (here.keys, known.keys))
    if any(here_is and not known_is for here_is, known_is in more):
        await adopt(client, settings)


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
    here = await asyncio.to_thread(_keys, settings, create=False)
    if here is not None and here != known.keys:
        raise KeysFailed(
            "The key store here is not the one of this service's workers. Set LEADS_KEYS__STORE_URL as they have it, or "
            "put the newest copy of its key store back, as docs/operations.md says."
        )


async def adopt(client: Client, settings: Settings) -> None:
    """Record these settings in place of others."""
    here = await Belonging.of(settings, create=True, create_keys=True)
    try:
        await client.get_schedule_handle(name_of(settings.task_queue)).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    await _record(client, settings.task_queue, here)


async def _record(client: Client, task_queue: str, belonging: Belonging) -> None:
    note = "It starts nothing: its memo says which ledger, organisation, GitHub and keys the leads belong to."
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(LEAD_WORKFLOW, id=name_of(task_queue), task_queue=task_queue),
        spec=ScheduleSpec(),
        state=ScheduleState(note=note, paused=True),
    )
    try:
        await client.create_schedule(name_of(task_queue), schedule, memo={MEMO: belonging.model_dump()})
    except ScheduleAlreadyRunningError:
        pass
    except RPCError as error:
        if error.status not in _NO_RIGHT:
            raise
