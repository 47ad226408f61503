"""Connects to Temporal, for all commands."""

from datetime import timedelta

from client.connection import connect
from client.leads import LeadsClient
from config import policy_file
from starter.cli.configuration import read_settings

TIMEOUT = 10.0
"""Default seconds to wait for an answer of a lead."""


async def leads_of(timeout: float = TIMEOUT) -> LeadsClient:
    """Return a client for the leads of the configured server. Raises LeadsError or SettingsError."""
    known = read_settings()
    client = await connect()
    return LeadsClient(
        client,
        known.task_queue,
        known.temporal_ui,
        timedelta(seconds=timeout),
        policy_file.current_policy(known),
    )
