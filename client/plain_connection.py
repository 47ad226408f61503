"""Connects to Temporal's service alone: for a question that needs no workflow, without the SDK's client.

That client takes as long to load as all that a list needs from the ledger.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from temporalio.envconfig import ClientConnectConfig
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import ConnectConfig, ServiceClient

from client.configuration import DEFAULT_ADDRESS, configuration
from client.errors import AddressMalformed, TemporalUnreachable


@cache
def quiet_runtime() -> Runtime:
    """Return a runtime of the SDK that logs nothing: a face says itself what failed."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


@contextmanager
def connecting() -> Iterator[ClientConnectConfig]:
    """Yield Temporal's own configuration to connect with.

    Raises TemporalMisconfigured, AddressMalformed or TemporalUnreachable.
    """
    config = configuration()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        yield config
    except (RuntimeError, ValueError) as error:
        address = config["target_host"] or ""
        if not address.rpartition(":")[2].isdecimal():
            raise AddressMalformed(address) from error
        raise TemporalUnreachable(address, tls=bool(config.get("tls"))) from error


async def connect_service() -> tuple[ServiceClient, str]:
    """Return a connection to the service, and the namespace to name in requests. It raises as `connecting` does."""
    with connecting() as config:
        service = await ServiceClient.connect(
            ConnectConfig(
                config["target_host"],
                api_key=config.get("api_key"),
                tls=config.get("tls"),
                rpc_metadata=config.get("rpc_metadata", {}),
                runtime=quiet_runtime(),
            )
        )
    return service, config.get("namespace") or "default"
