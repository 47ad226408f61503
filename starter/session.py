"""What every command that speaks to leads needs first: the settings and a connection."""

from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from settings import Settings
from starter.connection import connect
from starter.failures import CommandError, ExitCode
from starter.leads import Leads

UP = Path(".leads/up.env")
"""While `leads up` runs here with its sandbox: the settings that point at it."""

PATIENCE = 10.0
"""Seconds within which a lead answers, unless a command is told otherwise."""


def read_settings() -> Settings:
    """The settings. Raises CommandError (usage) that names what can't be meant."""
    try:
        return Settings(_env_file=(".env", UP))
    except ValidationError as error:
        found = (
            f"LEADS_{'__'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise CommandError(ExitCode.USAGE, f"A setting can't be meant: {'; '.join(found)}.") from error


async def leads_of(patience: float = PATIENCE) -> Leads:
    """The leads that the environment points at."""
    settings = read_settings()
    client = await connect()
    return Leads(client, settings.task_queue, settings.temporal_ui, timedelta(seconds=patience))
