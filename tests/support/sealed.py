"""Clients that seal, over the connection of a test's server, and searches for words in all that the server keeps."""

from collections.abc import AsyncIterator

from temporalio.client import Client, Plugin, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from keys.ring import KeyRing
from workflows.runtime.codec import SealingCodec
from workflows.runtime.plugin import leads_plugin


def sealing(client: Client, ring: KeyRing | None, *, seals: bool = True) -> Client:
    """Return a client of the same server whose payloads are sealed with the keys of the ring; None: one without keys."""
    return sealing_by(client, SealingCodec(ring, seals=seals) if ring else None)


def sealing_by(client: Client, codec: SealingCodec | None) -> Client:
    """Return a client of the same server with this codec."""
    config = client.config()
    plugins: list[Plugin] = [leads_plugin(sandboxed=True, codec=codec)]
    config["plugins"] = plugins
    return Client(**config)


def with_client(env: WorkflowEnvironment, client: Client) -> WorkflowEnvironment:
    """Return the environment of a test whose client is this one."""
    return _Environment(env, client)


class _Environment(WorkflowEnvironment):
    """The same server, seen through another client."""

    def __init__(self, env: WorkflowEnvironment, client: Client) -> None:
        super().__init__(client)
        self.env = env

    def __getattribute__(self, name: str) -> object:
        if name in ("client", "_client", "env", "__class__", "__dict__"):
            return super().__getattribute__(name)
        return getattr(super().__getattribute__("env"), name)


async def histories(client: Client, lead_id: str) -> AsyncIterator[WorkflowHistory]:
    """Yield the histories of all runs of a lead, as the server keeps them."""
    async for run in client.list_workflows(f"WorkflowId = '{lead_id}'"):
        yield await client.get_workflow_handle(lead_id, run_id=run.run_id).fetch_history()


def found_in(history: WorkflowHistory, words: frozenset[str]) -> dict[str, str]:
    """Return which of the words stand in clear in the history: word -> the first event."""
    found: dict[str, str] = {}
    for event in history.events:
        raw = event.SerializeToString().lower()
        for word in words:
            if word.lower().encode() in raw:
                found.setdefault(word, f"{event.event_id} {event.WhichOneof('attributes')}")
    return found
