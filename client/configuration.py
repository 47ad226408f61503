"""Temporal's own configuration: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, profiles …"""

from temporalio.envconfig import ClientConfig, ClientConnectConfig

from client.errors import TemporalMisconfigured


def configured_namespace() -> str:
    """Return the namespace of Temporal's own configuration, without connecting. Raises TemporalMisconfigured."""
    return configuration().get("namespace") or "default"


def configuration() -> ClientConnectConfig:
    """Return the configuration for a connection. Raises TemporalMisconfigured."""
    try:
        return ClientConfig.load_client_connect_config()
    except (RuntimeError, OSError, ValueError) as error:  # e.g. a profile or a file that does not exist
        raise TemporalMisconfigured(str(error)) from error
