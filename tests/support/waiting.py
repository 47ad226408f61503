"""How long a test waits for what must come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import ModuleType

import pytest

TIMEOUT = 240
"""Seconds. Only a test that fails waits so long: that a machine is busy is no failure."""


@contextmanager
def slow_is_not_dead(*workflows: ModuleType) -> Iterator[pytest.MonkeyPatch]:
    """On a busy machine an effect of this process may be silent for longer, and is not to be done twice for that."""
    with pytest.MonkeyPatch.context() as patch:
        for module in workflows:
            patch.setattr(module, "HEARTBEAT_TIMEOUT", timedelta(seconds=TIMEOUT))
        yield patch
