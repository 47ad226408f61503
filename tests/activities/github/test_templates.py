"""The texts of both issues: every known fact is in them, and however people write, the document stays whole."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from markdown_it import MarkdownIt

from activities.github.activities import GitHubActivities
from activities.github.issue_block import find
from config.settings import Settings
from process.lead.contract import Contract, Vendor, VendorStatus
from process.lead.hub import HUB_FIELDS, Hub
from process.lead.invoice import Invoice, InvoiceLine, Usage
from process.lead.lead import Asset, Hold, Lead, Loss
from process.lead.qualification import MANIAC_T, LetterAnswer, Qualification, Questionnaire, Verdict
from process.lead.quote import Discount, LineItem, QuoteStatus
from process.money.amounts import Money
from process.types import Link, Role, Stage
from process.views.checklist import checklist
from process.views.next_step import next_step
from tests.support.github_text import found_by_github
from tests.support.github_world import TODAY, GitHub, a_lead, a_quote, opened, with_hub_issue
from tests.support.performing import changed

MARKDOWN = MarkdownIt("commonmark").enable("table")


def full_lead(text: str = "") -> Lead:
    """A lead of which everything is known; each of people's texts ends in `text`."""

    def hostile_text(what: str, longest: int = 10_000) -> str:
        return (what + text)[:longest]

    return a_lead(
        org=hostile_text("Org", 200),
        person=hostile_text("Person", 200),
        title=hostile_text("Title", 200),
        email="secret@example.org",
        stale_on=TODAY,
        questionnaire=Questionnaire(
            sent_on=date(2026, 1, 2),
            answered_on=date(2026, 1, 3),
            answers=((hostile_text("Question"), hostile_text("Given")),),
        ),
        qualification=Qualification(
            answers={
                letter: LetterAnswer(
                    verdict=Verdict.YES,
                    evidence=hostile_text(f"Evidence of {letter}"),
                    said_by=hostile_text("Said", 200),
                    on=TODAY,
                )
                for letter in MANIAC_T
            },
            in_scope=True,
            assessed_on=TODAY,
        ),
        assets=(
            Asset(
                type="budget",
                name=hostile_text("Budget", 200),
                url="https://docs.example.org/budget",
                on=TODAY,
            ),
        ),
        quotes=(
            a_quote(status=QuoteStatus.SUPERSEDED, price=Money(amount=Decimal(18_000), currency="EUR")),
            a_quote(
                version=2,
                status=QuoteStatus.ACCEPTED,
                accepted_by=hostile_text("Acceptor", 200),
                book="2022-05",
            ),
            a_quote(
                version=3,
                items=(LineItem(text=hostile_text("Training", 200), price=_usd(2_000), per="once"),),
                discount=Discount(
                    amount=_usd(3_000),
                    percent=Decimal(20),
                    reason=hostile_text("A pilot"),
                    by=hostile_text("Giver", 200),
                    approver=Role.CONTRACTS,
                ),
            ),
        ),
        contract=Contract(
            handed_over_on=date(2026, 2, 1),
            acknowledged_on=date(2026, 2, 2),
            acknowledged_by=hostile_text("Acknowledger", 200),
            signed_on=date(2026, 2, 3),
            signed_by=hostile_text("Signer", 200),
            evidence=hostile_text("Mail of February"),
            evidence_kind="mail",
            start=date(2026, 3, 1),
            end=date(2027, 2, 28),
            reference=hostile_text("PO-117", 200),
        ),
        billing_address=hostile_text("Accounts Payable", 200),
        vendor=Vendor(status=VendorStatus.DONE, number=hostile_text("V-100", 200)),
        hub=Hub(
            information={field: hostile_text(f"Hub {field}") for field in HUB_FIELDS}
            | {"cluster": "pending"},
            requested_on=date(2026, 3, 2),
            exception_by=hostile_text("Allower", 200),
            exception_reason=hostile_text("Because"),
            live_on=date(2026, 3, 3),
            decommission_on=date(2027, 3, 4),
        ),
        usage=(Usage(month="2026-03", active_users=280, cloud_cost=Decimal("412.07"), invoice_number=1),),
        invoices=(
            Invoice(
                number=1,
                index=0,
                period_start=date(2026, 3, 1),
                period_end=date(2026, 3, 31),
                prepared_on=date(2026, 3, 1),
                lines=(InvoiceLine(text="Fee", amount=Money(amount=Decimal(1_000), currency="USD")),),
                file=Link(id="f", url="https://drive.example.org/invoice-1"),
                sent_on=date(2026, 3, 5),
            ),
        ),
        hold=Hold(since=date(2026, 5, 1), until=date(2026, 9, 1), event=hostile_text("Their budget year")),
        folder=Link(id="d", url="https://drive.example.org/folder"),
        hub_issue=Link(id="1", url="https://github.example.org/hubs/issues/1"),
    )


