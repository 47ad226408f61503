"""Questions that pages, reports and the API ask of the ledger: the answers, their pages, and the plans of both engines."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, insert, select, text

from ledger.database import Database
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.queries import agenda, board, feed, figure_lines, reports, search
from ledger.queries.asking import LedgerQueries
from ledger.queries.cursors import BrokenCursor, read_cursor, write_cursor
from ledger.queries.rows import rows_of
from ledger.tables import IDENTITY
from process.reports.rows import Expected
from process.types import Role, Stage
from process.views.agenda_items import Section
from process.views.row import row_of
from tests.support.engines import ROLE, a_database
from tests.support.lives import MONDAY, Life, a_life, lives_at_each_stage
from tests.support.postgres import Postgres
from tests.support.rows import write_events as write

from .conftest import having, plans_of

TODAY = MONDAY + timedelta(days=1)
NOON = MONDAY + timedelta(hours=12)


class Written(NamedTuple):
    """A ledger with leads at each stage, to be copied for each test: that is far faster than writing it."""

    place: str
    """The file, or the name of the database."""
    lives: dict[str, Life]


def written(place: str, url: str) -> Written:
    lives = lives_at_each_stage()
    with closing(Ledger.open(url)) as ledger:
        for life in lives.values():
            write(ledger, life)
    return Written(place, lives)


@pytest.fixture(scope="session")
def written_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Written:
    file = tmp_path_factory.mktemp("written") / "ledger.sqlite"
    return written(str(file), f"sqlite:///{file}")


@pytest.fixture(scope="session")
def written_postgresql(postgres: Postgres, made_database: str) -> Written:
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE written TEMPLATE {made_database}".encode())
    return written("written", postgres.url("written", ROLE))


@pytest.fixture
def copied(engine: str, request: pytest.FixtureRequest) -> Written:
    found: Written = request.getfixturevalue(f"written_{engine}")
    return found


@pytest.fixture
def postgres_copy(postgres: Postgres, copied: Written) -> Iterator[str]:
    yield from a_database(postgres, copied.place)


@pytest.fixture
def url(engine: str, copied: Written, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a ledger with these leads."""
    if engine == "sqlite":
        return f"sqlite:///{shutil.copy(copied.place, tmp_path)}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("postgres_copy"), ROLE)


@pytest.fixture
def lives(copied: Written) -> dict[str, Life]:
    """Leads at each stage, which are in the ledger."""
    return deepcopy(copied.lives)


@pytest.fixture
def queries(url: str, lives: dict[str, Life]) -> Iterator[LedgerQueries]:
    with closing(LedgerQueries.open(url)) as found:
        yield found


@pytest.fixture
def asked(queries: LedgerQueries) -> Iterator[Connection]:
    with queries.asking() as connection:
        yield connection


# ---- asking


def test_a_question_changes_nothing(queries: LedgerQueries) -> None:
    with pytest.raises((LedgerRefused, LedgerUnavailable), match=r"read-?only"), queries.asking() as asked:
        asked.execute(insert(IDENTITY), {"id": 1, "value": "another"})
    with queries.asking() as asked:
        assert asked.scalar(select(IDENTITY.c.value))


def test_a_question_that_takes_too_long_is_given_up(queries: LedgerQueries) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(LedgerUnavailable), queries.asking(0.2) as asked:
        asked.execute(text(endless))
    with queries.asking() as asked:
        assert feed.head(asked)


def test_a_connection_can_write_after_it_was_asked(ledger: Ledger, lives: dict[str, Life], url: str) -> None:
    database = Database.open(url)
    with closing(database), LedgerQueries(database).asking() as asked:
        board.totals(asked)
    write(Ledger(database), lives["ada"].quoted())
    database.close()


# ---- the board


