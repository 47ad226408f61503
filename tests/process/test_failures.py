"""The eight failures that really occurred (process.md): each is now prevented or noticed.

| | failure | tests here | test on a real server |
| --- | --- | --- | --- |
| 1 | a hub ran two years after its contract had ended | test_1_… | tests/workflows/test_failures.py |
| 2 | a hub was deployed for a lead that never signed | test_2_… | tests/workflows/test_failures.py |
| 3 | 70,000 USD of cloud cost was never billed | test_3_… | tests/workflows/test_failures.py |
| 4 | nothing linked contracts, hubs and invoices | test_4_… | tests/workflows/test_failures.py |
| 5 | the same request was taken in twice | test_5_… | tests/starter/cli/test_leads.py |
| 6 | a template was filled in by the wrong person | test_6_… | tests/activities/reconcile/test_questionnaire.py |
| 7 | a decommission was overruled, found by luck | test_7_… | tests/workflows/test_failures.py |
| 8 | the contracts team changed its address | test_8_… | tests/system/test_contracts_team.py |
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from process.effects.introductions import mails_to_former
from process.effects.observations import AnswersRead
from process.identity import possible_ids, request_key
from process.money.terms import agreed
from process.money.usage import missing_usage
from process.types import Role, Stage
from process.views.attention import attention
from process.views.checklist import checklist
from process.views.next_step import next_step
from process.views.overview import timeline
from tests.support.lives import BOOK_QUOTE, HUB, ORIGINAL, QUOTE, SIGNED, Life

ROOT = Path(__file__).parents[2]


def test_each_failure_has_its_tests_and_the_table_names_existing_files() -> None:
    numbers = {name.split("_")[1] for name in globals() if re.match(r"test_\d_", name)}
    rows = re.findall(r"^\| (\d) \|.*\| (.*) \|$", __doc__ or "", re.MULTILINE)
    assert numbers == {number for number, _ in rows} == set("12345678")
    assert all((ROOT / file).exists() for _, file in rows)


def worries(life: Life) -> tuple[str, ...]:
    return attention(life.lead, life.today)


def test_1_a_hub_ran_two_years_after_its_contract_had_ended() -> None:
    """Open three renewal windows, lapse the contract, and ask for a decision; it is never just "active"."""
    life = Life().live().until("2026-09-01")
    life.does("usage_reported", month="2026-08", active_users=0)
    assert not [text for text in worries(life) if "contract" in text]
    life.until("2027-05-31", hour=23)
    assert [mail.fields["days"] for mail in life.mails("renewal")] == ["180", "90", "30"]
    assert life.mails("contract_lapsed") == []
    life.until("2027-06-01", hour=0)
    (lapsed,) = life.mails("contract_lapsed")
    assert {str(role) for role in lapsed.to} == {"sales", "contracts"}
    assert "The hub runs although its contract ended on 2027-05-31" in worries(life)
    assert next_step(life.lead).text == "renew, extend, or decide the decommission: the contract has ended"
    life.until("2029-06-01")
    assert len(life.mails("lapse_decision")) == 1
    assert "The hub runs although its contract ended on 2027-05-31" in worries(life)


def test_1_an_extension_lasts_as_long_as_it_says_and_no_longer() -> None:
    life = Life().live().until("2027-06-10")
    life.does("service_extended", reason="The renewal is with their lawyers")
    assert not [text for text in worries(life) if "although its contract ended" in text]
    life.until("2027-06-26")
    ended = "its contract ended on 2027-05-31, and its extension on 2027-06-24"
    assert f"The hub runs although {ended}" in worries(life)


@pytest.mark.parametrize("state", ["__init__", "quoted", "accepted", "handed_over"])
def test_2_a_hub_was_deployed_for_a_lead_that_never_signed(state: str) -> None:
    """Refuse to request a hub without a signature, unless a named person allows it, which stays visible."""
    life = Life()
    if state != "__init__":
        getattr(life, state)()
    assert "No contract is signed" in life.refused("hub_requested")
    assert "The hub was not requested" in life.refused("hub_live")
    assert not [effect for effect in life.planned if effect.kind == "open_hub_issue"]
    assert life.mails("hub_requested") == []

    life.does("hub_requested", exception_by="Grace Example", exception_reason="The course begins on Monday")
    life.does("hub_live")
    assert life.lead.stage in (Stage.LEAD, Stage.QUOTED)  # a hub does not make a contract
    assert "The hub runs without a contract, allowed by Grace Example" in worries(life)
    assert "allowed by Grace Example: The course begins on Monday" in timeline(life.aggregate)[-2].summary


def test_2_neither_an_agreed_price_nor_a_corrected_signature_allows_a_hub() -> None:
    life = Life().requested()
    signed = next(event.seq for event in life.aggregate.event_log.events if event.kind == "contract_signed")
    assert "rests on it" in life.refused("corrected", seq=signed, reason="It was another's")


def test_3_about_70000_of_cloud_cost_was_never_billed() -> None:
    """List each month of a running hub without usage until it is reported, and bill what is reported."""
    life = Life().live(BOOK_QUOTE).until("2027-01-10")
    months = tuple(f"2026-{month:02d}" for month in range(6, 13))
    assert missing_usage(life.lead, life.today) == months
    assert f"Usage is not reported, so not billed, for {', '.join(months)}" in worries(life)
    assert life.lead.invoices[-1].missing_usage == months  # shown to the sender of the invoice, too
    for month in months:
        life.does("usage_reported", month=month, active_users=0, cloud_cost="10000")
    life.until("2027-02-02")
    cloud = [
        line.amount.amount for line in life.lead.invoices[-1].lines if line.text.startswith("Cloud cost")
    ]
    assert sum(cloud) == Decimal(70_000)
    assert not [text for text in worries(life) if "-12" in text]


def test_3_unbilled_usage_is_not_lost_when_the_service_ends() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-12-20")
    life.does("decommission_decided", on="2026-12-20", reason="The course is over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    life.until("2027-01-20")
    assert any(text.startswith("Usage is not reported") for text in worries(life))
    life.does("usage_reported", month="2026-12", active_users=0, cloud_cost="10000")
    assert life.until("2027-02-02").lead.invoices[-1].total.amount == 10_000


def test_4_nothing_linked_contracts_hubs_and_invoices() -> None:
    """Keep contract, hub and invoices in one lead, and show the links in each issue."""
    life = Life().live(BOOK_QUOTE).wait(1).perform()
    lead = life.lead
    quote = agreed(lead)
    assert quote is not None
    assert lead.contract.evidence == SIGNED["evidence"]
    assert None not in (lead.issue, lead.hub_issue, lead.folder, lead.invoices[0].file)
    assert lead.invoices[0].lines[0].text.startswith("General membership")
    assert (lead.hub.name, quote.book) == (HUB["name"], "2026-06")
    assert all(
        item.done for item in checklist(lead) if item.name.startswith(("Contract", "Hub", "Infra", "Leads"))
    )


def test_4_a_contract_without_a_hub_and_a_hub_without_a_contract_are_concerns() -> None:
    assert "A live contract without a hub" in worries(Life().contracted())
    assert "The contract has ended before its hub was live" in worries(
        Life().contracted().until("2027-06-02")
    )
    assert not [text for text in worries(Life().live()) if "contract" in text]


def new_id(org: str, title: str) -> str:
    return possible_ids(org, request_key(org, title))[0]


def test_5_the_same_request_was_taken_in_twice() -> None:
    """Give the same organisation and title the same id in any spelling, and hold probable duplicates."""
    once = new_id("Example University", "Hub for a course")
    assert new_id("  example   UNIVERSITY ", "Hub for a Course") == once
    assert new_id("Example University", "Hub for a lab") != once
    life, twin = Life(), Life(lead_id="lead-twin", originals=[ORIGINAL | {"lead_id": "lead-example"}])
    assert "may be the same request as lead-example" in worries(twin)[0]
    twin.does("merged", into="lead-example", note="Taken in three weeks ago")
    life.receives_notice_from(twin)
    assert twin.lead.stage is Stage.LOST
    assert [other.lead_id for other in life.lead.duplicates] == ["lead-twin"]


def test_5_a_repeated_decision_counts_once() -> None:
    life = Life()
    first = life.does("price_quoted", **QUOTE, key="form-17")
    again = life.wait(21).take("price_quoted", **QUOTE, key="form-17")
    assert (again.repeat, again.seq, len(life.lead.quotes)) == (True, first.seq, 1)


def test_6_a_template_was_filled_in_by_the_wrong_person_and_the_body_went_stale() -> None:
    """Read the answers from their source, again on request, and show them with their author."""
    life = Life().perform()
    life.does("questionnaire_answered", response_id="by-the-wrong-person")
    life.perform()
    before = len(life.planned)
    life.does("questionnaire_answered", response_id="by-the-right-person")
    life.perform()
    assert life.lead.questionnaire.response_id == "by-the-right-person"
    assert life.lead.questionnaire.answers == (("Which cloud?", "Any"),)
    since = [effect.kind for effect in life.planned[before:]]
    assert "read_answers" in since
    assert "update_issue" in since
    assert AnswersRead.visible  # so that the issue is updated when they are read
    life.does("maniac_t_assessed", need="yes", need_evidence="Wrong", said_by="The wrong person")
    life.does("maniac_t_assessed", need="no", need_evidence="Right", said_by="Ada Example")
    answer = life.lead.qualification.answers["need"]
    assert (answer.evidence, answer.said_by) == ("Right", "Ada Example")
    assert [line.kind for line in timeline(life.aggregate)].count("maniac_t_assessed") == 2


def test_7_a_decommission_was_decided_and_overruled_and_that_was_found_by_luck() -> None:
    """Record the overruling as a decision, tell everybody who was told, and cancel the notices."""
    life = Life().live().perform()
    life.does("decommission_decided", on="2026-12-01", reason="No funds", by="Grace Example")
    assert next_step(life.lead).text == "take the hub down on 2026-12-01"
    life.until("2026-11-20")
    assert [mail.fields["days"] for mail in life.mails("decommission_notice")] == ["14"]
    life.does("decommission_cancelled", reason="They found new funds", by="Ada Example")
    assert life.mails("decommission_cancelled")[0].to == life.mails("decommission_decided")[0].to
    life.until("2027-01-15")
    assert len(life.mails("decommission_notice")) == 1
    assert life.lead.hub.running
    assert "so nobody was told" in life.refused("hub_decommissioned", data_confirmed_by="Ada Example")
    overruled = [
        (line.by, line.summary) for line in timeline(life.aggregate) if line.kind.startswith("decommission_c")
    ]
    assert overruled == [
        ("Ada Example", "The hub stays, its decommission was overruled: They found new funds")
    ]


def test_8_the_contracts_team_changed_its_address_and_nobody_knew_which_mail_had_reached_whom() -> None:
    """Send mail to roles, and record the addresses that each mail reached."""
    life = Life()
    life.addresses["contracts"] = "old@example.org"
    life.handed_over().perform()
    life.addresses["contracts"] = "new@example.org"
    life.wait(7).perform()
    assert [(mail.template, mail.recipients) for mail in life.lead.mails] == [
        ("price_quoted", ("old@example.org",)),
        ("handover", ("old@example.org",)),
        ("handover_reminder", ("new@example.org",)),
    ]
    assert [str(mail.at.date()) for mail in life.lead.mails] == ["2026-06-01", "2026-06-01", "2026-06-08"]
    assert len({mail.message_id for mail in life.lead.mails}) == 3


def test_8_the_new_contracts_team_is_introduced_in_the_conversation() -> None:
    life = Life(policy={"addresses": {"contracts": ["old@example.org"]}}).handed_over().perform()
    life.gets_team(contracts=("new@example.org",)).perform()
    assert [(mail.template, mail.recipients) for mail in life.lead.mails][2:] == [
        ("address_changed", ("new@example.org",)),
        ("address_left", ("old@example.org",)),
    ]
    assert [mail.template for mail in mails_to_former(life.lead, Role.CONTRACTS)] == [
        "price_quoted",
        "handover",
    ]


def test_8_their_silence_is_noticed() -> None:
    life = Life().handed_over().wait(20)
    assert "The contracts team has been silent since the hand-over" in worries(life)
    life.does("contract_acknowledged", by="Carla Example")
    assert worries(life) == ()
