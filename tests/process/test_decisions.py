"""Each decision, accepted and refused: what it makes true, and what a refusal says to do instead."""

from collections.abc import Callable
from typing import Any

import pytest

from process.decisions import DECISIONS
from process.lead import QuoteStatus, VendorStatus, Verdict
from process.model import Stage
from tests.process.life import BOOK_QUOTE, HUB, QUOTE, RENEWAL, SIGNED, Life

STATES: dict[str, Callable[[], Life]] = {
    "new": Life,
    "quoted": lambda: Life().quoted(),
    "expired": lambda: Life().quoted().wait(31),
    "accepted": lambda: Life().accepted(),
    "handed over": lambda: Life().handed_over(),
    "signed": lambda: Life().signed(),
    "vendor set up, not signed": lambda: _vendor_first(),
    "contracted": lambda: Life().contracted(),
    "requested": lambda: Life().requested(),
    "live": lambda: Life().live(),
    "live by the book": lambda: Life().live(BOOK_QUOTE),
    "live, a month later": lambda: Life().live(BOOK_QUOTE).until("2026-07-15"),
    "validated": lambda: _validated(),
    "drafted": lambda: _drafted(),
    "vendor started": lambda: _vendor_started(),
    "renewal quoted": lambda: Life().live().until("2027-03-01").quoted(),
    "renewing": lambda: Life().renewing(),
    "renewal handed over": lambda: _renewal_handed_over(),
    "renewed": lambda: Life().renewed(),
    "lapsed": lambda: Life().live().until("2027-06-02"),
    "to be taken down": lambda: _to_be_taken_down(),
    "invoice sent": lambda: _invoice_sent(),
    "held": lambda: _held(),
    "lost": lambda: Life().lost(),
    "lost when quoted": lambda: Life().quoted().lost(),
    "closed": lambda: Life().decommissioned(),
    "asked": lambda: _asked(),
    "answered": lambda: _answered(),
}


def _validated() -> Life:
    life = Life().live()
    life.does("hub_validated", representative="Ada", users=12)
    return life


def _drafted() -> Life:
    life = Life().handed_over()
    life.does("contract_progressed", state="drafted")
    return life


def _vendor_started() -> Life:
    life = Life().accepted()
    life.does("vendor_setup_progressed", forms="sent")
    return life


def _renewal_handed_over() -> Life:
    life = Life().renewing()
    life.does("contract_handed_over")
    return life


def _vendor_first() -> Life:
    life = Life().accepted()
    life.does("vendor_setup_done")
    return life


def _to_be_taken_down() -> Life:
    life = Life().live()
    life.does("decommission_decided", on="2026-09-30", reason="The course is over")
    return life


def _invoice_sent() -> Life:
    life = Life().live().at(Life().now)
    life.does("invoice_sent", number=1)
    return life


def _held() -> Life:
    life = Life()
    life.does("put_on_hold", until="2026-09-01")
    return life


def _asked() -> Life:
    life = Life()
    life.does("questionnaire_sent")
    return life


def _answered() -> Life:
    life = _asked()
    life.does("questionnaire_answered", response_id="one")
    return life


