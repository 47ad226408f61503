"""Refused decisions about invoices and usage."""

from tests.support.refused.case import Case

REFUSED: list[Case] = [
    (
        "accepted",
        "usage_reported",
        {"month": "2026-06", "active_users": 1},
        "Nothing is billed before the contract is signed",
    ),
    ("signed", "usage_reported", {"month": "2026-06", "active_users": 1}, "and the vendor set-up settled"),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-07", "active_users": 1},
        "2026-07 has not come yet. Report it when it is over.",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-05", "active_users": 1},
        "No hub of this lead was live in 2026-05.",
    ),
    (
        "closed, three months ago",
        "usage_reported",
        {"month": "2026-07", "active_users": 1},
        "The hub was taken down on 2026-06-01, so nobody used it in 2026-07. If the cloud still cost something",
    ),
    (
        "contracted",
        "usage_reported",
        {"month": "2026-06", "active_users": 1},
        "No hub of this lead was live in 2026-06.",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-13", "active_users": 1},
        "month: write the month as 2026-07, not '2026-13'",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-06", "active_users": -1},
        "active_users: write at least 0",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-06", "active_users": 1, "cloud_cost": "0.001"},
        "That is no cost: USD has 2 decimals",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-06", "active_users": 1, "currency": "EUR"},
        "The contract is in USD, not EUR. Give the cost in USD.",
    ),
    (
        "accepted",
        "invoice_sent",
        {"number": 1},
        "No invoice has been prepared yet; that happens by itself when one is due.",
    ),
    ("invoice sent", "invoice_voided", {"number": 1}, "reason is missing"),
    (
        "invoice sent",
        "invoice_voided",
        {"number": 9, "reason": "x"},
        "There is no invoice 9. The newest is 1.",
    ),
    ("live, a month later", "invoice_sent", {"number": 3}, "There is no invoice 3. The newest is 2."),
    ("invoice sent", "invoice_sent", {"number": 1}, "Invoice 1 was already sent on 2026-06-01."),
    (
        "live, a month later",
        "invoice_sent",
        {"number": 2, "on": "2099-01-01"},
        "2099-01-01 has not come yet. Record it when it is done.",
    ),
    (
        "live, a month later",
        "invoice_sent",
        {"number": 1, "on": "2026-05-31"},
        "Invoice 1 can't have been sent on 2026-05-31, before 2026-06-01. Check the day, or leave it out for today.",
    ),
    (
        "invoice sent",
        "invoice_paid",
        {"number": 1, "on": "2026-05-31"},
        "Invoice 1 can't have been paid on 2026-05-31, before 2026-06-01.",
    ),
    (
        "live, a month later",
        "invoice_paid",
        {"number": 1},
        "Invoice 1 was not sent yet. Record that first (invoice_sent).",
    ),
]
