"""The place where chores run, apart from the leads: issue syncs, reconciliations, digests and retention.

They end within minutes and come in great numbers, so they have a task queue of their own, and may have a namespace of
their own, in which ended workflows are kept for days and not for years.
"""

from typing import NamedTuple, Self

from temporalio.client import Client

from config.settings import Settings


class Chores(NamedTuple):
    """A client of the chores' namespace, and their task queue."""

    client: Client
    task_queue: str

    @classmethod
    def of(cls, leads: Client, settings: Settings) -> Self:
        """Return the place for chores that the settings name, reached over the connection of the leads' client."""
        namespace = settings.chores_namespace
        if namespace is None or namespace == leads.namespace:
            return cls(leads, settings.chores_queue)
        config = leads.config()
        config["namespace"] = namespace
        return cls(Client(**config), settings.chores_queue)
