"""Connects to Temporal, for all commands."""

import asyncio
from datetime import timedelta

from client.belonging import compare_keys, demand_same_keys
from client.connection import as_leads_errors, connect
from client.errors import KeysFailed, LeadsError, LedgerFailed
from client.key_rings import demand_keys
from client.leads import LeadsClient
from client.opening import leads_client
from client.sealing import codec_by
from config import policy_file
from config.settings import Settings
from starter.cli.configuration import read_settings
from starter.cli.output import console

TIMEOUT = 10.0
"""Default seconds to wait for an answer of a lead."""
COMPARISON = timedelta(seconds=3)
"""Time for the comparison of the key store with that of the workers, where nothing else is asked of Temporal."""


async def leads_of(timeout: float = TIMEOUT) -> LeadsClient:
    """Return a client for the leads of the configured server. Raises LeadsError or SettingsError."""
    known = read_settings()
    await asyncio.to_thread(demand_keys, known)
    within = timedelta(seconds=timeout)
    client = await connect(retry_for=within, codec=codec_by(known))
    await demand_same_keys(client, known)
    policy = policy_file.current_policy(known)
    return leads_client(client, known, policy, within, lambda text: _by_words(known, text))


async def demand_workers_keys(known: Settings) -> None:
    """Raise KeysFailed if the key store here is missing, or is not the one of this service's workers.

    For commands that open keys and need no Temporal. Where it does not answer, they say so on stderr and go on: keys are
    read when all else is lost, too.
    """
    await asyncio.to_thread(demand_keys, known)
    if not known.keys.master_keys:
        return
    try:
        async with as_leads_errors(COMPARISON):
            await compare_keys(await connect(retry_for=COMPARISON, codec=codec_by(known)), known)
    except KeysFailed:
        raise
    except LeadsError:
        text = "leads: Temporal does not answer, so the key store was not compared with that of the workers."
        console(stderr=True).print(text, style="yellow", soft_wrap=True)


def _by_words(known: Settings, text: str) -> dict[str, str]:
    """Find leads by words of their organisations, if there is a ledger to read."""
    from client.lists import lead_lists  # only this needs the ledger, which takes a moment to load

    try:
        with lead_lists(known) as rows:
            return rows.by_words(text)
    except LedgerFailed:
        return {}
