"""How the faces of the service reach Temporal, and what they say when they can't."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from client.errors import CommandError, ExitCode
from workflows.runtime.plugin import leads_plugin

DEFAULT_ADDRESS = "localhost:7233"

UNANSWERED = frozenset(
    {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION}
)
"""How Temporal answers a question to a lead when no worker is there."""
_CLOSED = frozenset({RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED})


GOING = 0.1
"""Seconds that the SDK's own threads take to go."""


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Does the work of a whole program. What the SDK has started must go before the interpreter does (sdk-python#300)."""
    try:
        await work
    finally:
        await asyncio.sleep(GOING)


async def connect(identity: str | None = None, runtime: Runtime | None = None) -> Client:
    """A client by Temporal's own configuration (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, profiles …).

    Raises CommandError where that is wrong, or no server answers there.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except (RuntimeError, OSError, ValueError) as error:  # a profile or a file that is not there
        raise CommandError(
            ExitCode.USAGE, f"Temporal's configuration (TEMPORAL_…) is wrong: {_sentence(str(error))}"
        ) from error
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(**config, identity=identity, runtime=runtime, plugins=[leads_plugin()])
    except (RuntimeError, ValueError) as error:
        raise CommandError(ExitCode.UNREACHABLE, _silent(config)) from error


def _silent(config: ClientConnectConfig) -> str:
    """No server answers by this configuration: what may be wrong with it."""
    address = config["target_host"] or ""
    if not address.rpartition(":")[2].isdecimal():
        return f"TEMPORAL_ADDRESS is to be HOST:PORT, as {DEFAULT_ADDRESS}, not {address!r}."
    notice = (
        f"Start one with `leads up`, or name yours in TEMPORAL_ADDRESS (HOST:PORT, as {DEFAULT_ADDRESS})."
    )
    if config.get("tls"):
        notice = "TLS is on (TEMPORAL_TLS… or an API key): the server must speak it and have a certificate trusted here."
    return f"No Temporal server answers at {address}. {notice}"


def explain(error: RPCError) -> CommandError:
    """What Temporal's answer means to a person who asked for a lead."""
    if error.status is RPCStatusCode.NOT_FOUND and "amespace" in error.message:
        return CommandError(
            ExitCode.UNREACHABLE, f"{_sentence(error.message)} Make it with `leads init-server`."
        )
    if "already completed" in error.message:
        return CommandError(
            ExitCode.NOT_FOUND,
            "That lead's workflow has ended, archived or terminated: it takes no more decisions.",
        )
    if error.status is RPCStatusCode.NOT_FOUND:
        return CommandError(ExitCode.NOT_FOUND, _sentence(error.message))
    if error.status in _CLOSED:
        return CommandError(
            ExitCode.UNREACHABLE,
            f"Temporal does not let us in: {_sentence(error.message)} See TEMPORAL_API_KEY and TEMPORAL_TLS_*.",
        )
    if "search attribute" in error.message:
        return CommandError(
            ExitCode.UNREACHABLE,
            f"The Temporal server is not set up for leads: {_sentence(error.message)} Run `leads init-server`.",
        )
    return CommandError(ExitCode.UNREACHABLE, f"Temporal could not answer: {_sentence(error.message)}")


def no_worker(task_queue: str) -> CommandError:
    return CommandError(
        ExitCode.UNREACHABLE,
        f"No worker answers on the task queue {task_queue!r}. Start one with `leads up` or `python worker.py`.",
    )


class LeadStuck(CommandError):
    """A worker is there, and the lead can't go on with its code."""

    def __init__(self, lead: str, why: str) -> None:
        super().__init__(
            ExitCode.UNREACHABLE,
            f"{lead} does not go on with the worker's code, and waits for one with which it does; nothing is lost. See "
            f"`leads verify` and docs/changing-the-process.md. Temporal says: {_sentence(why)}",
        )


def _sentence(message: str) -> str:
    summary = " ".join(message.split()).rstrip(".")
    return f"{summary[:1].upper()}{summary[1:]}."
