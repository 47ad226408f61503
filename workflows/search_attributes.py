"""The search attributes of leads. They are stored in the clear, so they never hold personal data.

The server is set up from this list (`leads init-server`), and the workflow fills it in. On SQL, a server takes ten
keywords, three dates, and three of any other type.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from process.identity import Digests, issue_name

if TYPE_CHECKING:  # a client, which only names the attributes, needs no lead
    from process.lead.lead import Lead

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

KEYS: dict[str, SearchAttributeKey[Any]] = {key.name: key for key in SEARCH_ATTRIBUTES}

Values = dict[str, Any]
"""Values by the names of the attributes, None for one that is not set. A key takes longer to find than a name."""


def at_start(lead: "Lead", digests: Digests) -> Values:
    """Return the attributes with which a lead's workflow starts, so that it is found from its first moment."""
    people = lead.policy.team_checksum
    known = {STAGE.name: lead.stage.value, SERVICE.name: lead.service, PEOPLE.name: people}
    return known | digested(digests) | identities(lead)


def digested(digests: Digests) -> Values:
    """Return the attributes by which leads of the same customer are found."""
    return {ORG_KEY.name: digests.org, DOMAIN.name: digests.contact}


def typed(values: Mapping[str, Any]) -> TypedSearchAttributes:
    """Return the values as the client starts a workflow with them."""
    pairs = [SearchAttributePair(KEYS[name], value) for name, value in values.items() if value is not None]
    return TypedSearchAttributes(pairs)


def identities(lead: "Lead") -> Values:
    """Return the attributes that identify the lead outside."""
    return {
        ISSUE.name: issue_name(lead.issue.url) if lead.issue else None,
        HUB_ISSUE.name: issue_name(lead.hub_issue.url) if lead.hub_issue else None,
        RESPONSE.name: lead.questionnaire.response_id,
    }
