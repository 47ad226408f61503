"""The rooms of the service."""

from typing import Final

ROOMS: Final = (
    "process",
    "workflows",
    "activities",
    "upkeep",
    "client",
    "ledger",
    "keys",
    "sql",
    "config",
    "templates",
    "starter",
)
