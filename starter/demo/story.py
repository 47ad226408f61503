"""The steps of the demo: decisions and the people who take them. All names are invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SALES, CONTRACTS, ENGINEERING = "Sam, sales", "Chris, contracts team", "Erin, engineering"

OPENED = {
    "org": "Example University",
    "person": "Ada Example",
    "title": "A hub for an ocean science course",
    "email": "ada@example.org",
    "zone": "Europe/Berlin",
    "by": SALES,
}

ANSWERS = {
    "Organisation": "Example University",
    "Your name": "Ada Example",
    "E-mail": "ada@example.org",
    "What do you want to do with a hub?": "Teach ocean science to 200 students with notebooks and large data sets.",
    "How many users?": "200",
    "Budget": "About 20,000 USD a year",
    "Who decides about the budget?": "The head of the department",
    "When do you need it?": "Before the next semester",
}

MANIAC_T = {
    "money": "yes",
    "money_evidence": "A line in the budget of the course, 20,000 USD a year",
    "authority": "yes",
    "authority_evidence": "The head of the department signs",
    "need": "yes",
    "need_evidence": "Laptops cannot hold the data",
    "impending_event": "yes",
    "impending_event_evidence": "The semester begins in three months",
    "application": "yes",
    "application_evidence": "Notebooks in Python, nothing unusual",
    "competition": "unknown",
    "timeline": "yes",
    "timeline_evidence": "A contract within six weeks",
    "in_scope": True,
}

HUB = {
    "name": "Ocean Hub",
    "background": "A course for 200 students, with large data sets",
    "auth_type": "CILogon",
    "administrators": "Ada Example",
    "url": "ocean.example-cluster.2i2c.cloud",
    "hub_type": "education",
    "cluster": "example-cluster",
    "image": "example/ocean-notebook:2026.06",
    "representatives": "Ada Example",
    "start_date": "2027-01-15",
}


@dataclass(frozen=True)
class Step:
    """A decision that a person takes. `refused`: True if it comes too early on purpose."""

    kind: str
    by: str
    body: Mapping[str, Any] = field(default_factory=dict)
    refused: bool = False


BEFORE_ANSWERS = (Step("questionnaire_sent", SALES),)
"""Steps before the questionnaire is answered."""

AFTER_ANSWERS = (
    Step("maniac_t_assessed", SALES, MANIAC_T),
    Step(
        "asset_attached",
        SALES,
        {"type": "budget", "name": "Budget", "url": "https://docs.example.org/budget"},
    ),
    Step("price_quoted", SALES, {"book": "2026-06", "plan": "General membership"}),
    Step("hub_requested", SALES, refused=True),
    Step("quote_accepted", SALES, {"accepted_by": "Ada Example"}),
    Step("contract_handed_over", SALES, {"note": "They need it by the end of the month"}),
    Step("contract_acknowledged", CONTRACTS),
    Step("vendor_setup_started", CONTRACTS),
    Step("vendor_setup_done", CONTRACTS, {"vendor_number": "V-1042"}),
    Step(
        "contract_signed",
        CONTRACTS,
        {"signed_by": "Grace Example", "evidence": "https://docs.example.org/signed"},
    ),
    Step("hub_information_given", SALES, HUB),
    Step("hub_requested", SALES),
    Step("hub_live", ENGINEERING),
)

ON_GITHUB = "Amara, sales, on GitHub"
LOGIN = "amara-sales"

ISSUE = {
    "title": "[Riverside College / Ben Example] - A hub for a statistics course",
    "body": "Ben asked at the conference. Sixty students, from September on.",
    "labels": ["lead", "service:hub"],
}

COMMENT = "/price-quoted amount=9000 currency=USD per=year"
