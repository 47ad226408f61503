"""The activity that records events: what a failure means, within a workflow task and as an effect of its own."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.ledger import LedgerActivities
from ledger.ledger import Ledger
from process.views.recording import Recorded, RecordRequest, record_request
from tests.support.lives import Life


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite")) as ledger:
        yield ledger


def perform(ledger: Ledger, request: RecordRequest, *, local: bool = True) -> Recorded:
    env = ActivityEnvironment()
    env.info = replace(ActivityEnvironment.default_info(), is_local=local)
    recorded: Recorded = env.run(LedgerActivities(ledger).record_events, request)
    return recorded


def request(life: Life, after: int = 0) -> RecordRequest:
    return record_request(life.aggregate, after, life.now)


def test_events_and_row_are_recorded(ledger: Ledger) -> None:
    life = Life().quoted()
    wanted = request(life)
    recorded = perform(ledger, wanted)
    assert recorded.seq == life.lead.last_seq
    assert [entry.seq for entry in ledger.entries(life.lead.id)] == list(range(1, recorded.seq + 1))
    assert ledger.row(life.lead.id) == wanted.row
    assert perform(ledger, wanted) == recorded
    assert perform(ledger, request(life, recorded.seq)).seq == recorded.seq


def lost(wanted: RecordRequest, hours: int) -> RecordRequest:
    """The same request as another attempt at the task makes it: some hours later, and with one event less."""
    later, row = timedelta(hours=hours), wanted.row
    return wanted.replaced(
        events=tuple(event.replaced(at=event.at + later) for event in wanted.events[:-1]),
        row=row.replaced(updated_at=row.updated_at + later, last_seq=row.last_seq - 1),
    )


def test_an_outdated_writing_is_tried_again_by_an_effect_which_is_right(ledger: Ledger) -> None:
    wanted = request(Life().quoted())
    perform(ledger, lost(wanted, hours=1))
    with pytest.raises(ApplicationError, match="newer events") as failed:
        perform(ledger, wanted)
    assert (failed.value.type, failed.value.non_retryable) == ("Again", False)
    assert perform(ledger, wanted, local=False).seq == wanted.events[-1].seq
    assert [entry.at for entry in ledger.entries(wanted.lead_id)] == [event.at for event in wanted.events]


def test_a_conflict_is_parked(ledger: Ledger) -> None:
    wanted = request(Life().quoted())
    perform(ledger, wanted, local=False)
    for local in (True, False):
        with pytest.raises(ApplicationError, match="already holds a different event 1") as failed:
            perform(ledger, lost(wanted, hours=1), local=local)
        assert failed.value.non_retryable


def test_a_ledger_that_is_away_is_tried_again(ledger: Ledger, tmp_path: Path) -> None:
    url = "postgresql://me@127.0.0.1:1/leads"
    with closing(Ledger.open(url)) as away, pytest.raises(ApplicationError, match="not available") as failed:
        perform(away, request(Life().quoted()))
    assert (failed.value.type, failed.value.non_retryable) == ("Again", False)
