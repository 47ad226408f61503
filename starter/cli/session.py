"""What every command that speaks to leads needs first: the settings and a connection."""

from datetime import timedelta
from pathlib import Path

from client.connection import connect
from client.errors import CommandError, ExitCode
from client.leads import LeadsClient
from config import policy_file as policy
from config import settings
from process.policy import Policy

UP = Path(".leads/up.env")
"""While `leads up` runs here with its sandbox: the settings that point at it."""

FILES = (".env", UP)
"""Where settings are read from, beside the environment."""

TIMEOUT = 10.0
"""Seconds within which a lead answers, unless a command is told otherwise."""


def read_settings() -> settings.Settings:
    """The settings. Raises CommandError (usage) that names what can't be meant."""
    try:
        return settings.read_settings(*FILES)
    except settings.SettingsError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error


def policy_of(known: settings.Settings) -> Policy:
    """The policy in force. Raises CommandError (usage) that names what can't be meant."""
    try:
        return policy.current(known)
    except settings.SettingsError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error


async def leads_of(timeout: float = TIMEOUT) -> LeadsClient:
    """The leads that the environment points at."""
    known = read_settings()
    client = await connect()
    return LeadsClient(
        client, known.task_queue, known.temporal_ui, timedelta(seconds=timeout), policy_of(known)
    )