ACCEPTED: list[tuple[str, str, dict[str, Any], str, Stage]] = [
    ("new", "details_changed", {"person": "Grace Example"}, "Changed: person", Stage.LEAD),
    ("closed", "corrected", {"seq": 11, "reason": "It still runs"}, "11 was a mistake", Stage.HUB),
    ("new", "questionnaire_sent", {"note": "By mail"}, "The questionnaire was sent: By mail", Stage.LEAD),
    ("answered", "questionnaire_answered", {"response_id": "two"}, "was answered", Stage.LEAD),
    ("new", "questionnaire_answered", {}, "was answered", Stage.LEAD),
    (
        "new",
        "maniac_t_assessed",
        {"need": "yes", "need_evidence": "Their server is full", "timeline": "unknown", "in_scope": True},
        "MANIAC-T assessed, in scope (need yes, timeline unknown)",
        Stage.LEAD,
    ),
    ("new", "maniac_t_assessed", {"in_scope": False}, "MANIAC-T assessed, out of scope", Stage.LEAD),
    ("new", "asset_attached", {"type": "budget", "name": "Budget"}, "Attached a budget: Budget", Stage.LEAD),
    ("quoted", "price_list_requested", {}, "The price list is to be read again", Stage.QUOTED),
    (
        "new",
        "price_quoted",
        QUOTE,
        "Quoted 12,000.00 USD a year, bespoke, version 1, valid until 2026-07-01",
        Stage.QUOTED,
    ),
    ("expired", "price_quoted", QUOTE, "version 2", Stage.QUOTED),
    ("accepted", "price_quoted", {**QUOTE, "amount": "13000"}, "Quoted 13,000.00 USD a year", Stage.QUOTED),
    (
        "new",
        "price_quoted",
        {"book": "2022-05", "plan": "research", "dedicated_cluster": True},
        "Quoted 27,000.00 USD a year, Research of book 2022-05",
        Stage.QUOTED,
    ),
    (
        "new",
        "price_quoted",
        {"book": "2022-05", "plan": "Partnership", "amount": "60000.50", "currency": "usd"},
        "Quoted 60,000.50 USD a year, Partnership of book 2022-05",
        Stage.QUOTED,
    ),
    (
        "new",
        "price_quoted",
        {"amount": 800, "currency": "JPY", "per": "once"},
        "Quoted 800 JPY once",
        Stage.QUOTED,
    ),
    ("new", "price_quoted", {**QUOTE, "valid_until": "2026-06-01"}, "valid until 2026-06-01", Stage.QUOTED),
    ("quoted", "price_quoted", {**QUOTE, "valid_until": "2026-08-01"}, "version 2", Stage.QUOTED),
    (
        "quoted",
        "quote_accepted",
        {"accepted_by": "Ada"},
        "The quote was accepted by Ada: 12,000.00 USD a year",
        Stage.QUOTED,
    ),
    ("quoted", "quote_declined", {"reason": "Too dear"}, "The quote was declined (Too dear)", Stage.QUOTED),
    ("accepted", "quote_declined", {}, "The quote was declined", Stage.QUOTED),
    ("quoted", "quote_expired", {}, "Version 1 of the quote expired", Stage.QUOTED),
    ("accepted", "contract_handed_over", {}, "The contract was handed over", Stage.QUOTED),
    (
        "handed over",
        "contract_handed_over",
        {"note": "New scope"},
        "handed over to the contracts team: New scope",
        Stage.QUOTED,
    ),
    ("handed over", "contract_acknowledged", {}, "acknowledged the hand-over", Stage.QUOTED),
    (
        "handed over",
        "contract_signed",
        {**SIGNED, "signed_by": "Ada"},
        "The contract was signed by Ada, for 2026-06-01 to 2027-05-31 (contract)",
        Stage.QUOTED,
    ),
    (
        "accepted",
        "contract_signed",
        {"evidence": "“Agreed, let's start”", "evidence_kind": "email"},
        "The contract was signed, for 2026-06-01 to 2027-05-31 (email)",
        Stage.QUOTED,
    ),
    (
        "handed over",
        "contract_progressed",
        {"state": "out for signature", "note": "By post"},
        "The contract is out for signature: By post",
        Stage.QUOTED,
    ),
    (
        "renewal handed over",
        "contract_progressed",
        {"state": "drafted"},
        "The renewal is drafted",
        Stage.HUB,
    ),
    (
        "accepted",
        "vendor_setup_progressed",
        {"forms": "asked for"},
        "Vendor set-up at the customer: forms asked for",
        Stage.QUOTED,
    ),
    (
        "vendor started",
        "vendor_setup_progressed",
        {"forms": "accepted"},
        "Vendor set-up at the customer: forms accepted",
        Stage.QUOTED,
    ),
    ("vendor set up, not signed", "contract_signed", SIGNED, "was signed", Stage.CONTRACTED),
    (
        "lapsed",
        "price_quoted",
        RENEWAL,
        "Quoted 15,000.00 USD a year for the renewal, bespoke, version 2, valid until 2027-07-02",
        Stage.HUB,
    ),
    ("renewal quoted", "quote_accepted", {}, "The quote was accepted: 12,000.00 USD a year", Stage.HUB),
    ("renewal quoted", "quote_declined", {}, "The quote was declined", Stage.HUB),
    ("renewal quoted", "quote_expired", {}, "Version 2 of the quote expired", Stage.HUB),
    (
        "renewing",
        "contract_handed_over",
        {},
        "The renewal was handed over to the contracts team",
        Stage.HUB,
    ),
    ("renewal handed over", "contract_acknowledged", {}, "acknowledged the hand-over", Stage.HUB),
    (
        "renewal handed over",
        "contract_signed",
        SIGNED,
        "The contract's renewal was signed, for 2027-06-01 to 2028-05-31 (contract)",
        Stage.HUB,
    ),
    ("live", "price_list_requested", {}, "The price list is to be read again", Stage.HUB),
    ("quoted", "vendor_setup_started", {}, "Vendor set-up at the customer: started", Stage.QUOTED),
    (
        "signed",
        "vendor_setup_done",
        {"vendor_number": "4711"},
        "Vendor set-up at the customer: done",
        Stage.CONTRACTED,
    ),
    ("signed", "vendor_setup_not_needed", {}, "Vendor set-up at the customer: not needed", Stage.CONTRACTED),
    ("contracted", "vendor_setup_done", {}, "Vendor set-up at the customer: done", Stage.CONTRACTED),
    (
        "lapsed",
        "service_extended",
        {"reason": "It is with their lawyers"},
        "The service goes on without a contract until 2027-06-16: It is with their lawyers",
        Stage.HUB,
    ),
    (
        "new",
        "hub_information_given",
        {"name": "Example", "url": "pending"},
        "Hub information given: Hub name, URL",
        Stage.LEAD,
    ),
    ("contracted", "hub_requested", {}, "The hub was requested", Stage.CONTRACTED),
    ("signed", "hub_requested", {}, "The hub was requested", Stage.QUOTED),
    (
        "new",
        "hub_requested",
        {"exception_by": "Grace", "exception_reason": "The course begins on Monday"},
        "The hub was requested without a signature, allowed by Grace: The course begins on Monday",
        Stage.LEAD,
    ),
    (
        "requested",
        "hub_live",
        {"url": "https://hub.example.org"},
        "The hub is live: https://hub.example.org",
        Stage.HUB,
    ),
    (
        "live",
        "hub_validated",
        {"representative": "Ada", "users": 5},
        "The hub was validated: Ada is satisfied, 5 users logged in",
        Stage.HUB,
    ),
    (
        "live",
        "hub_validated",
        {"representative": "Ada", "users": 2, "reason": "A lab of two"},
        "2 users logged in (A lab of two)",
        Stage.HUB,
    ),
    (
        "live",
        "decommission_decided",
        {"on": "2026-06-01", "reason": "The course is over"},
        "Decommission was decided for 2026-06-01: The course is over",
        Stage.HUB,
    ),
    (
        "to be taken down",
        "decommission_decided",
        {"on": "2026-12-31", "reason": "Later"},
        "2026-12-31",
        Stage.HUB,
    ),
    ("to be taken down", "decommission_cancelled", {"reason": "New funds"}, "The hub stays", Stage.HUB),
    (
        "to be taken down",
        "hub_decommissioned",
        {"data_confirmed_by": "Ada", "data": "handed over"},
        "The hub was taken down; data handed over, confirmed by Ada",
        Stage.CLOSED,
    ),
    (
        "live, a month later",
        "usage_reported",
        {"month": "2026-06", "active_users": 280, "cloud_cost": "412.07", "currency": "USD"},
        "Usage of 2026-06: 280 active users, cloud cost 412.07 USD",
        Stage.HUB,
    ),
    ("closed", "usage_reported", {"month": "2026-06", "active_users": 3}, "Usage of 2026-06", Stage.CLOSED),
    ("live, a month later", "invoice_sent", {"number": 2}, "Invoice 2 was sent", Stage.HUB),
    ("invoice sent", "invoice_paid", {"number": 1, "reference": "4711"}, "Invoice 1 was paid", Stage.HUB),
    (
        "invoice sent",
        "invoice_voided",
        {"number": 1, "reason": "Another price"},
        "Invoice 1 was taken back: Another price",
        Stage.HUB,
    ),
    ("new", "put_on_hold", {"event": "Their budget"}, "Put on hold, waiting for: Their budget", Stage.LEAD),
    ("held", "put_on_hold", {"until": "2026-10-01"}, "Put on hold until 2026-10-01", Stage.LEAD),
    ("live", "put_on_hold", {"until": "2026-06-01"}, "Put on hold until 2026-06-01", Stage.HUB),
    ("held", "resumed", {}, "Resumed", Stage.LEAD),
    (
        "new",
        "lost",
        {"reason": "budget", "note": "No grant"},
        "Lost, they said no (budget): No grant",
        Stage.LOST,
    ),
    (
        "requested",
        "lost",
        {"reason": "other", "said_by": "we", "note": "They left"},
        "we said no (other)",
        Stage.LOST,
    ),
    ("lost", "reopened", {"reason": "Another grant"}, "Reopened: Another grant", Stage.LEAD),
    ("lost when quoted", "reopened", {"reason": "Another grant"}, "Reopened: Another grant", Stage.QUOTED),
]