def names(page: board.Page) -> list[str]:
    return [card.row.lead_id.removeprefix("lead-") for card in page.cards]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("name", ["bo", "cy"]), ("value", ["cy", "bo"]), ("date", ["bo", "cy"]), ("age", ["bo", "cy"])],
)
def test_a_column_has_its_order_and_its_pages(asked: Connection, sort: board.Sort, order: list[str]) -> None:
    assert names(board.column(asked, Stage.QUOTED, sort)) == order
    first = board.column(asked, Stage.QUOTED, sort, limit=1)
    assert names(first) == order[:1]
    second = board.column(asked, Stage.QUOTED, sort, after=first.after, limit=1)
    assert (names(second), second.after) == (order[1:], None)


def test_a_column_is_filtered(asked: Connection) -> None:
    only = board.BoardFilter(text="university CY")
    assert names(board.column(asked, Stage.QUOTED, only=only)) == ["cy"]
    assert names(board.column(asked, Stage.QUOTED, only=board.BoardFilter(owner=Role.ENGINEERING))) == []
    assert names(board.column(asked, Stage.QUOTED, only=board.BoardFilter(service="hub", on_hold=False))) == [
        "bo",
        "cy",
    ]
    assert names(board.column(asked, Stage.LEAD, only=board.BoardFilter(attention=True))) == []


@pytest.mark.parametrize("sort", ["date", "value", "age", "name"])
def test_the_columns_make_one_list(asked: Connection, sort: board.Sort) -> None:
    found = {lead for stage in Stage for lead in names(board.column(asked, stage, sort))}
    whole = board.leads(asked, tuple(Stage), sort)
    paged: list[board.Card] = []
    page = board.leads(asked, tuple(Stage), sort, limit=2)
    while page.after is not None:
        paged += page.cards
        page = board.leads(asked, tuple(Stage), sort, after=page.after, limit=2)
    paged += page.cards
    assert paged == list(whole.cards)
    assert sorted(names(whole)) == sorted(found)


@pytest.mark.parametrize("sort", ["date", "value", "age", "name"])
def test_a_lead_has_a_place_in_its_column(
    asked: Connection, ledger: Ledger, sort: board.Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):  # some are equal but for their ids
        write(ledger, a_life(f"more-{number}").quoted())
    order = [card.row.lead_id for card in board.column(asked, Stage.QUOTED, sort).cards]
    known = dict(enumerate(order))
    for number, lead_id in known.items():
        assert board.place(asked, lead_id, Stage.QUOTED, sort) == (number + 1, 6)
        found = board.neighbours(asked, lead_id, Stage.QUOTED, sort)
        assert found == (known.get(number - 1), known.get(number + 1))
    monkeypatch.setattr(board, "COUNTED", 2)
    assert board.place(asked, order[-1], Stage.QUOTED, sort) == (None, 3)


def test_a_lead_that_has_left_a_list_still_has_its_neighbours(asked: Connection) -> None:
    assert board.neighbours(asked, "lead-ada", Stage.QUOTED, "name") == (None, "lead-bo")
    assert board.place(asked, "lead-ada", Stage.QUOTED, "name") == (None, 2)
    only = board.BoardFilter(text="bo")
    assert board.neighbours(asked, "lead-cy", Stage.QUOTED, "name", only) == ("lead-bo", None)
    assert board.place(asked, "lead-cy", Stage.QUOTED, "name", only) == (None, 1)
    assert board.neighbours(asked, "lead-nobody", Stage.QUOTED) is None
    assert board.place(asked, "lead-nobody", Stage.QUOTED) is None


def test_totals_are_exact(asked: Connection) -> None:
    found = {total.stage: total for total in board.totals(asked)}
    assert (found[Stage.QUOTED].leads, found[Stage.QUOTED].value) == (2, 2_700_000)
    assert (found[Stage.LEAD].currency, found[Stage.LEAD].value) == (None, 0)
    assert sum(total.leads for total in found.values()) == 6


