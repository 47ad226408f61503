"""Mails, invoices, issues and the memo name the day of the lead's own zone, while UTC has another one."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader
from temporalio.testing import ActivityEnvironment

from activities.github.activities import GitHubActivities
from activities.invoice.pdf import invoice_pdf
from activities.mail.text import mail_body
from config.groups import Invoicing
from config.settings import Settings
from process.core.requests import request_for
from process.effects import SendCorrection, SendMail, UpdateIssue
from tests.support.lives import BOOK_QUOTE, Life, last_seq
from workflows.start import memo_of

ZONES = {
    "Pacific/Auckland": (datetime(2026, 6, 1, 20, tzinfo=UTC), "2026-06-02"),
    "Pacific/Kiritimati": (datetime(2026, 6, 1, 12, tzinfo=UTC), "2026-06-02"),
    "Asia/Kathmandu": (datetime(2026, 6, 1, 18, 30, tzinfo=UTC), "2026-06-02"),
    "America/Los_Angeles": (datetime(2026, 6, 3, 3, tzinfo=UTC), "2026-06-02"),
    "Etc/GMT+12": (datetime(2026, 6, 3, 8, tzinfo=UTC), "2026-06-02"),
}
"""A moment in each zone at which UTC has another day, and the day there."""
SETTINGS = Settings(_env_file=None)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@cache
def life(zone: str) -> Life:
    """A lead that comes to its hub, is billed and has a corrected decision, all at the moment of its zone."""
    now, _ = ZONES[zone]
    made = Life(now, zone=zone).live(BOOK_QUOTE).wait(hours=1).perform()
    made.does("invoice_sent", number=1)
    made.does("event_announced", name="School", first="2026-09-05", last="2026-09-06", users=9)
    made.perform()
    made.does("corrected", seq=last_seq(made, "event_announced"), reason="Another lead's", compensate="all")
    return made


def mails(zone: str, template: str) -> str:
    lead = life(zone)
    effect = next(
        each
        for each in lead.planned
        if isinstance(each, SendMail | SendCorrection) and each.template == template
    )
    about = request_for(lead.aggregate, effect, lead.now).corrected_decisions
    body = mail_body(
        effect,
        lead.lead,
        SETTINGS,
        namespace="default",
        corrected_decision=about[0] if about else None,
    )
    return body.text


def invoices(zone: str) -> str:
    lead = life(zone).lead
    (invoice, *_) = lead.invoices
    pages = PdfReader(BytesIO(invoice_pdf(lead, invoice, Invoicing()))).pages
    return "\n".join(page.extract_text() for page in pages)


def issues(zone: str) -> str:
    lead = life(zone)
    effect = next(each for each in reversed(lead.planned) if isinstance(each, UpdateIssue))
    request = request_for(lead.aggregate, effect, lead.now)
    github = GitHubActivities(SETTINGS)
    return str(ActivityEnvironment().run(lambda: github._lead_issue(request).text(1000)))


TEXTS: dict[str, tuple[Callable[[str], str], bool]] = {
    "the mail about a price": (lambda zone: mails(zone, "price_quoted"), False),
    "the hand-over": (lambda zone: mails(zone, "handover"), True),
    "the mail about a hub": (lambda zone: mails(zone, "hub_requested"), False),
    "a correction": (lambda zone: mails(zone, "correction"), True),
    "an invoice's mail": (lambda zone: mails(zone, "invoice"), True),
    "an invoice": (invoices, True),
    "the lead's issue": (issues, True),
    "the memo": (lambda zone: str(memo_of(life(zone).lead)), False),
}
"""A text of a lead, and whether it names the present day."""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_names_the_day_of_the_leads_zone(text: str, zone: str) -> None:
    now, today = ZONES[zone]
    assert str(now.date()) != today
    write, names_today = TEXTS[text]
    days = set(DAY.findall(write(zone)))
    assert (today in days) is names_today, days
    assert str(now.date()) not in days


@pytest.mark.parametrize("text", TEXTS)
def test_all_zones_with_the_same_day_get_the_same_days(text: str) -> None:
    write, _ = TEXTS[text]
    found = {zone: sorted(set(DAY.findall(write(zone)))) for zone in ZONES}
    assert len({tuple(days) for days in found.values()}) == 1, found
