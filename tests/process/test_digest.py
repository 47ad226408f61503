"""Digest mails: their recipients, sections and order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from activities.digest import digest_text
from process.types import Role
from process.views.agenda import agenda
from process.views.agenda_items import AgendaItem, Section
from process.views.digest import SHOWN, DigestMail, Digests, Week
from tests.support.lives import Life

MONDAY = date(2026, 8, 24)
WEEK = Week(name="2026-W35", day=MONDAY)


def item(section: Section, **more: Any) -> AgendaItem:
    given = {
        "role": Role.SALES,
        "lead_id": "lead-a",
        "heading": "[University / Ada] - A hub",
        "text": "Call them",
    }
    return AgendaItem.model_validate(given | {"section": section} | more)


def written(*items: AgendaItem, outdated: int = 0) -> tuple[DigestMail, ...]:
    digests = Digests(WEEK)
    digests.add(items)
    return digests.mails(outdated)


@pytest.mark.parametrize(
    ("now", "zone", "name"),
    [
        ("2026-08-24T08:00", "UTC", "2026-W35"),
        ("2026-08-23T23:30", "Europe/Berlin", "2026-W35"),
        ("2027-01-03T12:00", "UTC", "2026-W53"),
        ("2026-12-31T12:00", "UTC", "2026-W53"),
    ],
)
def test_a_week_is_an_iso_week_in_its_zone(now: str, zone: str, name: str) -> None:
    assert Week.at(datetime.fromisoformat(now).replace(tzinfo=UTC), zone).name == name


def test_it_says_how_many_responses_wait_for_another_day() -> None:
    (mail,) = written(item(Section.ATTENTION))
    assert "questionnaire" not in digest_text(mail).text
    assert (
        "3 responses to the questionnaire wait for another day" in digest_text(mail.replaced(waiting=3)).text
    )


def test_it_says_how_many_leads_name_nobody_any_more() -> None:
    (mail,) = written(item(Section.ATTENTION))
    assert "erased" not in digest_text(mail).text
    assert "2 leads ended long ago" in digest_text(mail.replaced(erased=2)).text
    assert "1 lead ended long ago" in digest_text(mail.replaced(erased=1)).text


def test_urgent_sections_come_first() -> None:
    (mail,) = written(
        item(Section.WAITING),
        item(Section.DUE, until=MONDAY + timedelta(days=3)),
        item(Section.STUCK),
        item(Section.UPCOMING, until=MONDAY + timedelta(days=1), text="It runs out"),
        item(Section.OVERDUE, until=MONDAY - timedelta(days=3)),
        item(Section.ATTENTION),
    )
    assert [part.title for part in mail.sections] == [
        "Needs attention",
        "Overdue",
        "This week",
        "Waiting",
        "Stuck",
    ]
    assert [each.text for each in mail.sections[2].items] == ["It runs out", "Call them"]
    assert mail.subject == "Leads, 2026-W35: 2 to look at now, 2 due this week"


def test_later_items_are_only_counted_and_cause_no_mail_alone() -> None:
    later = item(Section.DUE, until=MONDAY + timedelta(days=7))
    (mail,) = written(later, item(Section.DUE, until=MONDAY + timedelta(days=6)))
    assert (mail.later, mail.count("This week")) == (1, 1)
    assert written(later) == ()
    assert written() == ()
    assert written(item(Section.DUE, role=Role.NOBODY), item(Section.DUE, role=Role.COMMUNITY)) == ()


def test_only_an_assigned_person_with_an_address_gets_their_own_mail() -> None:
    grace = {"person": "Grace Example", "names": ("Grace Example",), "email": "Grace@example.org"}
    found = written(
        item(Section.DUE, lead_id="lead-a", **grace),
        item(Section.DUE, lead_id="lead-b", **grace | {"email": "grace@example.org"}),
        item(Section.DUE, lead_id="lead-c", person="Carl Example"),
        item(Section.DUE, lead_id="lead-d"),
    )
    role, person = found
    assert [each.lead_id for each in role.sections[0].items] == ["lead-c", "lead-d"]
    assert (person.address, person.person, len(person.sections[0].items)) == (
        "grace@example.org",
        "Grace Example",
        2,
    )
    assert "grace" not in person.key


def test_a_long_section_is_cut_with_a_count() -> None:
    (mail,) = written(*(item(Section.DUE, lead=f"lead-{n}") for n in range(SHOWN + 3)))
    (part,) = mail.sections
    assert (len(part.items), part.more, mail.count("This week")) == (SHOWN, 3, SHOWN + 3)


def test_outdated_leads_are_counted() -> None:
    assert written(item(Section.DUE), outdated=1)[0].outdated == 1


def test_an_item_has_the_assigned_person_and_a_link() -> None:
    life = Life().handed_over().perform().wait(1)
    life.does("assigned", role="contracts", person="Carla Example", email="carla@example.org")
    items = agenda(life.aggregate, life.now)
    (theirs,) = (each for each in items if each.role is Role.CONTRACTS and each.section is Section.DUE)
    assert (theirs.email, theirs.link) == ("carla@example.org", "https://example.org/issue")
