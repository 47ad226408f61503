"""What every command that speaks to leads needs first: the settings and a connection."""

from datetime import timedelta
from pathlib import Path

from client.connection import connect
from client.leads import LeadsClient
from config import policy_file, settings

UP = Path(".leads/up.env")
"""While `leads up` runs here with its sandbox: the settings that point at it."""

FILES = (".env", UP)
"""Where settings are read from, beside the environment."""

TIMEOUT = 10.0
"""Seconds within which a lead answers, unless a command is told otherwise."""


def read_settings() -> settings.Settings:
    """Read the settings of the environment and of `.env`. Raises SettingsError, which names the wrong one."""
    return settings.read_settings(*FILES)


async def leads_of(timeout: float = TIMEOUT) -> LeadsClient:
    """The leads that the environment points at."""
    known = read_settings()
    client = await connect()
    return LeadsClient(
        client,
        known.task_queue,
        known.temporal_ui,
        timedelta(seconds=timeout),
        policy_file.current_policy(known),
    )
