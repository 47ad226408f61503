"""Refused decisions about hubs."""

from tests.support.lives import HUB, SIGNED
from tests.support.refused.case import Case

REFUSED: list[Case] = [
    (
        "new",
        "hub_information_given",
        {},
        "Nothing about the hub was given. Give at least one of name, background",
    ),
    ("requested", "hub_information_given", {"name": HUB["name"]}, "All of that is already known."),
    (
        "new",
        "hub_requested",
        {},
        "No contract is signed. Record the signature first (contract_signed). Or say who allows a hub without a contract",
    ),
    (
        "accepted",
        "hub_requested",
        {"exception_by": "Grace"},
        "An exception needs both a name and a reason. Give exception_by and",
    ),
    (
        "accepted",
        "hub_requested",
        {"exception_reason": "Hurry"},
        "An exception needs both a name and a reason. Give exception_by and",
    ),
    (
        "contracted",
        "hub_requested",
        {"exception_by": "Grace"},
        "The contract is signed, so no exception is needed. Leave exception_by",
    ),
    ("requested", "hub_requested", {}, "The hub was already requested on 2026-06-01."),
    ("lost", "hub_requested", {}, "The lead is lost. Reopen it first"),
    ("contracted", "hub_live", {}, "The hub was not requested. Do that first (hub_requested)."),
    (
        "accepted",
        "event_announced",
        {"name": "Exam", "first": "2026-07-05", "users": 9},
        "No hub has been requested that would need capacity for it. Until then, record it as the impending event of",
    ),
    (
        "live",
        "event_announced",
        {"name": "Exam", "first": "2026-07-05", "last": "2026-07-04", "users": 9},
        "It can't end on 2026-07-04, before it begins. Give its days in order.",
    ),
    (
        "live",
        "event_announced",
        {"name": "Exam", "first": "2026-05-05", "users": 9},
        "Exam is over since 2026-05-05. Give days to come.",
    ),
    (
        "live",
        "event_announced",
        {"name": "Exam", "first": "2096-07-05", "users": 9},
        "The first day of the event is 2096-07-05, which can't be meant",
    ),
    (
        "live",
        "event_announced",
        {"name": "Exam", "first": "2026-07-05", "last": "2096-07-05", "users": 9},
        "The last day of the event is 2096-07-05, which can't be meant",
    ),
    *(
        (
            "contracted",
            "event_announced",
            {"name": "Exam", "first": first, "last": "2026-07-05", "users": 9},
            f"The first day of the event is {first}, which can't be meant",
        )
        for first in ("0001-01-01", "0001-01-08", "0026-07-04", "1926-07-04")  # its notices come days before
    ),
    ("live", "event_announced", {"name": "Exam", "first": "2026-07-05", "users": 0}, "users: "),
    ("closed", "event_announced", {"name": "Exam", "first": "2026-07-05", "users": 9}, "The lead is closed"),
    ("live", "hub_live", {}, "The hub has been live since 2026-06-01."),
    (
        "requested",
        "hub_live",
        {"on": "2026-06-02"},
        "2026-06-02 has not come yet. Record it when the hub runs.",
    ),
    (
        "requested",
        "hub_live",
        {"on": "1926-06-01"},
        "The day from which it ran is 1926-06-01, which can't be meant",
    ),
    ("requested", "hub_validated", {"representative": "Ada", "users": 9}, "No hub of this lead is running"),
    (
        "live",
        "hub_validated",
        {"representative": "Ada", "users": 4},
        "At least 5 users must have logged in, not 4. Wait for them, or give the reason why fewer are enough.",
    ),
    ("live", "hub_validated", {"users": 9}, "representative is missing"),
    (
        "validated",
        "hub_validated",
        {"representative": "Ada", "users": 9},
        "The hub was already validated on 2026-06-01.",
    ),
    (
        "requested",
        "decommission_decided",
        {"on": "2026-09-30", "reason": "x"},
        "No hub of this lead is running. If one is",
    ),
    (
        "live",
        "decommission_decided",
        {"on": "2026-05-31", "reason": "x"},
        "2026-05-31 has passed. Give a day to come.",
    ),
    ("live", "decommission_decided", {"on": "2126-09-30", "reason": "x"}, "which can't be meant"),
    (
        "live",
        "decommission_decided",
        {"on": "soon", "reason": "x"},
        "on: write a day that exists, such as 2026-03-31",
    ),
    (
        "to be taken down",
        "decommission_decided",
        {"on": "2026-09-30", "reason": "x"},
        "Decommission is already decided for 2026-09-30.",
    ),
    ("live", "decommission_cancelled", {"reason": "x"}, "No decommission was decided."),
    (
        "live",
        "hub_decommissioned",
        {"data_confirmed_by": "Ada"},
        "so nobody was told. Do that first (decommission_decided).",
    ),
    ("to be taken down", "hub_decommissioned", {}, "data_confirmed_by is missing. Send an object such as"),
    ("accepted", "contract_signed", SIGNED | {"on": "2026-06-02"}, "2026-06-02 has not come yet. Record the"),
    ("accepted", "contract_signed", SIGNED | {"on": "1926-06-01"}, "The day of the signature is 1926-06-01"),
]
