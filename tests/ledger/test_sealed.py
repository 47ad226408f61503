"""The content of events is sealed under the key of their lead, and can be read with that key only."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from client.rebuilding import rebuild_batch
from keys.errors import KeysUnavailable
from keys.ring import KeyRing
from keys.store import MemoryKeyStore
from ledger.errors import LeadErased, LeadUnreadable, LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.queries import feed, figure_lines
from ledger.queries.asking import LedgerQueries
from ledger.tables import CONTENTS, ENTRIES

from .conftest import by_hand, entry, make_row, record

Open = Callable[[str], Ledger]
WORDS = ("ann", "example.org", "12,000", "12000.00", "key-1")
"""Words of the plain entry (`entry`), in small letters."""


class LostKeys(MemoryKeyStore):
    """A store of keys that can go away."""

    away = False

    def _answer(self) -> None:
        if self.away:
            raise KeysUnavailable("The store of keys does not answer.")

    def newest(self, owner: str) -> Any:
        self._answer()
        return super().newest(owner)

    def get(self, key_id: Any) -> Any:
        self._answer()
        return super().get(key_id)


@pytest.fixture
def keys() -> LostKeys:
    return LostKeys()


@pytest.fixture
def ring(keys: LostKeys) -> KeyRing:
    return KeyRing(keys, cache_seconds=0)


def kept(ledger: Ledger) -> str:
    """Return everything that stands in the tables of the events, in small letters."""
    with ledger._database.reading() as connection:
        rows = [*connection.execute(select(ENTRIES)), *connection.execute(select(CONTENTS))]
    return "\n".join(repr(tuple(row)) for row in rows).lower()


def test_no_word_of_an_event_stands_in_clear(ledger: Ledger, plain: Ledger) -> None:
    record(plain, [entry(1, lead_id="lead-plain")])
    assert all(word in kept(plain) for word in WORDS)  # so that the words are right
    record(ledger, [entry(1), entry(2)])
    ledger.append("lead-1", [], after=2)
    assert ledger.reopen("lead-1", 1, "Ann reset it", by="ann@example.org")
    with ledger._database.reading() as connection:
        sealed = select(CONTENTS.c.content).where(CONTENTS.c.lead_id == "lead-1")
        contents = b"".join(connection.scalars(sealed)).lower()
        entries = repr([*connection.execute(select(ENTRIES))]).lower()
    assert not any(word.encode() in contents or word in entries for word in WORDS)
    [note] = ledger.reopenings("lead-1")
    assert (note.by, note.reason, note.after) == ("ann@example.org", "Ann reset it", 1)


def test_a_process_without_keys_reads_and_harms_nothing(ledger: Ledger, plain: Ledger, url: str) -> None:
    record(ledger, [entry(1), entry(2)])
    for question in (plain.entries, plain.events, plain.rebuild):
        with pytest.raises(LedgerRefused, match=r"lead lead-1 is sealed, and this process has no keys"):
            question("lead-1")
    assert [head.seq for head in plain.heads()] == [2]  # lists need none
    assert ledger.entries("lead-1") == [entry(1), entry(2)]


def test_keys_may_come_later(ledger: Ledger, plain: Ledger) -> None:
    record(plain, [entry(1)])
    assert record(ledger, [entry(1), entry(2)], after=1) == 2
    assert ledger.entries("lead-1") == [entry(1), entry(2)]
    assert ledger.epochs("lead-1") == {0: 1, 1: 1}


def test_while_the_store_of_keys_is_away_nothing_is_written(ledger: Ledger, keys: LostKeys) -> None:
    record(ledger, [entry(1)])
    keys.away = True
    for question in (lambda: record(ledger, [entry(2)]), lambda: ledger.entries("lead-1")):
        with pytest.raises(LedgerUnavailable, match="does not answer"):
            question()
    assert ledger.last_seq("lead-1") == 1
    keys.away = False
    assert record(ledger, [entry(2)]) == 2


def test_a_lead_whose_key_is_destroyed_is_erased_and_others_are_not(
    ledger: Ledger, ring: KeyRing, url: str
) -> None:
    record(ledger, [entry(1), entry(2)], row=make_row(last_seq=2))
    record(ledger, [entry(1, "lead-2")])
    ring.erase("lead-1")
    for question in (ledger.entries, ledger.events, lambda _: record(ledger, [entry(3)])):
        with pytest.raises(LeadErased, match="lead lead-1 was erased"):
            question("lead-1")
    assert [head.lead_id for head in ledger.heads()] == ["lead-1", "lead-2"]
    assert ledger.rebuild("lead-1")  # it has no row from then on, and is not tried again
    assert ledger.row("lead-1") is None
    assert ledger.lagging_leads(entry(9).at, 9) == ["lead-2"]
    assert ledger.entries("lead-2") == [entry(1, "lead-2")]
    with asking(url, ring) as queries, queries.asking() as connection:
        found = feed.events_after(connection, 0)
        assert [each.entry.summary for each in found] == ["[erased]", "[erased]", entry(1).summary]
        assert [each.entry.at for each in found] == [entry(1).at, entry(2).at, entry(1).at]
        told = figure_lines.summaries(connection, [("lead-1", 1), ("lead-2", 1)])
        assert told["lead-1", 1].summary == "[erased]"
        assert told["lead-2", 1].summary == entry(1).summary


def test_a_lead_whose_key_is_lost_keeps_no_other_lead_waiting(ledger: Ledger, keys: LostKeys) -> None:
    """The copy of the store of keys that was put back is older than the lead."""
    record(ledger, [entry(1)])
    del keys._keys["lead-1"]
    record(ledger, [entry(1, "lead-2")])
    with pytest.raises(LeadUnreadable, match="has no key lead-1/1"):
        ledger.entries("lead-1")
    assert [each.lead_id for each in rebuild_batch(ledger)] == ["lead-1", "lead-2"]


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE ledger_contents SET content = (SELECT c.content FROM ledger_contents c WHERE c.seq = 2) WHERE seq = 1",
        "UPDATE ledger_contents SET content = (SELECT c.content FROM ledger_contents c WHERE c.lead_id = 'lead-2') "
        "WHERE lead_id = 'lead-1'",
    ],
    ids=["of another event", "of another lead"],
)
def test_a_content_opens_at_its_own_place_only(tmp_path: Path, opened: Open, move: str) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = opened(url)
    record(ledger, [entry(1), entry(2)])
    record(ledger, [entry(1, "lead-2")]) if "lead-2" in move else None
    by_hand(url, "DROP TRIGGER ledger_contents_only_erased", move)
    with pytest.raises(LedgerRefused, match="was changed or belongs elsewhere"):
        ledger.entries("lead-1")


@contextmanager
def asking(url: str, ring: KeyRing) -> Iterator[LedgerQueries]:
    with closing(LedgerQueries.open(url, ring)) as queries:
        yield queries
