"""The row of a lead: what lists show of it, also as days pass without an event."""

from datetime import timedelta

from process.core.due import next_wake_up
from process.money.usage import next_missed_usage
from process.policy import Team
from process.types import Role, Stage
from process.views.agenda import agenda
from process.views.agenda_items import Section
from process.views.attention import next_change
from process.views.lead_row import GRACE, LeadRow
from process.views.row import known_team, row_of
from tests.support.lives import BOOK_QUOTE, Life
from tests.support.states import STATES


def shown(row: LeadRow, life: Life, days: int = 0) -> list[tuple[Section, str]]:
    """Return section and text of the row's items after these days."""
    return [(item.section, item.text) for item in row.agenda(life.now + timedelta(days=days))]


def test_a_row_has_what_lists_show_and_search_for() -> None:
    life = Life(email="ada@example.edu")
    row = row_of(life.aggregate, life.now)
    assert (row.lead_id, row.heading) == (
        "lead-example",
        "[Example University / Ada Example] - Hub for a course",
    )
    assert (row.stage, row.owner, row.next_step) == (Stage.LEAD, Role.SALES, "send the questionnaire")
    assert (row.last_seq, row.opened_at, row.updated_at) == (1, life.now, life.now)
    assert (row.ended, row.archived, row.on_hold) == (False, False, False)
    assert row.people == Team.of(life.lead.policy).checksum()
    assert row.contact_key
    assert row.address_key
    assert "ada" not in row.address_key


def test_a_row_follows_the_days_without_an_event() -> None:
    life = Life()
    row = row_of(life.aggregate, life.now)
    assert shown(row, life) == [(Section.DUE, "Send the questionnaire")]
    assert shown(row, life, 20)[1:] == [(Section.UPCOMING, "The lead is stale if nothing moves until then")]
    assert row.right_until == next_wake_up(life.lead, life.now)
    assert row.right_until
    assert not row.is_outdated(row.right_until)
    assert row.is_outdated(row.right_until + GRACE)
    assert shown(row, life, 31)[:1] == [(Section.OVERDUE, "Send the questionnaire")], "the best it can know"


def test_a_row_says_from_when_it_may_be_on_the_agenda() -> None:
    life = Life()
    row = row_of(life.aggregate, life.now)
    assert row.agenda_from
    assert row.agenda_from < life.now
    later = row.replaced(items=row.items[1:])
    assert later.agenda_from == min(item.holds_from for item in later.items if item.holds_from)
    assert not later.agenda(later.agenda_from - timedelta(seconds=1))
    assert later.agenda(later.agenda_from)
    assert row.replaced(items=()).agenda_from is None


def test_refusals_leave_the_row_day_by_day() -> None:
    life = Life()
    for _ in range(2):
        for _ in range(5):
            life.take("hub_live")
        life.wait(2)
    row = row_of(life.aggregate, life.now)
    counts = [
        [text.split(" ")[0] for section, text in shown(row, life, days) if section is Section.STUCK]
        for days in range(6)
    ]
    assert counts == [["10"], ["10"], ["10"], ["5"], ["5"], []]


def test_failed_effects_and_assigned_people_are_in_the_row() -> None:
    life = Life()
    life.does("assigned", role="sales", person="Grace Example", login="grace", email="grace@example.org")
    (effect, *_) = life.aggregate.startable(frozenset())
    life.aggregate = life.aggregate.park(effect, "The token was revoked", life.now)
    row = row_of(life.aggregate, life.now)
    assert row.parked == ("Open the lead's issue: The token was revoked",)
    due = next(item for item in row.agenda(life.now) if item.section is Section.DUE)
    assert due.owner == "sales (Grace Example)"


def test_the_team_concerns_a_lead_until_it_has_ended_and_nothing_is_left_to_do() -> None:
    life = Life().perform()
    assert known_team(life.aggregate) == Team.of(life.lead.policy).checksum()
    life.lost()
    assert known_team(life.aggregate) is not None, "its issue is not up to date yet"
    life.perform()
    assert known_team(life.aggregate) is None
    life.does("reopened", reason="They have funding")
    assert known_team(life.aggregate) == Team.of(life.lead.policy).checksum()


def test_a_lead_knows_the_team_it_was_told_of_though_it_keeps_addresses_that_the_settings_dropped() -> None:
    life = Life(policy={"addresses": {"sales": ["sales@example.org"]}})
    told = Team(addresses={Role.CONTRACTS: ("new@example.org",)})
    life.gets_team(contracts=("new@example.org",))
    assert life.lead.policy.addresses[Role.SALES] == ("sales@example.org",)
    assert known_team(life.aggregate) == told.checksum()
    life.gets_team(since=life.now - timedelta(days=1), contracts=("old@example.org",))
    assert known_team(life.aggregate) == told.checksum(), "an older worker is not listened to"


def test_a_row_of_any_state_tells_the_lead_s_agenda() -> None:
    for state in STATES.values():
        life = state()
        row = row_of(life.aggregate, life.now)
        assert row.agenda(life.now) == agenda(life.aggregate, life.now)
        assert LeadRow.model_validate_json(row.model_dump_json()) == row


def test_concerns_of_a_hub_change_only_on_days_on_which_something_differs() -> None:
    life = Life().live()
    life.at(life.now)
    assert str(next_change(life.lead, life.today)) == "2026-06-16", "invoice 1 is late"
    life.does("invoice_sent", number=1)
    assert str(next_change(life.lead, life.today)) == "2026-07-02", "invoice 2 is late, if it is not prepared"


def test_usage_is_missed_from_the_month_after_the_first_unreported_one() -> None:
    assert next_missed_usage(Life().live().lead, Life().today) is None, "its price has no usage"
    life = Life().live(BOOK_QUOTE)
    assert str(next_missed_usage(life.lead, life.today)) == "2026-07-01"
    life.does("usage_reported", month="2026-06", active_users=10, cloud_cost=0)
    assert str(next_missed_usage(life.lead, life.today)) == "2026-08-01"
