"""Connects to Temporal, for all commands."""

import asyncio
from datetime import timedelta

from client.belonging import demand_same_keys
from client.connection import connect
from client.errors import LedgerFailed
from client.key_rings import demand_keys
from client.leads import LeadsClient
from client.sealing import codec_by
from config import policy_file
from config.settings import Settings
from starter.cli.configuration import read_settings

TIMEOUT = 10.0
"""Default seconds to wait for an answer of a lead."""


async def leads_of(timeout: float = TIMEOUT) -> LeadsClient:
    """Return a client for the leads of the configured server. Raises LeadsError or SettingsError."""
    known = read_settings()
    await asyncio.to_thread(demand_keys, known)
    within = timedelta(seconds=timeout)
    client = await connect(retry_for=within, codec=codec_by(known))
    await demand_same_keys(client, known)
    return LeadsClient(
        client,
        known.task_queue,
        known.temporal_ui,
        within,
        policy_file.current_policy(known),
        opaque_ids=known.lead_ids == "opaque",
        is_recorded=lambda lead_id: _is_recorded(known, lead_id),
        key=known.current_signing_key,
        leads_repo=known.github.leads_repo,
        pepper=known.pepper,
        by_words=lambda text: _by_words(known, text),
    )


def _by_words(known: Settings, text: str) -> dict[str, str]:
    """Find leads by words of their organisations, if there is a ledger to read."""
    from client.lists import lead_lists  # only this needs the ledger, which takes a moment to load

    try:
        with lead_lists(known) as rows:
            return rows.by_words(text)
    except LedgerFailed:
        return {}


def _is_recorded(known: Settings, lead_id: str) -> bool:
    """Tell if the ledger has a lead with this id."""
    from client.lists import recorded_in  # as above

    return recorded_in(known)(lead_id)
