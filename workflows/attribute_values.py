"""The values of a lead's search attributes, as its workflow publishes them when they change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.due import next_due
from process.identity import Digests, contact_key, org_key
from process.lead.lead import Lead
from process.views.attention import attention
from process.views.next_step import next_step
from process.views.row import known_team
from workflows.search_attributes import (
    ATTENTION,
    CONTRACT_END,
    NEXT_DATE,
    ON_HOLD,
    OWNER,
    PARKED,
    PEOPLE,
    SERVICE,
    STAGE,
    digested,
    identities,
)

ZONE_SHIFT = timedelta(hours=2)
"""Difference that other rules of a time zone may make to the end of a day."""


def values(aggregate: LeadAggregate, now: datetime) -> dict[SearchAttributeKey[Any], Any]:
    """Return each attribute's value for the lead now, or None."""
    lead = aggregate.lead
    term_ends = lead.contract.term_ends
    found: dict[SearchAttributeKey[Any], Any] = {
        STAGE: lead.stage.value,
        PEOPLE: known_team(aggregate),
        OWNER: next_step(lead).owner.value,
        SERVICE: lead.service,
        NEXT_DATE: next_due(lead),
        CONTRACT_END: end_of(term_ends, lead.zone).astimezone(UTC) if term_ends else None,
        ON_HOLD: lead.hold is not None,
        ATTENTION: len(attention(lead, lead.today(now))),
        PARKED: len(aggregate.parked),
    }
    return found | _digests(aggregate) | identities(lead)


def _digests(aggregate: LeadAggregate) -> dict[SearchAttributeKey[Any], Any]:
    """Return the digests that the worker told, or nothing as long as it has told none: what the client gave stays.

    A worker of an earlier build tells its keys alone. Then there is no pepper.
    """
    if aggregate.digests:
        return digested(aggregate.digests)
    return {} if aggregate.keys is None else plain_digests(aggregate.lead)


def plain_digests(lead: Lead) -> dict[SearchAttributeKey[Any], Any]:
    """Return the digests without a pepper."""
    contact = contact_key(lead.email) if lead.email else None
    return digested(Digests(org=org_key(lead.org), contact=contact))


def present() -> dict[SearchAttributeKey[Any], Any]:
    """Return the attributes with which the workflow's run began."""
    return {pair.key: pair.value for pair in workflow.info().typed_search_attributes}


def changes(
    before: dict[SearchAttributeKey[Any], Any], after: dict[SearchAttributeKey[Any], Any]
) -> list[SearchAttributeUpdate[Any]]:
    """Return the updates for one upsert: only attributes that differ."""
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in after.items()
        if not _same(before.get(key), value)
    ]


def _same(one: object, other: object) -> bool:
    """Return True for equal values, and for the same date under other rules of its time zone.

    The attributes with which a run begins were computed by the run before, perhaps under other rules.
    """
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= ZONE_SHIFT
    return one == other
