"""Read tables are written with each event, and are the same as if they were made from all events at once."""

import random
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.conversion import entry_of
from ledger.ledger import Ledger
from ledger.read_tables import AGENDA, FEED, FEED_HEAD, OF_LEAD, STAGES
from ledger.recording import rebuild
from ledger.tables import ENTRIES, LEADS
from process.core.aggregate import LeadAggregate
from process.decisions.registry import DECISIONS
from process.views.lead_row import ROWS_VERSION
from process.views.recording import record_request
from tests.support.lives import Life, last_seq
from tests.support.pools import sound_bodies

from .conftest import by_hand, entry, make_row

_numbers = count(1)


class Written:
    """A life whose events are written to a ledger, as its workflow does."""

    def __init__(self, ledger: Ledger, life: Life, lead_id: str = "") -> None:
        self.ledger = ledger
        self.life = life
        self.lead_id = lead_id or f"lead-{next(_numbers)}"

    def write(self, *, forgetful: bool = False) -> "Written":
        """Write what is new, with its snapshots unless the lead was swapped out meanwhile."""
        life = self.life
        if forgetful:
            life.aggregate = LeadAggregate.model_validate_json(life.aggregate.model_dump_json())
        request = record_request(life.aggregate, life.aggregate.in_ledger, life.now)
        assert request.row
        seq = self.ledger.append(
            self.lead_id,
            [entry_of(self.lead_id, event) for event in request.events],
            after=request.after,
            row=request.row.replaced(lead_id=self.lead_id),
            snapshots=request.snapshots,
        )
        assert seq == life.lead.last_seq
        life.aggregate = life.aggregate.recorded(seq, request.after)
        return self

    def loses_a_task(self) -> None:
        """Write events of a workflow task that is lost: the lead goes on from what it was before."""
        before, then = self.life.aggregate, self.life.now
        self.life.wait(hours=1)
        self.life.take("price_quoted", amount="777", currency="USD", per="year")
        self.life.take("lost", reason="budget")
        self.write()
        self.life.aggregate, self.life.now = before, then
        self.life.wait(hours=2)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return all lines of the lead, in order and without the numbers of its agenda's lines."""
        found = {}
        with self.ledger._database.reading() as connection:
            for table in OF_LEAD:
                columns = [column for column in table.c if table is not AGENDA or column.name != "number"]
                wanted = select(*columns).where(table.c.lead_id == self.lead_id)
                found[table.name] = sorted(
                    (dict(row) for row in connection.execute(wanted).mappings()), key=repr
                )
            state = select(LEADS).where(LEADS.c.lead_id == self.lead_id)
            known = dict(connection.execute(state).mappings().one())
        for name in ("parts", "people", "written_at", "confirmed", "updated_at", "right_until", "document"):
            del known[name]
        return found | {"lead": [{name: value} for name, value in known.items()]}

    def rebuilt(self) -> dict[str, list[dict[str, Any]]]:
        """Return all lines after they were made from the events, at the same time."""
        with self.ledger._database.writing() as connection:
            assert rebuild(connection, self.lead_id, self.life.now)
        return self.tables()


def allowed(life: Life) -> list[str]:
    return [kind for kind, decision in DECISIONS.items() if decision.allowed(life.lead) is None]


PATH = (
    *("price_quoted", "quote_accepted", "contract_handed_over", "contract_signed"),
    *("vendor_setup_not_needed", "hub_requested", "hub_live"),
)


def step(data: st.DataObject, written: Written, chance: random.Random) -> None:
    """Let something happen to the lead, or write what has."""
    life = written.life
    match chance.randrange(10):
        case 0 | 1:
            written.write(forgetful=chance.random() < 0.2)
        case 2:
            life.wait(chance.choice([1, 7, 29, 90, 200]))
        case 3:
            life.perform()
        case 4:
            life.take("corrected", seq=chance.randint(1, last_seq(life)), reason="A slip")
        case 5:
            written.write().loses_a_task()
        case 6:
            kind = chance.choice(allowed(life))
            life.take(kind, **data.draw(sound_bodies(kind), label=kind))
        case _:
            kinds = [kind for kind in PATH if kind in allowed(life)]
            if kinds:
                life.take(kinds[-1], **DECISIONS[kinds[-1]].example)


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_lines_are_the_same_as_those_made_from_all_events(
    ledger: Ledger, data: st.DataObject, seed: int
) -> None:
    chance = random.Random(seed)
    written = Written(ledger, Life())
    for _ in range(25):
        step(data, written, chance)
    tables = written.write().tables()
    assert {"projected": last_seq(written.life)} in tables["lead"]
    rebuilt = written.rebuilt()
    for name, lines in tables.items():
        assert lines == rebuilt[name], name


