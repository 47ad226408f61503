"""Writes into Temporal which ledger, organisation, outside and keys the leads of a task queue belong to.

A worker with other settings would write events into its own ledger and give the roles of every lead to other people. So
it compares its settings with the record before it works, and refuses where they differ.
"""

import asyncio
from urllib.parse import urlsplit

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.service import RPCError, RPCStatusCode

from client.belonging import MEMO, NO_RIGHT, Belonging, name_of, recorded
from client.errors import SettingsDiffer
from client.key_rings import identity_of_keys
from client.ledgers import ledger_of
from config.settings import Settings
from ledger.errors import LedgerError, LedgerRefused
from workflows.names import LEAD_WORKFLOW


async def belonging_of(settings: Settings, *, create: bool = False, create_keys: bool = False) -> Belonging:
    """Return what the settings say. `create` makes a missing ledger, `create_keys` a missing key store.

    Raises LedgerRefused for an unusable URL.
    """
    identity, location = await asyncio.to_thread(_ledger, settings, create=create)
    github = settings.github
    api = urlsplit(github.api_url)
    return Belonging(
        ledger=identity,
        ledger_at=location,
        organisation=github.org,
        outside="sandbox" if api.scheme == "http" else str(api.hostname),
        credentials=bool(github.token or github.app_id),
        keys=await asyncio.to_thread(identity_of_keys, settings, create=create_keys),
    )


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


async def claim(client: Client, settings: Settings) -> None:
    """Check that these settings are those that the leads belong to. The first worker's are recorded.

    Raises SettingsDiffer, LedgerRefused or RPCError.
    """
    known = await recorded(client, settings.task_queue)
    if known is None:
        await _record(
            client, settings.task_queue, await belonging_of(settings, create=True, create_keys=True)
        )
        known = await recorded(client, settings.task_queue)  # another worker may have been faster
    if known is None:
        return  # this server keeps schedules from us
    here = await belonging_of(settings, create_keys=not known.keys)  # a lost key store is not replaced
    if different := list(known.differences(here)):
        raise SettingsDiffer(client.namespace, different)
    more = ((here.credentials, known.credentials), (here.ledger, known.ledger), (here.keys, known.keys))
    if any(here_is and not known_is for here_is, known_is in more):
        await adopt(client, settings)


async def adopt(client: Client, settings: Settings) -> None:
    """Record these settings in place of others."""
    here = await belonging_of(settings, create=True, create_keys=True)
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
        if error.status not in NO_RIGHT:
            raise