TOO_LATE = "belongs before the contract, and this lead is at contracted. If an earlier decision was wrong"

REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    # opening
    ("new", "details_changed", {}, "Nothing was given to change. Name at least one of org, person"),
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
    # qualifying
    ("asked", "questionnaire_sent", {}, "The questionnaire was already sent today."),
    ("answered", "questionnaire_sent", {}, "The questionnaire was already answered on 2026-06-01."),
    ("contracted", "questionnaire_sent", {}, TOO_LATE),
    (
        "answered",
        "questionnaire_answered",
        {},
        "already answered on 2026-06-01. Give the response_id of another",
    ),
    ("answered", "questionnaire_answered", {"response_id": "one"}, "already answered"),
    ("contracted", "questionnaire_answered", {}, TOO_LATE),
    (
        "new",
        "maniac_t_assessed",
        {},
        "No letter of MANIAC-T was assessed. Give at least one of money, authority",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need": "no"},
        "need is said to be no without evidence. Give need_evidence, or say unknown.",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need_evidence": "x", "in_scope": True},
        "evidence for need but no verdict. Give need as",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need": "maybe"},
        "need: input should be 'yes', 'no' or 'unknown', not 'maybe'. Send",
    ),
    ("contracted", "maniac_t_assessed", {"in_scope": True}, TOO_LATE),
    (
        "new",
        "asset_attached",
        {"name": "Notes", "url": "drive"},
        "'drive' is no link. Give the whole address, with https://.",
    ),
    ("lost", "asset_attached", {"name": "Notes"}, "The lead is lost"),
    ("lost", "price_list_requested", {}, "The lead is lost"),
    # quoting
    ("new", "price_quoted", {}, "A price needs amount, currency, per. Give amount, currency and per"),
    (
        "new",
        "price_quoted",
        {**QUOTE, "amount": "-5"},
        "That is no price: an amount must be more than zero, not -5.",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "amount": "12.345"},
        "That is no price: USD has 2 decimals, and 12.345 has more.",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "amount": "a lot"},
        "amount: input should be a valid decimal, not 'a lot'. Send",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "amount": "1E+999999"},
        "amount: decimal input should have no more than 20 digits",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "currency": "DEM"},
        "DEM is no currency in use; name one by its three letters",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "per": "week"},
        "per: input should be 'year', 'month' or 'once', not 'week'",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "amout": 1},
        "price_quoted has no 'amout'. Did you mean amount? It takes",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "dedicated_cluster": True},
        "belongs to a book's plan. Leave dedicated_cluster out",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "valid_until": "2026-05-31"},
        "2026-05-31, which has passed. Leave valid_until out",
    ),
    (
        "new",
        "price_quoted",
        {**QUOTE, "valid_until": "9999-12-31"},
        "which can't be meant. Write the date as 2026-07-31.",
    ),
    (
        "new",
        "price_quoted",
        {"book": "2026-06"},
        "A price from a book needs both book and plan. Give both, or",
    ),
    (
        "new",
        "price_quoted",
        {"plan": "Premier"},
        "A price from a book needs both book and plan. Give both, or",
    ),
    (
        "new",
        "price_quoted",
        {"book": "2022-05", "plan": "Gold"},
        "There is no plan 'Gold' in book '2022-05'. Known are 2022-05: Education",
    ),
    (
        "new",
        "price_quoted",
        {**BOOK_QUOTE, "dedicated_cluster": True},
        "Book 2026-06 has no surcharge for a dedicated cluster. Leave",
    ),
    (
        "new",
        "price_quoted",
        {**BOOK_QUOTE, "amount": "1"},
        "it takes no other amount. For another price, leave book and plan out.",
    ),
    (
        "new",
        "price_quoted",
        {**BOOK_QUOTE, "currency": "EUR"},
        "is priced in USD per year. Leave currency and per out",
    ),
    (
        "new",
        "price_quoted",
        {**BOOK_QUOTE, "per": "month"},
        "is priced in USD per year. Leave currency and per out",
    ),
    (
        "new",
        "price_quoted",
        {"book": "2022-05", "plan": "Partnership", "amount": "49999.99"},
        "starts at 50,000.00 USD in book 2022-05. Give at least that",
    ),
    (
        "new",
        "price_quoted",
        {"book": "2022-05", "plan": "Partnership", "amount": "50000.001"},
        "USD has 2 decimals",
    ),
    (
        "quoted",
        "price_quoted",
        QUOTE | {"note": "x"},
        "is already quoted as version 1, valid until 2026-07-01. Give another valid_until",
    ),
    (
        "signed",
        "price_quoted",
        QUOTE,
        "The contract was signed on 2026-06-01, at 12,000.00 USD a year. If that was a mistake",
    ),
    (
        "contracted",
        "price_quoted",
        QUOTE,
        "runs until 2027-05-31, and its renewal is quoted in the last 180 days. Quote it from 2026-12-02 on.",
    ),
    ("renewed", "price_quoted", QUOTE, "The contract runs until 2028-05-31, and its renewal"),
    ("lost", "price_quoted", QUOTE, "The lead is lost. Reopen it first"),
    ("new", "quote_accepted", {}, "No quote is open. Quote a price first (price_quoted)."),
    (
        "quoted",
        "quote_accepted",
        {"version": 2},
        "Version 2 is not the active quote; version 1 (12,000.00 USD a year) is. Leave version out",
    ),
    ("quoted", "quote_accepted", {"version": 0}, "version: input should be greater than or equal to 1"),
    ("expired", "quote_accepted", {}, "Version 1 expired on 2026-07-01. Quote a price again (price_quoted)."),
    (
        "accepted",
        "quote_accepted",
        {},
        "Version 1 is already accepted. Hand the contract over next (contract_handed_over).",
    ),
    ("signed", "quote_accepted", {}, "The contract was signed on 2026-06-01"),
    ("contracted", "quote_accepted", {}, "No quote is open. Quote a price first (price_quoted)."),
    ("renewing", "quote_accepted", {}, "Version 2 is already accepted"),
    ("renewed", "quote_declined", {}, "No quote is open"),
    ("new", "quote_declined", {}, "No quote is open"),
    ("signed", "quote_declined", {}, "The contract was signed on 2026-06-01"),
    ("new", "quote_expired", {}, "No quote is open"),
    ("accepted", "quote_expired", {}, "An accepted quote does not expire. If they withdrew, quote_declined."),
    (
        "quoted",
        "quote_expired",
        {"source": "clock", "by": "the calendar", "version": 1},
        "'clock' is no face through which people decide. Leave source out.",
    ),
    # contracting
    ("new", "contract_handed_over", {}, "No price has been quoted yet; that comes first (price_quoted)."),
    (
        "quoted",
        "contract_handed_over",
        {},
        "They have not agreed to a price yet. Record that first (quote_accepted).",
    ),
    (
        "signed",
        "contract_handed_over",
        {},
        "The contract was already signed on 2026-06-01. If that was a mistake",
    ),
    (
        "contracted",
        "contract_handed_over",
        {},
        "correct it (corrected); its renewal begins with a price (price_quoted).",
    ),
    (
        "renewal quoted",
        "contract_handed_over",
        {},
        "They have not agreed to a price for the renewal yet. Record that first (quote_accepted).",
    ),
    ("renewing", "contract_acknowledged", {}, "The contract was not handed over"),
    (
        "renewing",
        "contract_signed",
        {**SIGNED, "start": "2027-05-31"},
        "runs until 2027-05-31, so its renewal can't start on 2027-05-31. Leave start out",
    ),
    ("renewed", "contract_signed", SIGNED, "The contract was already signed on 2027-03-01"),
    (
        "accepted",
        "contract_acknowledged",
        {},
        "The contract was not handed over. Do that first (contract_handed_over).",
    ),
    (
        "quoted",
        "contract_signed",
        SIGNED,
        "They have not agreed to a price yet. Record that first (quote_accepted).",
    ),
    ("accepted", "contract_signed", {}, "evidence is missing. Send an object such as"),
    ("accepted", "contract_signed", {"evidence": "  "}, "evidence: string should have at least 1 character"),
    (
        "accepted",
        "contract_signed",
        {**SIGNED, "start": "2027-01-01", "end": "2026-01-01"},
        "would end on 2026-01-01, before it starts on 2027-01-01. Give a later end",
    ),
    (
        "accepted",
        "contract_signed",
        {**SIGNED, "start": "9999-12-31"},
        "The contract's start is 9999-12-31, which can't be meant",
    ),
    (
        "accepted",
        "contract_signed",
        {**SIGNED, "end": "2226-01-01"},
        "The contract's end is 2226-01-01, which can't be meant",
    ),
    (
        "signed",
        "contract_signed",
        SIGNED,
        "The contract was already signed on 2026-06-01. If that was a mistake, correct it",
    ),
    ("lost when quoted", "contract_signed", SIGNED, "The lead is lost"),
    ("accepted", "contract_progressed", {"state": "drafted"}, "The contract was not handed over. Do that"),
    ("handed over", "contract_progressed", {"state": "signed"}, "state: input should be 'drafted'"),
    (
        "drafted",
        "contract_progressed",
        {"state": "drafted"},
        "It is drafted since 2026-06-01. Give a note if",
    ),
    ("new", "vendor_setup_progressed", {"forms": "sent"}, "No price has been quoted yet"),
    ("vendor started", "vendor_setup_progressed", {"forms": "sent"}, "Their forms were sent on 2026-06-01."),
    (
        "contracted",
        "vendor_setup_progressed",
        {"forms": "sent"},
        "The vendor set-up is already not needed. If that was a mistake",
    ),
    ("new", "vendor_setup_started", {}, "No price has been quoted yet"),
    (
        "contracted",
        "vendor_setup_started",
        {},
        "The vendor set-up is already not needed. If that was a mistake, correct it",
    ),
    ("vendor set up, not signed", "vendor_setup_done", {}, "The vendor set-up is already done."),
    ("contracted", "vendor_setup_not_needed", {}, "The vendor set-up is already not needed."),
    (
        "new",
        "service_extended",
        {"reason": "x"},
        "There is no contract that could have lapsed. Record the signature first",
    ),
    (
        "live",
        "service_extended",
        {"reason": "x"},
        "The contract is live until 2027-05-31. Extend it when it has lapsed.",
    ),
    # serving
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
        "No contract is signed. Record the signature first (contract_signed), or name who allows",
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
    ("live", "hub_live", {}, "The hub is already live since 2026-06-01."),
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
    ("live", "decommission_decided", {"on": "soon", "reason": "x"}, "on: input should be a valid date"),
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
    # billing
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
        "contracted",
        "usage_reported",
        {"month": "2026-06", "active_users": 1},
        "No hub of this lead was live in 2026-06.",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-13", "active_users": 1},
        "month: string should match pattern",
    ),
    (
        "live by the book",
        "usage_reported",
        {"month": "2026-06", "active_users": -1},
        "active_users: input should be greater than or equal to 0",
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
        "No invoice has been prepared yet; the calendar does that when one is due.",
    ),
    ("invoice sent", "invoice_voided", {"number": 1}, "reason is missing"),
    (
        "invoice sent",
        "invoice_voided",
        {"number": 9, "reason": "x"},
        "There is no invoice 9. Known are 1 to 1.",
    ),
    ("live, a month later", "invoice_sent", {"number": 3}, "There is no invoice 3. Known are 1 to 2."),
    ("invoice sent", "invoice_sent", {"number": 1}, "Invoice 1 was already sent on 2026-06-01."),
    (
        "live, a month later",
        "invoice_paid",
        {"number": 1},
        "Invoice 1 was not sent yet. Record that first (invoice_sent).",
    ),
    # waiting
    ("new", "put_on_hold", {}, "Nobody would know when to go on. Give until (a date) or event."),
    ("new", "put_on_hold", {"until": "2026-05-31"}, "2026-05-31 has passed. Give a day to come."),
    ("new", "put_on_hold", {"until": "2999-01-01"}, "which can't be meant"),
    ("held", "put_on_hold", {"until": "2026-09-01", "note": "x"}, "The lead is already on hold like that."),
    ("new", "resumed", {}, "The lead is not on hold."),
    ("new", "lost", {"reason": "whatever"}, "reason: input should be 'budget', 'no decision'"),
    ("new", "lost", {"reason": "other"}, "“Other” says nothing. Give a note that says why."),
    ("live", "lost", {"reason": "budget"}, "Its hub is running. Decide its decommission first"),
    ("lost", "lost", {"reason": "timing"}, "The lead is lost. Reopen it first"),
    ("new", "reopened", {"reason": "x"}, "The lead is open, at lead. Go on from there."),
    ("closed", "reopened", {"reason": "x"}, "The lead is closed: its service has ended. Start a new lead."),
    # mending
    ("new", "corrected", {"seq": 7, "reason": "x"}, "There is no 7 in the timeline. See `leads history`."),
    (
        "new",
        "corrected",
        {"seq": 1, "reason": "x"},
        "can't be undone. Change its facts (details_changed), or record it as lost",
    ),
    ("accepted", "corrected", {"seq": 2, "reason": "x"}, "rests on it. Correct 3 first."),
    ("new", "corrected", {"reason": "x"}, "seq is missing. Send an object such as"),
]


