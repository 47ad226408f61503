"""Committed histories still replay, so leads in flight survive a deploy."""

import gzip
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from workflows.runtime.plugin import leads_plugin

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json.gz"))


def _read(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 5


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_replays(path: Path) -> None:
    """If this fails, leads in flight would get stuck on this code: see docs/changing-the-process.md."""
    history = WorkflowHistory.from_json(path.stem, _read(path))
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)


async def test_a_replay_notices_a_change() -> None:
    """The guard itself: with one event of another kind, the replay fails."""
    path = next(path for path in HISTORIES if "refusals" in path.stem)
    text = _read(path).replace('"name": "open_issue"', '"name": "open_a_ticket"')
    assert text != _read(path)
    replayer = Replayer(workflows=[], plugins=[leads_plugin()])
    result = await replayer.replay_workflow(
        WorkflowHistory.from_json(path.stem, text), raise_on_replay_failure=False
    )
    assert result.replay_failure is not None
