"""The parts of a worker's set-up that the settings decide: its metrics, and its build in a deployment."""

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import WorkerDeploymentConfig

from config.settings import Settings, SettingsError


def metrics_runtime(settings: Settings) -> Runtime:
    """Return Temporal's runtime, which serves metrics if the settings name an address.

    Raises SettingsError if the address is wrong or taken.
    """
    metrics = (
        PrometheusConfig(
            bind_address=settings.metrics_address,
            durations_as_seconds=True,
            counters_total_suffix=True,
            unit_suffix=True,
        )
        if settings.metrics_address
        else None
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except ValueError as error:
        raise SettingsError(f"A setting is wrong: LEADS_METRICS_ADDRESS: {error}.") from error


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Return the worker's build of a deployment, or None if builds are not told apart.

    A lead lives for years, so it moves to the newest build in the middle of a run. Its history says which rules must not
    change then (`process.behaviour`).
    """
    if settings.worker_build is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