def test_a_filter_is_counted_up_to_a_bound(asked: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    only = board.BoardFilter(text="university")
    found = {total.stage: total.leads for total in board.totals(asked, only)}
    assert found[Stage.QUOTED] == 2
    monkeypatch.setattr(board, "COUNTED", 0)
    assert {total.leads for total in board.totals(asked, only)} == {1}


@pytest.mark.parametrize("most", [0, 1_000])
def test_words_are_looked_for_in_few_leads_or_in_many(
    asked: Connection, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(board, "MOST", most)
    only = board.BoardFilter(text="university CY").narrowed(asked)
    assert (only.among is None) == (most == 0)
    assert names(board.column(asked, Stage.QUOTED, only=only)) == ["cy"]
    assert board.BoardFilter(text="nobody").narrowed(asked).among == ()


def test_the_board_of_a_past_moment(asked: Connection) -> None:
    before = board.stages_on(asked, MONDAY - timedelta(days=1))
    assert before == {}
    now = board.stages_on(asked, TODAY)
    assert now == {Stage.LEAD: 1, Stage.QUOTED: 2, Stage.CONTRACTED: 1, Stage.HUB: 1, Stage.LOST: 1}
    assert list(board.leads_on(asked, TODAY, Stage.QUOTED)) == ["lead-bo", "lead-cy"]
    assert list(board.leads_on(asked, TODAY, Stage.QUOTED, after="lead-bo")) == ["lead-cy"]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "ww", "WyJhIl0", "é", "A" * 2000, write_cursor([1, 2])])
def test_a_broken_cursor_is_said(asked: Connection, cursor: str) -> None:
    with pytest.raises(BrokenCursor, match="begin at the first one"):
        board.column(asked, Stage.QUOTED, after=cursor)


def test_a_cursor_keeps_its_values() -> None:
    values = (datetime(2026, 6, 1, tzinfo=UTC), date(2026, 6, 1), 7, "lead-é")
    assert read_cursor(write_cursor(values), datetime, date, int, str) == values
    for wrong in ([True], [2**70], ["\0"]):
        with pytest.raises(BrokenCursor):
            read_cursor(write_cursor(wrong), type(wrong[0]) if wrong != [True] else int)


# ---- search, the feed


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lead-bo", ["lead-bo"]),
        ("UNIVERSITY cy", ["lead-cy"]),
        ("example.cluster", ["lead-ed"]),
        ("", []),
        ("\0", []),
        ("100%", []),
        ("nobody", []),
    ],
)
def test_search_finds_leads_by_words(asked: Connection, words: str, found: list[str]) -> None:
    assert [row.lead_id for row in search.search(asked, words)] == found


def test_the_feed_is_read_page_by_page(asked: Connection) -> None:
    last = feed.head(asked)
    seen: list[int] = []
    while page := feed.events_after(asked, seen[-1] if seen else 0, limit=7):
        seen += [event.position for event in page]
    assert seen == list(range(1, last + 1))
    (lost,) = feed.events_after(asked, 0, kinds=["lost"])
    assert (lost.entry.lead_id, lost.revision, lost.void) == ("lead-di", 1, False)


# ---- the agenda


def test_the_agenda_of_a_role_is_that_of_the_rows(asked: Connection, lives: dict[str, Life]) -> None:
    for role in (Role.SALES, Role.CONTRACTS, Role.ENGINEERING):
        expected = sorted(
            (item.section.value, item.text)
            for life in lives.values()
            for item in row_of(life.aggregate, life.now).agenda(TODAY)
            if item.role is role
        )
        found = agenda.agenda(asked, agenda.Whose(roles=[role]), TODAY)
        assert sorted((item.section.value, item.text) for item in found.items) == expected
        counts = agenda.counts(asked, agenda.Whose(roles=[role]), TODAY)
        assert sum(counts.values()) == len(expected)
        places = [[*Section].index(item.section) for item in found.items]
        assert places == sorted(places)


def test_the_agenda_is_read_page_by_page(asked: Connection) -> None:
    whose = agenda.Whose(roles=[Role.SALES, Role.CONTRACTS])
    everything, seen, after = agenda.agenda(asked, whose, TODAY).items, list[agenda.Item](), None
    while True:
        page = agenda.agenda(asked, whose, TODAY, after, limit=2)
        seen += page.items
        after = page.after
        if after is None:
            break
    assert tuple(seen) == everything
    assert len(everything) > 2