def test_each_event_writes_only_what_differs(ledger: Ledger, statements: Callable[[], list[str]]) -> None:
    """A decision that changes neither stage nor money reads no events, and leaves the other lines alone."""
    written = Written(ledger, Life().quoted()).write()
    written.life.does("asset_attached", name="Notes")
    statements()
    written.write()
    said = " ".join(statements())
    assert "ledger_feed" in said
    for name in ("ledger_stages", "ledger_money", "ledger_terms", "ledger_names", "ledger_events"):
        assert name not in said


def test_a_lead_without_snapshots_is_read_once(ledger: Ledger, statements: Callable[[], list[str]]) -> None:
    written = Written(ledger, Life().quoted()).write()
    written.life.does("quote_accepted")
    statements()
    written.write(forgetful=True)
    assert "FROM ledger_events" in " ".join(statements())
    written.life.does("contract_handed_over")
    written.write()
    assert "FROM ledger_events" not in " ".join(statements())
    assert written.tables() == written.rebuilt()


def test_an_append_without_a_row_leaves_the_lines_behind(ledger: Ledger) -> None:
    written = Written(ledger, Life().quoted())
    events = written.life.aggregate.event_log.events
    ledger.append(written.lead_id, [entry_of(written.lead_id, event) for event in events], after=0)
    lead = written.tables()["lead"]
    assert {"projected": 0} in lead
    assert {"version": None} in lead
    written.life.aggregate = written.life.aggregate.recorded(len(events))
    written.write()
    lead = written.tables()["lead"]
    assert {"projected": len(events)} in lead
    assert {"version": ROWS_VERSION} in lead
    assert written.tables() == written.rebuilt()


def test_lines_of_older_rules_are_made_anew(ledger: Ledger, url: str) -> None:
    written = Written(ledger, Life().quoted()).write()
    by_hand(url, "UPDATE ledger_leads SET version = 0", "UPDATE ledger_stages SET stage = 'hub'")
    written.life.does("quote_accepted")
    written.write()
    stages = {line["stage"] for line in written.tables()[STAGES.name]}
    assert stages == {"lead", "quoted"}
    assert written.tables() == written.rebuilt()


def test_events_that_cannot_be_read_stop_nothing(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1), entry(2)], after=0, row=make_row(last_seq=2))
    ledger.append("lead-1", [entry(3)], after=2, row=make_row(last_seq=3, updated_at=entry(3).at))
    assert ledger.last_seq("lead-1") == 3
    assert not Written(ledger, Life(), "lead-1").tables()[STAGES.name]


# ---- the feed


def feed(ledger: Ledger) -> list[tuple[int, str, int, int, str]]:
    with ledger._database.reading() as connection:
        assert connection.scalar(select(FEED_HEAD.c.last)) == (
            connection.scalar(select(FEED.c.position).order_by(FEED.c.position.desc()).limit(1)) or 0
        )
        return [tuple(row) for row in connection.execute(select(FEED).order_by(FEED.c.position))]


def test_each_event_has_a_position(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1), entry(2)], after=0)
    ledger.append("lead-2", [entry(1, lead_id="lead-2")], after=0)
    ledger.append("lead-1", [entry(1), entry(2)], after=0)  # a repeat
    ledger.append("lead-1", [entry(2, at=entry(4).at)], after=1)  # the task of the other one was lost
    assert feed(ledger) == [
        (1, "lead-1", 1, 1, "price_quoted"),
        (2, "lead-1", 2, 1, "price_quoted"),
        (3, "lead-2", 1, 1, "price_quoted"),
        (4, "lead-1", 2, 2, "price_quoted"),
    ]


def test_a_writing_that_is_refused_takes_no_position(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1)], after=0)
    ledger.append("lead-1", [], after=1)
    with pytest.raises(Exception, match="different event 1"):
        ledger.append("lead-1", [entry(1, by="someone else")], after=0)
    ledger.check()
    assert len(feed(ledger)) == 1


@pytest.mark.usefixtures("long_waits")
def test_positions_have_no_gap_however_many_write(
    ledger: Ledger, opened: Callable[[str], Ledger], url: str
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ledger.last_seq("")
    others = [ledger, opened(url)]

    def write(number: int) -> None:
        lead_id = f"lead-{number % 7}"
        others[number % 2].append(lead_id, [entry(seq, lead_id=lead_id) for seq in range(1, 6)], after=0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(28)))
    positions = [row[0] for row in feed(ledger)]
    assert positions == list(range(1, 36))
    with ledger._database.reading() as connection:
        written = set(map(tuple, connection.execute(select(ENTRIES.c.lead_id, ENTRIES.c.seq))))
    assert {(row[1], row[2]) for row in feed(ledger)} == written
