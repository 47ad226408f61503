"""Reads the settings, for all commands."""

from pathlib import Path

from config import settings

UP = Path(".leads/up.env")
"""Settings of the sandbox, while `leads up` runs in this folder."""

KEYS = Path(".leads/keys/keys.env")
"""Settings of the keys that `leads up` made in this folder."""

FILES = (KEYS, ".env", UP)
"""Files from which settings are read, besides the environment."""


def read_settings() -> settings.Settings:
    """Read the settings of the environment and of `.env`. Raises SettingsError, which names the wrong one."""
    return settings.read_settings(*FILES)