@pytest.mark.parametrize(("state", "kind", "body", "words", "stage"), ACCEPTED)
def test_accepted(state: str, kind: str, body: dict[str, Any], words: str, stage: Stage) -> None:
    life = STATES[state]()
    known = len(life.record.history.events)
    answer = life.does(kind, by="Grace", source="test", **body)
    event = life.record.history.events[-1]
    assert words in answer.words
    assert (answer.seq, event.seq, event.kind, event.words) == (known + 1, known + 1, kind, answer.words)
    assert (event.fact.by, event.fact.source, event.at) == ("Grace", "test", life.now)
    assert life.lead.stage is stage


@pytest.mark.parametrize(("state", "kind", "body", "says"), REFUSED)
def test_refused(state: str, kind: str, body: dict[str, Any], says: str) -> None:
    life = STATES[state]().wait(minutes=11)  # else the same again is taken for a double click
    words = life.refused(kind, **body)
    assert says in words
    assert words.endswith((".", "?"))
    assert len(words) < 700
    assert ".." not in words


def test_every_decision_is_tried_both_ways() -> None:
    assert {kind for _, kind, *_ in ACCEPTED} == set(DECISIONS)
    assert {kind for _, kind, *_ in REFUSED} == set(DECISIONS)


@pytest.mark.parametrize("kind", DECISIONS)
def test_nothing_but_a_correction_or_the_money_moves_an_ended_lead(kind: str) -> None:
    closed, lost = (life.wait(minutes=11) for life in (Life().decommissioned(), Life().lost()))
    after_the_end = {"corrected", "usage_reported", "invoice_sent", "invoice_paid", "invoice_voided"}
    if kind not in after_the_end:
        assert closed.refused(kind, **DECISIONS[kind].example) == (
            "The lead is closed: its service has ended. Start a new lead."
        )
    if kind not in {"corrected", "reopened", "invoice_sent", "invoice_paid", "invoice_voided"}:
        assert (
            lost.refused(kind, **DECISIONS[kind].example) == "The lead is lost. Reopen it first (reopened)."
        )


