"""Values that are derived from a lead are kept until something changes on which it depends."""

from typing import Any

import pytest

from process.core.due import next_wake_up
from process.deadlines.schedule import due
from process.lead.lead import SHOWN_ONLY, Lead
from process.money.billing import next_draft
from process.money.terms import terms_of
from process.views.agenda import lines, wake_up_reason
from process.views.attention import concerns, next_change
from process.views.lead_row import LeadRow
from process.views.next_step import step_of
from process.views.row import row_of
from tests.support.lives import BOOK_QUOTE, Life
from workflows.attribute_values import plain_digests


def derived(lead: Lead, life: Life) -> tuple[Any, ...]:
    """Return everything that is cached with a lead."""
    today, wake_up = lead.today(life.now), next_wake_up(lead, life.now)
    dates = due(lead), concerns(lead, today), next_change(lead, today), wake_up, wake_up_reason(lead, wake_up)
    money = terms_of(lead), next_draft(lead)
    properties = lead.stage, lead.ended, lead.undecided, lead.signed, lead.gaps, lead.quote
    return *dates, *money, *properties, step_of(lead), lines(lead, life.now), plain_digests(lead)


def anew(lead: Lead, **changes: Any) -> Lead:
    """Return the same lead with these changes, without what was derived from it."""
    return Lead(**dict(lead) | changes)


def billed() -> Life:
    return Life().live(BOOK_QUOTE).perform().until("2026-09-28").perform()


def test_what_is_derived_is_kept_with_the_lead_and_its_copies() -> None:
    life = billed()
    found = due(life.lead)
    assert due(life.lead) is found
    assert due(life.lead.replaced(mails=())) is found
    assert due(life.lead.replaced(archived=life.lead.archived)) is found
    assert due(life.lead.replaced(invoices=())) is not found
    assert due(anew(life.lead)) is not found


@pytest.mark.parametrize("field", sorted(SHOWN_ONLY))
def test_nothing_that_is_derived_depends_on_what_is_only_shown(field: str) -> None:
    life = billed()
    default = Lead.model_fields[field].get_default()
    assert getattr(life.lead, field) != default
    without = anew(life.lead, **{field: default})
    assert derived(without, life) == derived(anew(life.lead), life)


@pytest.mark.parametrize("field", sorted(SHOWN_ONLY))
def test_a_row_has_the_newest_of_what_is_only_shown(field: str) -> None:
    life = billed()
    row_of(life.aggregate, life.now)
    changes = {field: Lead.model_fields[field].get_default()}

    def row(lead: Lead) -> LeadRow:
        log = life.aggregate.event_log.replaced(lead=lead)
        return row_of(life.aggregate.replaced(event_log=log), life.now)

    assert row(life.lead.replaced(**changes)) == row(anew(life.lead, **changes))


def test_a_lead_is_the_same_whether_anything_was_derived_from_it_or_not() -> None:
    life = billed()
    known = life.lead.model_dump_json()
    derived(life.lead, life)
    assert life.lead == anew(life.lead)
    assert life.lead.model_dump_json() == known


def test_over_a_life_nothing_that_is_derived_is_outdated() -> None:
    life = Life().live(BOOK_QUOTE)
    for _ in range(80):
        assert derived(life.lead, life) == derived(anew(life.lead), life)
        for effect in life.aggregate.startable(frozenset()):
            if effect.ready(life.lead) and any(item.effect is effect for item in life.aggregate.outbox):
                life.performs(effect)
                assert derived(life.lead, life) == derived(anew(life.lead), life)
        life.wait(5)
