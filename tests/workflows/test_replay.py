"""Committed histories still replay, so leads in flight survive a deploy."""

from pathlib import Path

import pytest
from temporalio.worker import Replayer

from tests.support.histories import HISTORIES, as_history, read_history
from workflows.runtime.plugin import leads_plugin


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 5


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_replays(path: Path) -> None:
    """Replay a lead of a released version; a failure would block leads in flight (docs/changing-the-process.md)."""
    history = as_history(read_history(path))
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)


async def test_a_replay_notices_a_change() -> None:
    """Change one event of a history, so that its replay fails."""
    path = next(path for path in HISTORIES if "refusals" in path.stem)
    text = read_history(path).replace('"name": "perform_effects"', '"name": "act"')
    assert text != read_history(path)
    replayer = Replayer(workflows=[], plugins=[leads_plugin()])
    result = await replayer.replay_workflow(as_history(text), raise_on_replay_failure=False)
    assert result.replay_failure is not None