# ---- what decisions make true, beyond the stage


def test_maniac_t_is_gathered_letter_by_letter_with_who_said_so() -> None:
    life = Life()
    life.does("maniac_t_assessed", money="yes", money_evidence="A grant", by="Grace", in_scope=True)
    life.wait(1).does("maniac_t_assessed", money="no", money_evidence="Not funded", said_by="Ada", by="Grace")
    life.does("maniac_t_assessed", authority="unknown")
    money, authority = (life.lead.qualification.answers[letter] for letter in ("money", "authority"))
    assert (money.verdict, money.evidence, money.said_by, str(money.on)) == (
        Verdict.NO,
        "Not funded",
        "Ada",
        "2026-06-02",
    )
    assert authority.verdict is Verdict.UNKNOWN
    assert life.lead.qualification.in_scope is True  # what was not said again stays


def test_a_new_quote_supersedes_and_only_one_is_active() -> None:
    life = Life().quoted()
    life.does("price_quoted", **BOOK_QUOTE)
    life.does("quote_declined")
    life.does("price_quoted", **QUOTE)
    life.does("quote_accepted")
    life.does("price_quoted", **(QUOTE | {"amount": "11000"}))
    assert [quote.status for quote in life.lead.quotes] == [
        QuoteStatus.SUPERSEDED,
        QuoteStatus.DECLINED,
        QuoteStatus.SUPERSEDED,
        QuoteStatus.OPEN,
    ]
    assert [quote.version for quote in life.lead.quotes] == [1, 2, 3, 4]
    assert "not agreed" in life.refused("contract_signed", **SIGNED)  # the yes was to another price


