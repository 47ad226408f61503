"""The values of a lead's search attributes, as its workflow publishes them when they change."""

from datetime import date, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.cache import cached_per_lead
from process.core.due import next_due
from process.identity import contact_key, org_key
from process.lead.lead import Lead
from process.views.attention import concerns
from process.views.next_step import step_of
from process.views.row import known_team
from workflows.search_attributes import (
    ATTENTION,
    CONTRACT_END,
    DOMAIN,
    KEYS,
    NEXT_DATE,
    ON_HOLD,
    ORG_KEY,
    OWNER,
    PARKED,
    PEOPLE,
    SERVICE,
    STAGE,
    Values,
    digested,
    identities,
)

ZONE_SHIFT = timedelta(hours=2)
"""Difference that other rules of a time zone may make to the end of a day."""


def values(aggregate: LeadAggregate, now: datetime) -> Values:
    """Return each attribute's value for the lead now, or None."""
    lead = aggregate.lead
    found = {PEOPLE.name: known_team(aggregate), PARKED.name: len(aggregate.parked)}
    return _by_events(lead, lead.today(now)) | found | _digests(aggregate) | identities(lead)


@cached_per_lead
def _by_events(lead: Lead, today: date) -> Values:
    """Return the values that stay on this day until something happens to the lead."""
    term_ends = lead.contract.term_ends
    return {
        STAGE.name: lead.stage.value,
        OWNER.name: step_of(lead).owner.value,
        SERVICE.name: lead.service,
        NEXT_DATE.name: next_due(lead),
        CONTRACT_END.name: end_of(term_ends, lead.zone) if term_ends else None,
        ON_HOLD.name: lead.hold is not None,
        ATTENTION.name: len(concerns(lead, today)),
    }


def _digests(aggregate: LeadAggregate) -> Values:
    """Return the digests that the worker told, or nothing as long as it has told none: what the client gave stays.

    A worker of an earlier build tells its keys alone. Then there is no pepper.
    """
    if aggregate.digests:
        return digested(aggregate.digests)
    return {} if aggregate.keys is None else plain_digests(aggregate.lead)


@cached_per_lead
def plain_digests(lead: Lead) -> Values:
    """Return the digests without a pepper."""
    return {ORG_KEY.name: org_key(lead.org), DOMAIN.name: contact_key(lead.email) if lead.email else None}


def present() -> Values:
    """Return the attributes with which the workflow's run began."""
    return {pair.key.name: pair.value for pair in workflow.info().typed_search_attributes}


def changes(before: Values, after: Values) -> list[SearchAttributeUpdate[Any]]:
    """Return the updates for one upsert: only attributes that differ."""
    return [
        KEYS[name].value_unset() if value is None else KEYS[name].value_set(value)
        for name, value in after.items()
        if value != before.get(name) and not _same_date(before.get(name), value)
    ]


def _same_date(one: object, other: object) -> bool:
    """Return True for the same date under other rules of its time zone.

    The attributes with which a run begins were computed by the run before, perhaps under other rules.
    """
    return isinstance(one, datetime) and isinstance(other, datetime) and abs(one - other) <= ZONE_SHIFT