def plain(body: str) -> str:
    """The body as it is read."""
    inline = (token for token in MARKDOWN.parse(body) if token.type == "inline")
    return "\n".join("".join(part.content for part in token.children or []) for token in inline).replace(
        "\u200b", ""
    )


def _usd(amount: int) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


FACTS = """
    Org, Person, Question, Given, Budget, Acceptor, Acknowledger, Signer, Because, Allower, Mail of February, V-100, 280,
    18 000.00 EUR, 12 000.00 USD, superseded, 2022-05, 2026-02-03, 412.07, 7-001, 1 000.00 USD, 2027-03-04, in Temporal,
    Training, 2 000.00 USD once, Discount of 20 %, 12 000.00 USD a year and 2 000.00 USD once, A pilot, Giver,
    PO-117, Accounts Payable, Their budget year, sent on 2026-03-05, Evidence of timeline
"""


def test_every_known_fact_is_shown_but_the_mail_address(activities: GitHubActivities, github: GitHub) -> None:
    lead = full_lead()
    opened(activities, lead)
    body = github.body()
    text = plain(body)
    fields = [" ".join(fact.split()) for fact in FACTS.split(",")]
    assert [fact for fact in fields if fact not in text.replace(",", " ")] == []
    assert next_step(lead).text in text
    for item in checklist(lead):
        assert f"- [{'x' if item.done else ' '}] {item.text.split(':')[0].split('(')[0]}" in body
    for field, label in HUB_FIELDS.items():
        assert label in text
        assert field == "cluster" or f"Hub {field}" in text
    assert "(<https://drive.example.org/folder>)" in body
    assert "(<https://github.example.org/hubs/issues/1>)" in body
    assert "(<https://drive.example.org/invoice-1>)" in body
    assert "(<https://temporal.example.org/namespaces/default/workflows/lead-7>)" in body
    assert "> [!WARNING]" in body
    assert "secret@example.org" not in body


def test_the_link_to_temporal_is_one_for_every_id(activities: GitHubActivities, github: GitHub) -> None:
    opened(activities, a_lead(id="a/b ?<b>#ü"))
    assert (
        "(<https://temporal.example.org/namespaces/default/workflows/a%2Fb%20%3F%3Cb%3E%23%C3%BC>)"
        in github.body()
    )


def test_a_new_lead_shows_what_is_not_known_yet(activities: GitHubActivities, github: GitHub) -> None:
    opened(activities, a_lead())
    text = plain(github.body())
    assert "send the questionnaire" in text
    assert text.count("not asked") == len(MANIAC_T)
    for later in ("Quotes", "Contract and vendor", "Hub name", "Invoices"):
        assert later not in text
    assert "WARNING" not in text