def test_an_old_quote_keeps_the_price_of_its_book() -> None:
    life = Life().quoted(**BOOK_QUOTE)
    quote = life.lead.quote
    assert quote is not None
    assert (quote.book, quote.plan, len(quote.tiers)) == ("2026-06", "General membership", 5)


def test_an_unknown_book_says_how_to_read_the_list_again() -> None:
    assert "(price_list_requested)" in Life().refused("price_quoted", book="2030-01", plan="Premier")


def test_a_hand_over_can_be_repeated_and_is_then_unacknowledged() -> None:
    life = Life().handed_over()
    life.does("contract_acknowledged", by="Carla")
    assert life.lead.contract.acknowledged_by == "Carla"
    assert "already acknowledged on 2026-06-01" in life.refused("contract_acknowledged")
    life.wait(2).does("contract_handed_over")
    contract = life.lead.contract
    assert (contract.handovers, contract.acknowledged_on, str(contract.handed_over_on)) == (
        2,
        None,
        "2026-06-03",
    )


def test_vendor_set_up_is_a_track_of_its_own() -> None:
    life = Life().accepted()
    life.does("vendor_setup_started")
    assert life.lead.vendor.status is VendorStatus.STARTED
    life.does("contract_signed", **SIGNED)
    assert life.lead.stage is Stage.QUOTED
    life.does("vendor_setup_done", vendor_number="4711")
    assert (life.lead.stage, life.lead.vendor.number) == (Stage.CONTRACTED, "4711")