def test_a_person_has_the_lines_of_their_leads_and_roles(
    ledger: Ledger, queries: LedgerQueries, lives: dict[str, Life]
) -> None:
    lives["bo"].does("assigned", role="sales", person="Grace Example", login="grace")
    write(ledger, lives["bo"])
    with queries.asking() as asked:
        grace = agenda.agenda(asked, agenda.Whose("@Grace"), TODAY).items
        assert {item.row.lead_id for item in grace} == {"lead-bo"}
        sales = agenda.agenda(asked, agenda.Whose("Ann", [Role.SALES]), TODAY).items
        assert "lead-bo" not in {item.row.lead_id for item in sales}
        assert sales
        both = agenda.agenda(asked, agenda.Whose("grace", [Role.SALES]), TODAY).items
        assert len(both) == len(grace) + len(sales)
        assert agenda.people(asked) == ["grace", "grace example"]
        assert agenda.agenda(asked, agenda.Whose(), TODAY).items == ()


# ---- reports


def test_the_funnel_and_the_times_count_each_lead(asked: Connection) -> None:
    found = reports.funnel(asked, MONDAY, TODAY)
    assert [found[stage] for stage in (Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB)] == [6, 5, 2, 1]
    assert reports.funnel(asked, TODAY, TODAY + timedelta(days=9))[Stage.LEAD] == 0
    times = reports.time_in_stage(asked, MONDAY, TODAY)
    assert sum(days.spans for days in times.left if days.stage is Stage.LEAD) == 5
    assert {each.stage: each.leads for each in times.waiting} == {
        Stage.LEAD: 1,
        Stage.QUOTED: 2,
        Stage.CONTRACTED: 1,
        Stage.HUB: 1,
    }


def test_what_moved_is_the_difference(asked: Connection) -> None:
    def value(money: Expected) -> int:
        return money.month * money.months + money.rest

    def at(moment: datetime) -> int:
        return sum(map(value, reports.expected(asked, "USD", moment)))

    def between(first: datetime, last: datetime) -> int:
        return sum(each.sign * value(each.money) for each in reports.moved(asked, "USD", first, last))

    before, half, after = MONDAY - timedelta(1), MONDAY + timedelta(minutes=30), TODAY
    assert reports.currencies(asked) == ["USD"]
    assert at(before) == 0
    assert at(after) > 0
    assert between(half, after) == at(after) - at(half)
    assert between(before, after) == at(after)
    assert {each.event for each in reports.moved(asked, "USD", before, after)} == {
        "price_quoted",
        "contract_signed",
        "lost",
    }


def test_losses_contracts_hubs_and_bills(asked: Connection, ledger: Ledger) -> None:
    times = [MONDAY - timedelta(days=2), MONDAY, MONDAY + timedelta(hours=2), TODAY]
    assert reports.losses(asked, times) == [[], [("budget", Stage.QUOTED, False, 1)], []]
    before, (lost,), after = reports.lost_money(asked, times)
    assert (before, after) == ([], [])
    assert (lost.reason, lost.before, lost.currency) == ("budget", Stage.QUOTED, "USD")
    assert lost.money.month * 12 == 1_200_000
    assert reports.outcomes(asked, MONDAY, TODAY) == (2, 1)
    assert [days.spans for days in reports.to_signature(asked, MONDAY, TODAY)] == [2]
    assert [days.spans for days in reports.to_contract(asked, MONDAY, TODAY)] == [2]
    assert reports.unpriced(asked) == 1
    day = TODAY.date()
    assert reports.hubs_without_contract(asked, day) == []
    assert [lead.lead_id for lead in reports.contracts_without_hub(asked, day)] == ["lead-flo"]
    late = day + timedelta(days=500)
    assert reports.running_hubs(asked, day) == 1
    assert [hub.lead_id for hub in reports.hubs_without_contract(asked, late)] == ["lead-ed"]
    assert reports.renewals(asked, day, late) == (2, 0)
    assert {invoice.lead_id for invoice in reports.open_invoices(asked)} <= {"lead-ed", "lead-flo"}
    assert reports.unbilled(asked) == []


# ---- plans

TIME = figure_lines.Time(MONDAY, TODAY)

