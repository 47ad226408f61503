"""The real Temporal dev server with time skipping (experimental in the SDK, so it stays in this one place)."""

from temporalio.testing import WorkflowEnvironment

from tests.conftest import TEMPORAL
from workflows.plugin import leads_plugin
from workflows.search_attributes import SEARCH_ATTRIBUTES

_DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="50ms"',  # or each skipped timer takes a second
)


async def start_server(*dynamic_config: str) -> WorkflowEnvironment:
    """A server of its own; `dynamic_config` as `key=value`."""
    args = [arg for value in (*_DYNAMIC_CONFIG, *dynamic_config) for arg in ("--dynamic-config-value", value)]
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(TEMPORAL),
        plugins=[leads_plugin()],
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="error",
        dev_server_extra_args=args,
    )
