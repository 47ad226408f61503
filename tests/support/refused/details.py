"""Refused decisions about a lead's details, policy and duplicates."""

from tests.support.lives import QUOTE
from tests.support.refused.case import Case

REFUSED: list[Case] = [
    # opening
    ("new", "details_changed", {}, "Nothing was given to change. Give at least one of org, person"),
    (
        "new",
        "details_changed",
        {"zone": "Mars/Base"},
        "There is no time zone 'Mars/Base'. Name one as Europe/Berlin",
    ),
    ("new", "details_changed", {"email": "ada"}, "'ada' is no mail address. Write it as name@example.org."),
    ("lost", "details_changed", {"person": "Grace"}, "The lead is lost. Reopen it first (reopened)."),
    (
        "closed",
        "details_changed",
        {"person": "Grace"},
        "The lead is closed: its service has ended. Start a new lead.",
    ),
    (
        "new",
        "assigned",
        {"role": "sales"},
        "Everybody who has the role sales has it for this lead already. Give person.",
    ),
    (
        "new",
        "assigned",
        {"role": "sales", "login": "grace"},
        "A login or an address alone is nobody's name. Give person.",
    ),
    (
        "new",
        "assigned",
        {"role": "sales", "person": "Grace", "email": "grace"},
        "'grace' is no mail address.",
    ),
    ("new", "assigned", {"role": "nobody", "person": "Grace"}, "role: "),
    ("lost", "assigned", {"role": "sales", "person": "Grace"}, "The lead is lost"),
    # the policy
    ("new", "policy_adopted", {}, "No policy came with it. Send the policy to adopt."),
    ("new", "policy_adopted", {"policy": {}}, "The lead is under the policy 2026-06 already."),
    (
        "new",
        "policy_adopted",
        {"policy": {"periods": {"stale": 14}}},
        "The policy 2026-06, which the lead is under, has other rules. Give the new one a version of its own.",
    ),
    (
        "new",
        "policy_adopted",
        {"policy": {"version": "2", "columns": {"lead": "Inbox"}}},
        "The policy 2 names no column for quoted, contracted, hub, lost, closed. Name one for each stage.",
    ),
    (
        "new",
        "policy_adopted",
        {"policy": {"version": "2", "periods": {"stale": 0}}},
        "policy.periods.stale: write at least 1, not 0",
    ),
    ("new", "policy_adopted", {"policy": "2026-10"}, "policy: input should be a valid dictionary"),
    ("lost", "policy_adopted", {"policy": {"version": "2"}}, "The lead is lost. Reopen it first (reopened)."),
    # merging
    ("new", "kept_apart", {}, "Nothing says that this lead may be a duplicate of another."),
    (
        "has a duplicate",
        "kept_apart",
        {},
        "Nothing says that this lead may be a duplicate of another. lead-other may be one of this: decide it there.",
    ),
    (
        "probable duplicate",
        "kept_apart",
        {"other": "lead-x"},
        "lead-x is none of those that it may be the same as. Name one of lead-original, or none for all of them.",
    ),
    (
        "new",
        "merged",
        {"into": "lead-example"},
        "A lead is not merged into itself. Name the lead that goes on",
    ),
    ("new", "merged", {}, "into is missing. Send an object such as"),
    (
        "merged into it",
        "merged",
        {"into": "lead-other"},
        "lead-other was merged into this lead. Take that back first, by correcting it there.",
    ),
    (
        "signed",
        "merged",
        {"into": "lead-x"},
        "A lead with a signed contract is merged into no other. Merge the other",
    ),
    ("live", "merged", {"into": "lead-x"}, "A lead with a signed contract is merged into no other."),
    ("closed", "merged", {"into": "lead-x"}, "The lead is closed"),
    (
        "merged",
        "merged",
        {"into": "lead-x"},
        "The lead was merged into lead-original. Go on there: https://example.org/original. Or take the merge back by "
        "correcting it (corrected, seq 2).",
    ),
    (
        "merged",
        "questionnaire_answered",
        {"response_id": "x"},
        "The lead was merged into lead-original. Go on there",
    ),
    ("merged", "reopened", {"reason": "x"}, "The lead was merged into lead-original. Go on there"),
    ("merged", "kept_apart", {}, "The lead was merged into lead-original. Go on there"),
    (
        "probable duplicate",
        "price_quoted",
        QUOTE,
        "It may be the same request as lead-original (same organisation). If it is, merge it into that lead (merged, "
        "into lead-original). If not, keep it apart (kept_apart).",
    ),
    (
        "probable duplicate",
        "hub_requested",
        {"exception_by": "Grace", "exception_reason": "x"},
        "It may be the same request as lead-original",
    ),
]