def test_the_vendor_set_up_keeps_its_checklist() -> None:
    life = Life().accepted()
    life.does("vendor_setup_progressed", forms="asked for")
    life.wait(2).does("vendor_setup_progressed", forms="sent")
    life.wait(2).does("vendor_setup_done", vendor_number="4711")
    vendor = life.lead.vendor
    assert ({step: str(day) for step, day in vendor.forms.items()}, vendor.status, vendor.number) == (
        {"asked for": "2026-06-01", "sent": "2026-06-03"},
        VendorStatus.DONE,
        "4711",
    )


def test_news_of_the_contract_says_since_when_and_that_it_is_in_hand() -> None:
    life = Life().handed_over()
    life.does("contract_progressed", state="drafted", by="Carla")
    life.wait(3).does("contract_progressed", state="drafted", note="Their lawyers have it")
    contract = life.lead.contract
    assert (contract.state, str(contract.state_on), contract.acknowledged_by) == (
        "drafted",
        "2026-06-01",
        "Carla",
    )
    life.does("contract_handed_over", note="New scope")
    assert life.lead.contract.state is None


def test_details_are_put_right_and_shape_the_heading() -> None:
    life = Life()
    life.does("details_changed", org="Example College", title="Hub for a lab", email="ada@example.org")
    assert life.lead.heading == "[Example College / Ada Example] - Hub for a lab"
    assert life.lead.email == "ada@example.org"


