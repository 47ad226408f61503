"""Timeouts of tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import ModuleType

import pytest

TIMEOUT = 240
"""Seconds to wait for something that must happen. It is long, so that a busy machine fails no test."""


@contextmanager
def long_heartbeat_timeouts(*workflows: ModuleType) -> Iterator[pytest.MonkeyPatch]:
    """Raise the heartbeat timeouts: on a busy machine, an activity must not be repeated because it was silent."""
    with pytest.MonkeyPatch.context() as patch:
        for module in workflows:
            patch.setattr(module, "HEARTBEAT_TIMEOUT", timedelta(seconds=TIMEOUT))
        yield patch
