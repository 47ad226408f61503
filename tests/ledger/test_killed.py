"""A process that is killed while it writes to the ledger leaves nothing half done, and holds up nobody."""

import multiprocessing
import os
import signal
from contextlib import closing
from typing import Any

import pytest

import ledger.recording
from ledger.ledger import Ledger

from .conftest import entry, make_row

STEPS = ("changes_of", "insert_entries", "state_after", "write_lines", "_project", "feed")
"""Functions that `write` calls inside its transaction, in order."""


PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])  # so that not each process imports the ledger anew


def _write_and_die(url: str, step: str) -> None:
    def die(*args: Any, **more: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with closing(Ledger.open(url)) as doomed:
        doomed.last_seq("lead-1")
        setattr(ledger.recording, step, die)
        row = make_row(last_seq=3, updated_at=entry(3).at)
        doomed.append("lead-1", [entry(2), entry(3)], after=1, row=row)


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_writer_leaves_nothing_half_done(plain: Ledger, url: str, step: str) -> None:
    first = make_row(updated_at=entry(1).at)
    plain.append("lead-1", [entry(1)], after=0, row=first)
    process = PROCESSES.Process(target=_write_and_die, args=(url, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert plain.entries("lead-1") == [entry(1)]
    assert plain.row("lead-1") == first
    again = entry(2, at=entry(4).at)
    assert plain.append("lead-1", [again], after=1) == 2
    assert plain.entries("lead-1") == [entry(1), again]