def test_pending_is_a_value_and_only_missing_fields_are_asked_for() -> None:
    life = Life()
    life.does("hub_information_given", **(HUB | {"image": "pending"}))
    assert life.lead.hub.missing() == ("Image",)
    life.does("hub_information_given", url="pending")
    assert (life.lead.hub.url, life.lead.hub.missing()) == (None, ("URL", "Image"))
    life.does("hub_information_given", image="example/image:1", url="example.org")
    assert life.lead.hub.missing() == ()


def test_reopened_the_lead_stands_where_it_stood() -> None:
    life = Life().requested()
    before = life.lead
    life.lost().does("reopened", reason="They came back")
    unmoved = {"last_seq", "progressed_at"}
    assert life.lead.model_dump(exclude=unmoved) == before.model_dump(exclude=unmoved)


def test_the_end_takes_a_hold_away() -> None:
    life = Life()
    life.does("put_on_hold", event="Their budget")
    assert life.lost().lead.hold is None


def test_agreement_by_mail_is_evidence_recorded_as_such() -> None:
    life = Life().accepted()
    life.does("contract_signed", evidence="“Agreed”, 2 June", evidence_kind="email", signed_by="Ada")
    contract = life.lead.contract
    assert (contract.evidence, contract.evidence_kind, contract.signed_by) == (
        "“Agreed”, 2 June",
        "email",
        "Ada",
    )


def test_usage_can_be_reported_anew_until_it_is_billed() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    life.does("usage_reported", month="2026-06", active_users=5)
    assert "already reported" in life.refused("usage_reported", month="2026-06", active_users=5, note="again")
    life.does("usage_reported", month="2026-06", active_users=6)
    assert [usage.active_users for usage in life.lead.usage] == [6]
    life.until("2026-07-02")
    assert "already billed, on invoice 2. Void that invoice (invoice_voided)" in life.refused(
        "usage_reported", month="2026-06", active_users=7
    )
