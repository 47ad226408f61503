"""The ledger of the settings is opened with their keys."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from client.ledgers import ledger_of, queries_of, reader_of
from config.groups import Keys
from config.settings import Settings
from ledger.conversion import entry_of
from ledger.errors import LedgerRefused
from ledger.queries import feed
from tests.support.lives import Life


def settings(folder: Path, **keys: Any) -> Settings:
    known = {"ledger_url": f"sqlite:///{folder}/ledger.sqlite", "keys": Keys(**keys)}
    return Settings(_env_file=None, **known)  # type: ignore[arg-type]


def test_events_are_sealed_and_read_with_the_keys_of_the_settings(tmp_path: Path) -> None:
    life = Life()
    entries = [entry_of(life.lead.id, event) for event in life.aggregate.event_log.events]
    with_keys = {"master_key": "m" * 32, "store_url": f"sqlite:///{tmp_path}/keys.sqlite"}
    sealing = settings(tmp_path, **with_keys)
    with closing(ledger_of(sealing)) as ledger:
        ledger.append(life.lead.id, entries, after=0)
        assert 0 not in ledger.epochs(life.lead.id)
    with closing(ledger_of(settings(tmp_path, encryption="off", **with_keys))) as ledger:
        assert ledger.entries(life.lead.id) == entries  # it opens what is sealed, and seals nothing
        ledger.append(
            "lead-other", [each.model_copy(update={"lead_id": "lead-other"}) for each in entries], after=0
        )
        assert [*ledger.epochs("lead-other")] == [0]
    with closing(reader_of(sealing)) as reader:
        assert reader.entries(life.lead.id) == entries
    with closing(queries_of(sealing)) as queries, queries.asking() as connection:
        assert feed.events_after(connection, 0)[0].entry == entries[0]
    with (
        closing(reader_of(settings(tmp_path))) as reader,
        pytest.raises(LedgerRefused, match="this process has no keys"),
    ):
        reader.entries(life.lead.id)
