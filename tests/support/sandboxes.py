"""One sandbox per test process, back at its seeded start for each test."""

from collections.abc import Iterator

import pytest

from activities.github import rate_limits
from activities.google import clients
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.local.parts import SEED


@pytest.fixture(scope="package")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=read_seed(SEED)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    running_sandbox.reset()
    monkeypatch.setattr(rate_limits, "_guards", {})  # no limit of another test holds here
    clients._guard_for.cache_clear()
    return running_sandbox