QUESTIONS: dict[str, Callable[[Connection], Any]] = {
    "column": lambda c: board.column(c, Stage.QUOTED, "date", after=write_cursor([TODAY, "lead-a"])),
    "column by value": lambda c: board.column(c, Stage.QUOTED, "value", after=write_cursor([5, "lead-a"])),
    "column by age": lambda c: board.column(c, Stage.QUOTED, "age"),
    "column by name": lambda c: board.column(c, Stage.QUOTED, "name"),
    "totals": board.totals,
    "totals of a filter": lambda c: board.totals(c, board.BoardFilter(owner=Role.SALES)),
    "as of": lambda c: board.stages_on(c, TODAY),
    "agenda of a role": lambda c: agenda.agenda(c, agenda.Whose(roles=[Role.SALES]), TODAY),
    "agenda of a person": lambda c: agenda.agenda(c, agenda.Whose("grace"), TODAY),
    "feed": lambda c: feed.events_after(c, 3),
    "feed without its events": lambda c: feed.changes_after(c, 3),
    "rows": lambda c: rows_of(c, ["lead-ed", "lead-bo"]),
    "feed of kinds": lambda c: feed.events_after(c, 3, ["lost"]),
    "funnel": lambda c: reports.funnel(c, MONDAY, TODAY),
    "times": lambda c: reports.time_in_stage(c, MONDAY, TODAY),
    "expected": lambda c: reports.expected(c, "USD", TODAY),
    "moved": lambda c: reports.moved(c, "USD", MONDAY, TODAY),
    "currencies": reports.currencies,
    "unpriced": reports.unpriced,
    "to contract": lambda c: reports.to_contract(c, MONDAY, TODAY),
    "to signature": lambda c: reports.to_signature(c, MONDAY, TODAY),
    "outcomes": lambda c: reports.outcomes(c, MONDAY, TODAY),
    "lost money": lambda c: reports.lost_money(c, [MONDAY, TODAY]),
    "running hubs": lambda c: reports.running_hubs(c, TODAY.date()),
    "of a stage": lambda c: figure_lines.stage_lines(c, Stage.QUOTED, TIME, *figure_lines.first_times()),
    "of losses": lambda c: figure_lines.stage_lines(
        c, Stage.LOST, TIME, figure_lines.reason_is("budget"), by=figure_lines.BEGAN
    ),
    "of the forecast": lambda c: figure_lines.expected_lines(
        c, "USD", TODAY, ["new"], (24_000, 25_000), 24_318
    ),
    "of what moved": lambda c: figure_lines.moved_lines(c, "USD", TIME, "lost", ["new"]),
    "neighbours by age": lambda c: board.neighbours(c, "lead-bo", Stage.QUOTED, "age"),
    "place by value": lambda c: board.place(c, "lead-bo", Stage.QUOTED, "value"),
    "place by date": lambda c: board.place(c, "lead-bo", Stage.QUOTED, "date"),
    "summaries": lambda c: figure_lines.summaries(c, [("lead-ed", 1), ("lead-bo", 2)]),
    "headings": lambda c: figure_lines.headings(c, ["lead-ed", "lead-bo"]),
    "losses": lambda c: reports.losses(c, [MONDAY, NOON, TODAY]),
    "unbilled": lambda c: reports.unbilled(c, (TODAY.date(), "lead-a", 1)),
    "open invoices": reports.open_invoices,
    "hubs": lambda c: reports.hubs_without_contract(c, TODAY.date()),
    "contracts": lambda c: reports.contracts_without_hub(c, TODAY.date()),
    "renewals": lambda c: reports.renewals(c, MONDAY.date(), TODAY.date()),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_reads_a_table_as_a_whole(
    ledger: Ledger, lives: dict[str, Life], url: str, name: str
) -> None:
    def ask(reader: Ledger) -> None:
        with LedgerQueries(reader._database).asking() as connection:
            QUESTIONS[name](connection)

    plans = plans_of(ledger, ask, "enable_seqscan")
    scans = having(plans, "SCAN ledger" if url.startswith("sqlite") else "Seq Scan")
    assert [line for line in scans if "USING" not in line.split("<-")[0]] == []
