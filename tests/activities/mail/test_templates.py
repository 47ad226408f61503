"""Templates exist for all mails that the process can plan, and can be rendered for every lead."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import UndefinedError

import process
from activities.mail.text import MailBody, mail_body
from config.settings import Settings
from process.decisions.registry import DECISIONS
from process.effects import SendCorrection, SendMail
from process.lead.lead import Lead
from process.types import Role
from tests.support.lives import BOOK_QUOTE, DISCOUNTED, HUB, ORIGINAL, RENEWAL, Life
from tests.support.nasty import HOSTILE

TEMPLATES = Path(__file__).parents[3] / "templates" / "mail"
NAMES = sorted({file.stem for file in TEMPLATES.glob("[!_]*.md")} - {SendCorrection.template, "digest"})
SETTINGS = Settings(_env_file=None, temporal_ui="https://temporal.example.org")
LOOPBACK = (
    "http://localhost:8233",
    "http://127.0.0.1:8233",
    "http://127.8.8.8/ui",
    "http://[::1]:8233",
    "http://0.0.0.0:8233",
    "https://temporal.localhost",
    "http://LOCALHOST.:8233",
)


def planned_in_source() -> set[str]:
    """The names in every `mail(change, "name", …)` and `SendMail(template="name")` of the process."""
    found = set()
    for file in Path(str(process.__file__)).parent.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "")
            if name == "mail":
                found.add(ast.literal_eval(call.args[1]))
            elif name == "SendMail":
                given = next(each.value for each in call.keywords if each.arg == "template")
                found |= {given.value} if isinstance(given, ast.Constant) else set()
    return {str(each) for each in found}


@cache
def lives() -> tuple[Life, ...]:
    """Leads that together get every mail there is."""
    renewed = Life(email="ada@example.org").perform()
    renewed.quoted(**BOOK_QUOTE).perform().does("quote_accepted", accepted_by="Grace Example")
    renewed.does("asset_attached", type="budget", name="Budget", url="https://docs.example.org/budget")
    renewed.does("contract_handed_over", note="They need a tender.\nAsk Grace.")
    renewed.perform().wait(40).perform().does("contract_signed", evidence="signed.pdf")
    renewed.does("vendor_setup_done", vendor_number="V-17")
    renewed.does("hub_information_given", **HUB)
    renewed.does("hub_requested")
    renewed.perform().does("hub_live")
    renewed.perform().wait(45).perform().does("invoice_sent", number=1)
    renewed.wait(500).perform().does(
        "decommission_decided", on=str(renewed.lead.today(renewed.now)), reason="Over"
    )
    renewed.does("decommission_cancelled", reason="Not over")
    renewed.does("decommission_decided", on=str(renewed.now.date().replace(year=2029)), reason="Over")
    renewed.wait(400).perform().does("hub_decommissioned", data_confirmed_by="Ada Example")
    renewed.perform()

    exception = Life().perform()
    exception.does("hub_information_given", name="Example Hub", start_date="pending")
    exception.does("hub_requested", exception_by="Ann Example", exception_reason="A course\nbegins on Monday")
    exception.perform().does("hub_live")
    exception.perform()

    slow = Life().perform()
    slow.does("questionnaire_sent")
    slow.wait(40).perform().does("put_on_hold", until=str(slow.now.date().replace(year=2027)))
    slow.wait(400).quoted().wait(60).perform()
    slow.quoted().does("lost", reason="budget", note="No grant.\nPerhaps next year.")
    slow.perform().does("reopened", reason="A grant after all")
    slow.perform().quoted(**BOOK_QUOTE).perform()
    quoted = next(
        event.seq for event in reversed(slow.aggregate.event_log.events) if event.kind == "price_quoted"
    )
    slow.does("corrected", seq=quoted, reason="Wrong lead\nreally", tell=True)
    slow.perform()

    again = Life(email="ada@example.org").live(BOOK_QUOTE).until("2027-03-01").perform().accepted()
    again.does("contract_handed_over")
    again.perform().gets_team(contracts=("deals@example.org",)).perform().does("invoice_sent", number=2)
    again.does("invoice_voided", number=2, reason="The price was\nanother")
    again.perform()

    asked = Life().contracted().perform()
    asked.does("assigned", role="sales", person="Grace Example")
    asked.wait(9).perform().does("hub_requested")
    asked.does("event_announced", name="Summer school", first="2026-07-05", last="2026-07-09", users=120)
    asked.perform().wait(8).perform().does("hub_live")
    asked.wait(330).perform()

    discounted = Life().perform().quoted(**DISCOUNTED, item=[f"{HOSTILE[:40]}: 5 once", "Support: 300"])
    discounted.perform().wait(27).perform().does(
        "discount_declined", by="Ann", reason="Ten percent\nwould do"
    )
    discounted.perform().quoted(**DISCOUNTED, note="Again").perform().does(
        "discount_approved", by="Ann Example"
    )
    discounted.perform()

    twin = Life(lead_id="lead-twin", originals=[ORIGINAL]).perform()
    twin.does("kept_apart")
    twin.quoted().perform().does("merged", into="lead-original", note="The same\nafter all")
    twin.perform()
    return renewed, exception, slow, again, asked, discounted, twin


def planned() -> dict[str, SendMail]:
    """A mail of each kind, as the process planned it."""
    return {
        effect.template: effect for life in lives() for effect in life.planned if isinstance(effect, SendMail)
    }


def states() -> Iterator[Lead]:
    """Leads as they were when their mails went out, and at their end. A mail may find any of them."""
    for life in lives():
        yield life.lead.brief()
    bare = Life().lead
    yield bare.brief()
    yield bare.replaced(org=HOSTILE, person=HOSTILE, title=HOSTILE, email="a@b.org")


def render(name: str, lead: Lead, **fields: str) -> MailBody:
    effect = planned()[name]
    effect = effect.replaced(fields=effect.fields | fields)
    return mail_body(effect, lead, SETTINGS, namespace="default")


def test_every_mail_that_can_be_planned_has_a_template_and_none_is_idle() -> None:
    assert planned_in_source() == set(NAMES)


def test_the_lives_below_get_every_mail() -> None:
    assert set(planned()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_complete_for_every_lead_that_it_may_find(name: str) -> None:
    for lead in states():
        parts = render(name, lead)
        for part in parts:
            assert "None" not in part
            assert "Undefined" not in part
            assert "[]" not in part
            assert "  \n" not in part
        assert len(parts.text) > 200
        assert f"/namespaces/default/workflows/{lead.id}" in parts.text
        assert "\n\n\n" not in parts.text


@pytest.mark.parametrize("name", NAMES)
def test_no_mail_leads_to_the_servers_own_machine(name: str) -> None:
    for ui in LOOPBACK:
        local = Settings(_env_file=None, temporal_ui=ui)
        text = mail_body(planned()[name], lives()[0].lead, local, namespace="default").text
        assert str(urlsplit(ui).hostname) not in text
        assert "/namespaces/" not in text
        assert "Everything that happened" not in text


def test_the_hand_over_says_how_to_record_the_signature() -> None:
    lead = lives()[0].lead
    text = render("handover", lead).text
    assert lead.issue
    assert "When it is signed, please answer this mail with" in text
    assert f"<{lead.issue.url}>" in text
    assert "\n/contract-signed evidence=" in text
    assert f"`leads contract-signed {lead.id} --evidence LINK" in text


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_somebody_it_goes_to_for_something(name: str) -> None:
    asked = {Role.SALES: "Sales", Role.CONTRACTS: "Contracts team", Role.ENGINEERING: "Engineering"}
    text = render(name, lives()[0].lead).text
    for role in planned()[name].to:
        assert f"{asked[role]}".lower() in text.lower(), f"{name} asks {role} for nothing"
    assert "**" in text


@pytest.mark.parametrize("name", NAMES)
def test_what_people_typed_makes_no_markup_and_no_link(name: str) -> None:
    bare = Life().lead
    hostile = bare.replaced(org=HOSTILE, person=HOSTILE, title=HOSTILE)
    fields = {key: HOSTILE for key in planned()[name].fields if key in ("note", "reason")}
    html = render(name, hostile, **fields).html
    assert "evil.example.org" in html
    assert 'href="https://evil' not in html
    assert "<b>" not in html
    assert "<img" not in html


@pytest.mark.parametrize("name", NAMES)
def test_each_command_in_it_is_one_that_there_is(name: str) -> None:
    for lead in states():
        for command in re.findall(r"`leads ([^`]+)`", render(name, lead).text):
            kind, subject, *options = shlex.split(command)
            assert subject == lead.id
            fields = DECISIONS[kind.replace("-", "_")].model_fields
            given = {option[2:].replace("-", "_") for option in options if option.startswith("--")}
            assert given <= set(fields)


def test_a_fact_that_a_template_misses_is_an_error() -> None:
    effect = planned()["renewal"].replaced(fields={})
    with pytest.raises(UndefinedError):
        mail_body(effect, lives()[0].lead, SETTINGS, namespace="default")


def test_the_hand_over_has_all_that_the_contracts_team_needs() -> None:
    life = Life(email="ada@example.org").perform()
    life.quoted(book="2026-06", plan="Premier", valid_until="2026-06-30").perform()
    life.does("quote_accepted", accepted_by="Grace Example")
    life.does("asset_attached", type="statement of work", name="The work", url="https://docs.example.org/sow")
    life.does("maniac_t_assessed", authority="yes", authority_evidence="Their board meets in May")
    life.does("vendor_setup_progressed", forms="sent")
    life.does("vendor_setup_done", vendor_number="V-17")
    life.does("hub_information_given", start_date="2026-09-01", end_date="2027-08-31")
    life.does("contract_handed_over", note="First line\nSecond line", due="2026-07-15")
    life.perform()
    effect = life.mails("handover")[0]
    text = mail_body(effect, life.lead, SETTINGS, namespace="default").text
    for needed in (
        "answer this mail by 2026-06-04",  # three working days after Monday
        "Customer: Example University",
        "Contact: Ada Example",
        "Mail: ada@example.org",
        "Agreed price: 50,000.00 USD a year",
        "Plan: Premier, price book 2026-06",
        "Agreed by: Grace Example",
        "a usage fee by monthly active users",
        "Contract period: not fixed yet",
        "Service wanted from: 2026-09-01",
        "Service wanted until: 2027-08-31",
        "To be signed by: 2026-07-15",
        "Vendor set-up: done",
        "Steps of the vendor set-up: forms sent on 2026-06-01",
        "Can the contact decide to buy? Who else takes part in the decision? yes, Their board meets in May",
        "Our vendor number there: V-17",
        "Statement of work: The work, <https://docs.example.org/sow>",
        "> First line\n> Second line",
        "Folder: <https://example.org/folder>",
        "Issue of the lead: <https://example.org/issue>",
    ):
        assert needed in text


def test_reminders_say_what_was_last_heard() -> None:
    life = Life().handed_over().wait(20)
    life.does("contract_progressed", state="drafted")
    life.wait(40)
    first, second = (
        mail_body(each, life.lead, SETTINGS, namespace="default")
        for each in (life.mails("handover_reminder")[-1], life.mails("handover_escalated")[-1])
    )
    assert "we have not heard from you since 2026-06-21" in first.text
    assert "State: drafted" in first.text
    assert "`leads contract-progressed lead-example --state STATE`" in second.text
    assert "nobody has said since 2026-06-21 how far it is" in second.text


def test_missing_usage_is_asked_for_month_by_month() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-08-11")
    text = mail_body(life.mails("usage_missing")[-1], life.lead, SETTINGS, namespace="default").text
    for month in ("2026-06", "2026-07"):
        command = f"usage-reported lead-example --month {month} --active-users USERS --cloud-cost AMOUNT"
        assert f"- {month}: `leads {command}`" in text


def test_the_invoices_mail_has_its_lines_and_what_is_missing() -> None:
    life = lives()[0]
    effect = next(
        each
        for each in reversed(life.mails("invoice"))
        if life.lead.invoices[int(each.fields["number"]) - 1].missing_usage
    )
    invoice = life.lead.invoice(int(effect.fields["number"]))
    assert invoice
    text = mail_body(effect, life.lead, SETTINGS, namespace="default").text
    assert f"Total: {invoice.total}" in text
    assert invoice.missing_usage[0] in text
    assert all(line.text in text for line in invoice.lines)
    assert invoice.file
    assert invoice.file.url in text


def test_a_discount_is_asked_for_with_all_that_whoever_approves_it_needs() -> None:
    life = Life().quoted(
        **BOOK_QUOTE, item="Training: 2000 once", discount_percent=20, discount_reason="A pilot\nof a year"
    )
    text = mail_body(life.mails("discount_approval")[0], life.lead, SETTINGS, namespace="default").text
    for needed in (
        "someone through Temporal quoted Example University a price with a discount of 20 % (3,000.00 USD), which is "
        "more than sales may give by itself (10 %).",
        "Contracts team: please say yes or no before the quote runs out at the end of 2026-07-01.",
        "- Yes: `/discount-approved version=1` in a comment on the lead's issue, or on the lead's page",
        "`leads discount-declined lead-example --version 1 --reason REASON --by NAME`",
        "- List price: 15,000.00 USD",
        "- Price with it: 12,000.00 USD a year and 2,000.00 USD once",
        "- Made of: General membership: 15,000.00 USD a year; Discount of 20 %: -3,000.00 USD a year; Training: "
        "2,000.00 USD once",
        "> A pilot\n> of a year",
        "Next step: contracts: approve or decline the discount",
    ):
        assert needed in text
    life.does("discount_approved", by="Ann Example")
    text = mail_body(life.mails("discount_approved")[0], life.lead, SETTINGS, namespace="default").text
    assert "is approved: 20 % (3,000.00 USD) off 15,000.00 USD, by Ann Example." in text
    assert "ask for their answer by 2026-07-01" in text


def test_items_and_discount_are_in_the_mails_about_the_price() -> None:
    offer = BOOK_QUOTE | {"item": "Training: 2000 once", "discount_percent": 10, "discount_reason": "A pilot"}
    life = Life().perform().quoted(**offer).until("2026-06-30").perform()
    life.does("quote_accepted")
    life.does("contract_handed_over")
    life.perform()
    for name in ("price_quoted", "quote_running_out", "handover"):
        text = mail_body(life.mails(name)[0], life.lead, SETTINGS, namespace="default").text
        assert "13,500.00 USD a year and 2,000.00 USD once" in text
        assert "Training: 2,000.00 USD once" in text
        assert "Discount: 10 % (1,500.00 USD) off 15,000.00 USD a year" in text


def test_who_has_it_now_hears_what_the_address_before_had_got_and_what_is_open() -> None:
    life = Life(policy={"addresses": {"contracts": ["old@example.org"]}}).handed_over().perform()
    life.wait(1).does("contract_acknowledged")
    life.gets_team(contracts=("new@example.org",))
    (changed,), (leaving,) = life.mails("address_changed"), life.mails("address_left")
    text = mail_body(changed, life.lead, SETTINGS, namespace="default").text
    for needed in (
        "From today on, mail to the contracts team about Example University goes to new@example.org.",
        "Until now it went to old@example.org.",
        "It waits for you: get the contract signed by 2026-06-29.",
        "- 2026-06-01: price quoted, to old@example.org",
        "- 2026-06-01: handover, to old@example.org",
        "Price: 12,000.00 USD a year",
        "Acknowledged: 2026-06-02",
        "Issue of the lead: <https://example.org/issue>",
    ):
        assert needed in text
    assert "hand on to new@example.org" in mail_body(leaving, life.lead, SETTINGS, namespace="default").text


def test_an_end_that_is_near_is_told_with_all_that_no_reminder_will_say() -> None:
    life = Life().live()
    life.does("decommission_decided", on="2026-06-20", reason="Over")
    assert "We will remind you 14 and 2 days before." in render("decommission_decided", life.lead).text
    life.wait(hours=1).does("decommission_decided", on="2026-06-10", reason="Over")
    assert "We will remind you 2 days before." in render("decommission_decided", life.lead).text
    life.wait(hours=1).does("decommission_decided", on="2026-06-02", reason="Over")
    text = render("decommission_decided", life.lead).text
    assert (
        "There is no time for a reminder, so please have somebody there confirm it before that day." in text
    )
    assert "do not take it down before they have confirmed" in text
    assert "hub-decommissioned lead-example --data-confirmed-by NAME" in text


def test_a_contract_that_ends_before_the_hub_asks_for_no_renewal() -> None:
    life = Life().live()
    life.does("decommission_decided", on="2027-06-20", reason="Over")
    text = render("contract_lapsed", life.until("2027-06-02").lead).text
    assert "the hub is taken down on 2027-06-20; please say today what applies until then" in text
    assert "price-quoted" not in text
    assert "service-extended" in text


def test_a_renewal_that_is_under_way_is_not_asked_for_anew() -> None:
    life = Life().live().until("2027-03-01").quoted(**RENEWAL).until("2027-03-04")
    text = render("renewal", life.lead, days="90").text
    assert "see its renewal through this month.** It waits for community: agree to the price" in text
    assert "talk with them" not in text


def test_a_contract_that_was_signed_is_ended_not_stopped() -> None:
    life = Life(service="other").contracted().until("2026-07-10").lost()
    text = render("lost", life.lead).text
    assert "Its contract was signed on 2026-06-01, for 2026-06-01 to 2027-05-31." in text
    assert "please end the contract with them" in text
    assert "Unpaid now: invoice 1, 2." in text
    assert "There will be no contract" not in text
    assert "There will be no contract." in render("lost", Life().quoted().lost().lead).text
