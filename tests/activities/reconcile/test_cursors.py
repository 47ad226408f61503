"""Cursors stay small, and walks over all leads come to an end."""

from datetime import UTC, datetime, timedelta

from activities.reconcile.cursors import MAX_SENT, RENOTIFY_AFTER, Notifications, Sweep

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_problem_is_told_once_a_day_until_it_is_gone() -> None:
    known = Notifications()

    def told(problems: dict[str, str], at: datetime) -> list[str]:
        due = known.due(problems, at)
        known.note(problems, ["a", "b"], at)
        return due

    assert told({"a": "no card"}, NOON) == ["a"]
    assert told({"a": "no card", "b": "no card"}, NOON + timedelta(minutes=10)) == ["b"]
    assert told({"a": "no issue", "b": "no card"}, NOON + timedelta(minutes=20)) == ["a"]
    assert told({"b": "no card"}, NOON + timedelta(minutes=30)) == []
    assert told({"a": "no issue"}, NOON + timedelta(minutes=40)) == ["a"]
    assert told({"a": "no issue"}, NOON + timedelta(minutes=40) + RENOTIFY_AFTER) == ["a"]


def test_a_lead_that_was_not_looked_at_keeps_its_notification() -> None:
    known = Notifications()
    known.note({"a": "no card"}, ["a"], NOON)
    known.note({}, ["b"], NOON)
    assert known.due({"a": "no card"}, NOON) == []


def test_notifications_stay_few_however_many_leads_have_a_problem() -> None:
    known = Notifications()
    for start in range(0, 5 * MAX_SENT, 100):
        problems = {f"lead-{number}": "no card" for number in range(start, start + 100)}
        known.note(problems, list(problems), NOON)
    assert len(known.sent) == MAX_SENT
    assert known.due({f"lead-{5 * MAX_SENT - 1}": "no card"}, NOON) == []
    assert len(known.model_dump_json()) < 50_000


def slices(
    leads: int, *, minutes: int = 10, hours: int = 24, at_least: int = 1, page: int = 100
) -> list[int]:
    """Walk over as many leads, and return the size of each round's slice until the turn has ended."""
    ids, sweep, found = [f"lead-{number:06}" for number in range(leads)], Sweep(), []
    while True:
        sweep.begin(leads, minutes, hours, at_least)
        looked_at = 0
        while sweep.left:
            rest = [lead_id for lead_id in ids if lead_id > sweep.after]
            rows = rest[: min(page, sweep.left)]
            sweep.advance(rows, more=len(rest) > len(rows))
            looked_at += len(rows)
        found.append(looked_at)
        sweep = Sweep.model_validate_json(sweep.model_dump_json())
        sweep.end()
        if not sweep.after:
            return found


def test_every_lead_is_looked_at_once_in_a_turn() -> None:
    for leads in (0, 1, 99, 100, 101, 500, 1000, 2500):
        found = slices(leads, at_least=100)
        assert sum(found) == leads
    assert len(slices(10_000)) <= 24 * 6
    assert max(slices(10_000)) <= 10_000 / 140
    assert slices(10_000, minutes=0) == [10_000]  # only rounds by hand


def test_an_attempt_goes_on_with_the_slice_of_the_one_before() -> None:
    sweep = Sweep()
    sweep.begin(1000, 10, 24, 500)
    sweep.advance(["lead-b"], more=True)
    sweep = Sweep.model_validate_json(sweep.model_dump_json())
    sweep.begin(1000, 10, 24, 500)
    assert (sweep.after, sweep.left) == ("lead-b", 499)