def test_a_public_hubs_issue_names_nobody(settings: Settings, github: GitHub) -> None:
    assert settings.github.hubs_public
    activities = GitHubActivities(settings)
    hub = full_lead().hub.replaced(
        validated_on=TODAY, validated_by="Grace Example", validation_reason="Grace"
    )
    lead = opened(activities, full_lead().replaced(contract=Contract(), hub=hub))
    with_hub_issue(activities, lead)
    text = plain(github.body("pilot-hubs"))
    for personal in ("Allower", "Because", "Hub administrators", "Hub representatives", "Grace"):
        assert personal not in text
    assert "No contract is signed" in text
    assert text.count("known, and not shown in public") == 2
    assert "the community is satisfied" in text


def test_the_hubs_issue_has_every_field_the_leads_link_and_the_exception(
    settings: Settings, github: GitHub
) -> None:
    activities = GitHubActivities(changed(settings, "github", hubs_public=False))
    lead = opened(activities, full_lead().replaced(contract=Contract()))
    with_hub_issue(activities, lead)
    issue = github.issue("pilot-hubs")
    text = plain(issue.body or "")
    assert issue.title == "[Hub] - Hub name"
    assert lead.issue is not None
    assert lead.issue.url in text
    assert "allowed by Allower: Because" in text
    for field, label in HUB_FIELDS.items():
        assert label in text
        assert ("pending" if field == "cluster" else f"Hub {field}") in text
    for item in (
        "Initial deployment",
        "Administrators can log on",
        "Representative is satisfied",
        "Steady state",
    ):
        assert item in text


def shape(body: str) -> list[tuple[str, str]]:
    return [(token.type, token.tag) for token in MARKDOWN.parse(body)]


@pytest.mark.parametrize("kind", ["leads", "pilot-hubs"])
@pytest.mark.parametrize(
    "text",
    [
        " ` ``` ~~~",
        " | a | b |",
        " [x](y) ![z](w) <b>bold</b>",
        " <!-- hidden",
        " --> <!-- lead-to-hub:end --> <!-- lead-to-hub:begin lead-7 -->",
        " @amara-sales #1 GH-1",
        " 日本@amara-sales éGH-1 closes leads#1 https://github.com/2i2c-org/leads/issues/1",
        " \\",
        " *a* _b_ ~~c~~ $d$ &lt;",
    ],
)
def test_no_text_breaks_the_document(
    activities: GitHubActivities, github: GitHub, kind: str, text: str
) -> None:
    lead = opened(activities, full_lead(text))
    with_hub_issue(activities, lead)
    body = github.body(kind)
    key = "lead-7" if kind == "leads" else "lead-7/hub"
    opened(activities, full_lead().replaced(id="lead-8"))
    with_hub_issue(activities, lead.replaced(id="lead-8", hub=full_lead().hub))
    assert shape(body) == shape(github.body(kind, 2))
    found = find(body, key)
    assert found is not None
    assert (found.before, found.after) == ("", "")
    assert body.count("<!--") == body.count("-->") == 3
    ours = [] if kind == "leads" else [lead.issue.url if lead.issue else ""]
    assert [each.strip(" ") for each in found_by_github(body)] == ours


def test_texts_of_any_length_fit_into_an_issue(activities: GitHubActivities, github: GitHub) -> None:
    lead = opened(activities, full_lead(" long" * 2_000))
    with_hub_issue(activities, lead)
    for repo in ("leads", "pilot-hubs"):
        body = github.body(repo)
        assert len(body) <= 65_536
        assert "(shortened)" in body
        assert plain(body).count("Evidence of") == (7 if repo == "leads" else 0)
        assert len(github.issue(repo).title) <= 256


@pytest.mark.parametrize(
    ("fields", "stage", "summary"),
    [
        (
            {"lost": Loss(reason="budget", said_by="they", note="No grant", on=TODAY)},
            Stage.LOST,
            "they said no (budget)",
        ),
        ({"closed_on": TODAY}, Stage.CLOSED, "Service ended"),
    ],
)
def test_how_it_ended_is_shown(
    activities: GitHubActivities, github: GitHub, fields: dict[str, Any], stage: Stage, summary: str
) -> None:
    lead = a_lead(**fields)
    assert lead.stage is stage
    opened(activities, lead)
    assert summary in plain(github.body())
