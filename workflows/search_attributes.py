"""The search attributes of leads. They are stored in the clear, so they never hold personal data.

The server is set up from this list (`leads init-server`), and the workflow fills it in. On SQL, a server takes ten
keywords, three dates, and three of any other type.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.due import next_due
from process.identity import contact_key, issue_name, org_key
from process.lead.lead import Lead
from process.views.attention import attention
from process.views.overview import next_step
from process.views.row import known_team

STAGE = SearchAttributeKey.for_keyword("LeadStage")
OWNER = SearchAttributeKey.for_keyword("LeadOwner")  # the role that has the next step
SERVICE = SearchAttributeKey.for_keyword("LeadService")
ORG_KEY = SearchAttributeKey.for_keyword("LeadOrgKey")  # finds a second lead of the same organisation
ISSUE = SearchAttributeKey.for_keyword("LeadIssue")  # as leads#12
HUB_ISSUE = SearchAttributeKey.for_keyword("LeadHubIssue")
DOMAIN = SearchAttributeKey.for_keyword(
    "LeadDomain"
)  # a checksum: finds a second lead of the same mail domain
RESPONSE = SearchAttributeKey.for_keyword("LeadResponse")  # the questionnaire's response in Google Forms
PEOPLE = SearchAttributeKey.for_keyword("LeadPeople")  # a checksum: finds leads that know an outdated team
NEXT_DATE = SearchAttributeKey.for_datetime("LeadNextDate")
CONTRACT_END = SearchAttributeKey.for_datetime("LeadContractEnd")
ON_HOLD = SearchAttributeKey.for_bool("LeadOnHold")
ATTENTION = SearchAttributeKey.for_int("LeadAttention")  # number of concerns
PARKED = SearchAttributeKey.for_int("LeadParked")  # number of effects that failed for good

ZONE_SHIFT = timedelta(hours=2)
"""Difference that other rules of a time zone may make to the end of a day."""

SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (
    STAGE,
    OWNER,
    SERVICE,
    ORG_KEY,
    ISSUE,
    HUB_ISSUE,
    DOMAIN,
    RESPONSE,
    PEOPLE,
    NEXT_DATE,
    CONTRACT_END,
    ON_HOLD,
    ATTENTION,
    PARKED,
)


def values(aggregate: LeadAggregate, now: datetime) -> dict[SearchAttributeKey[Any], Any]:
    """Return each attribute's value for the lead now, or None."""
    lead = aggregate.lead
    term_ends = lead.contract.term_ends
    found: dict[SearchAttributeKey[Any], Any] = {
        STAGE: lead.stage.value,
        PEOPLE: known_team(aggregate),
        OWNER: next_step(lead).owner.value,
        SERVICE: lead.service,
        ORG_KEY: org_key(lead.org),
        NEXT_DATE: next_due(lead),
        CONTRACT_END: end_of(term_ends, lead.zone).astimezone(UTC) if term_ends else None,
        ON_HOLD: lead.hold is not None,
        ATTENTION: len(attention(lead, lead.today(now))),
        PARKED: len(aggregate.parked),
    }
    return found | _identities(lead)


def at_start(lead: Lead) -> dict[SearchAttributeKey[Any], Any]:
    """Return the attributes with which a lead's workflow starts, so that it is found from its first moment."""
    people = lead.policy.team_checksum
    known = {STAGE: lead.stage.value, SERVICE: lead.service, ORG_KEY: org_key(lead.org), PEOPLE: people}
    return known | _identities(lead)


def typed(values: Mapping[SearchAttributeKey[Any], Any]) -> TypedSearchAttributes:
    """Return the values as the client starts a workflow with them."""
    pairs = [SearchAttributePair(key, value) for key, value in values.items() if value is not None]
    return TypedSearchAttributes(pairs)


def _identities(lead: Lead) -> dict[SearchAttributeKey[Any], Any]:
    """Return the attributes that identify the lead outside."""
    return {
        ISSUE: issue_name(lead.issue.url) if lead.issue else None,
        HUB_ISSUE: issue_name(lead.hub_issue.url) if lead.hub_issue else None,
        DOMAIN: contact_key(lead.email) if lead.email else None,
        RESPONSE: lead.questionnaire.response_id,
    }


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
