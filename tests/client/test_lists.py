"""Lists of leads from their rows: what is found, in which order, and what a list says without a ledger."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from client.errors import LedgerFailed
from client.lists import LeadLists, Selection, lead_lists
from config.settings import Settings
from ledger.ledger import Ledger
from process.types import Role, Stage
from process.views.agenda import agenda
from process.views.agenda_items import Agenda
from process.views.digest import Digests, Week
from process.views.lead_row import GRACE
from process.views.row import row_of
from tests.support.lives import Life
from tests.support.rows import write_rows


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def rows(url: str) -> Iterator[LeadLists]:
    with closing(Ledger.open(url)) as ledger:
        yield LeadLists(ledger)


def lives() -> list[Life]:
    """Leads at several stages, each opened a day after the one before, with one that is archived."""
    first = Life(lead_id="lead-first")
    quoted = Life(first.now + timedelta(days=1), lead_id="lead-quoted", org="Another").quoted()
    lost = Life(first.now + timedelta(days=2), lead_id="lead-lost", org="Third").lost()
    archived = Life(first.now + timedelta(days=3), lead_id="lead-archived", org="Fourth").lost().wait(400)
    assert archived.lead.archived
    return [first, quoted, lost, archived]


def ids(rows: LeadLists, selection: Selection, *how: object) -> list[str]:
    return [row.lead_id for row in rows.list_leads(selection, *how)]  # type: ignore[arg-type]


def test_a_list_has_the_leads_that_fit_in_the_wanted_order(url: str, rows: LeadLists) -> None:
    write_rows(url, *reversed(lives()))
    assert ids(rows, Selection()) == ["lead-first", "lead-quoted"]
    assert ids(rows, Selection(tuple(Stage))) == ["lead-first", "lead-quoted", "lead-lost"]
    assert ids(rows, Selection(tuple(Stage)), "updated") == ["lead-lost", "lead-quoted", "lead-first"]
    assert ids(rows, Selection(), "opened", 1) == ["lead-first"]
    assert ids(rows, Selection(owner=Role.COMMUNITY)) == ["lead-quoted"]
    assert ids(rows, Selection(org="ANOTHER")) == ["lead-quoted"]
    assert rows.count_by_stage(Selection(tuple(Stage))) == {Stage.LEAD: 1, Stage.QUOTED: 1, Stage.LOST: 1}
    assert rows.count() == 3


def test_a_lead_with_a_concern_or_a_failed_effect_needs_attention(url: str, rows: LeadLists) -> None:
    stale, failed, fine = (Life(lead_id=f"lead-{name}") for name in ("stale", "failed", "fine"))
    stale.wait(40)
    (effect, *_) = failed.aggregate.startable(frozenset())
    failed.aggregate = failed.aggregate.park(effect, "The token was revoked", failed.now)
    write_rows(url, stale, failed, fine)
    assert ids(rows, Selection(attention=True), "lead") == ["lead-failed", "lead-stale"]


def test_the_agenda_of_all_leads_is_one_read(url: str, rows: LeadLists) -> None:
    first, quoted, lost, archived = lives()
    write_rows(url, first, quoted, lost, archived)
    now = quoted.now + timedelta(days=10)
    rows.count()  # the schema has been looked at
    asked: list[str] = []
    with closing(Ledger.open(url)) as ledger:
        engine = ledger._database.engine
        ledger.last_seq("lead-first")
        event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        found = LeadLists(ledger).agenda(now)
    items = [item for life in (first, quoted, lost) for item in agenda(life.aggregate, now)]
    assert found == Agenda.of(now.date(), items)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


def test_leads_that_have_not_followed_their_dates_are_named(url: str, rows: LeadLists) -> None:
    life = Life()
    write_rows(url, life)
    then = life.now + timedelta(days=31) + GRACE
    assert rows.agenda(life.now).outdated == ()
    assert rows.agenda(then).outdated == ("lead-example",)
    week = Week.at(then, "UTC")
    assert rows.digests(week, then).mails[0].outdated == 1


def test_a_lead_without_items_is_named_if_it_has_not_followed_its_dates(url: str, rows: LeadLists) -> None:
    life = Life().lost()
    write_rows(url, life)
    sleeps_until = row_of(life.aggregate, life.now).right_until
    assert sleeps_until
    assert rows.agenda(sleeps_until) == Agenda(day=sleeps_until.date())
    assert rows.agenda(sleeps_until + GRACE).outdated == ("lead-example",)


def test_a_digest_has_the_mails_of_the_agenda(url: str, rows: LeadLists) -> None:
    write_rows(url, *lives())
    now = lives()[1].now
    week = Week.at(now, "UTC")
    found = rows.digests(week, now)
    assert found.leads == 2  # the row of the lost lead has no item, so it is not read
    expected = Digests(week)
    expected.add(rows.agenda(now).items)
    assert found.mails == expected.mails()


def test_leads_are_found_by_their_policy(url: str, rows: LeadLists) -> None:
    other = Life(lead_id="lead-other", policy={"version": "2026-09"})
    write_rows(url, other, *lives())
    assert rows.policies() == {"2026-06": 2, "2026-09": 1}
    assert [row.lead_id for row in rows.under_policy("2026-06", 1)] == ["lead-first"]
    assert [row.lead_id for row in rows.under_another_policy("2026-06")] == ["lead-other"]


def test_without_a_ledger_the_error_says_what_is_missing(url: str) -> None:
    settings = Settings(_env_file=None, ledger_url=url)
    with pytest.raises(LedgerFailed, match="There is no ledger yet"), lead_lists(settings) as rows:
        rows.count()


def test_losses_of_an_organisation_include_archived_leads(url: str, rows: LeadLists) -> None:
    first, quoted, lost, archived = lives()
    write_rows(url, first, quoted, lost, archived)
    assert archived.lead.archived
    found = {
        org: [(row.lead_id, row.lost) for row in rows.losses(org)] for org in ("fourth", "Third", "First")
    }
    assert [[lead_id for lead_id, _ in each] for each in found.values()] == [
        ["lead-archived"],
        ["lead-lost"],
        [],
    ]
    assert all(reason for each in found.values() for _, reason in each)
