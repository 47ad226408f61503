"""Temporal's own configuration: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, profiles …"""

import os

from temporalio.envconfig import ClientConfig, ClientConnectConfig

from client.errors import TemporalMisconfigured
from config.settings import secret_files
from process.links import is_loopback

DEFAULT_ADDRESS = "localhost:7233"
API_KEY = "TEMPORAL_API_KEY"
"""The one setting of Temporal's own that is a secret. It may be a file in LEADS_SECRETS, too."""


def configured_namespace() -> str:
    """Return the namespace of Temporal's own configuration, without connecting. Raises TemporalMisconfigured."""
    return configuration().get("namespace") or "default"


def configuration() -> ClientConnectConfig:
    """Return the configuration for a connection. Raises TemporalMisconfigured."""
    given = {} if os.environ.get(API_KEY) else secret_files(API_KEY)
    try:
        config = ClientConfig.load_client_connect_config(
            override_env_vars={**os.environ, **given} if given else None
        )
    except (RuntimeError, OSError, ValueError) as error:  # e.g. a profile or a file that does not exist
        raise TemporalMisconfigured(str(error)) from error
    address = config.get("target_host") or DEFAULT_ADDRESS
    if config.get("api_key") and not config.get("tls") and not is_loopback(f"//{address}"):
        raise TemporalMisconfigured(
            "an API key must not be sent in the clear; leave TEMPORAL_TLS unset or true"
        )
    return config
