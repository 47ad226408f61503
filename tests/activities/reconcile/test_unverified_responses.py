"""A text that somebody types into the questionnaire proves nothing: only a lead's own link names it."""

import asyncio

import pytest

from activities.questionnaire_link import (
    PLACE,
    named_lead,
    shown_link,
    signed_lead,
    signed_link,
)
from client.directory import LeadHandle
from client.reconcile import waiting_responses
from config.settings import Settings
from process.decisions.opening import LeadOpened
from process.views.lead_overview import Overview
from tests.support.deployment import SALES, Deployment, own_env
from tests.support.questionnaires import found_by, has_read, look, submit, verify
from tests.support.waiting import TIMEOUT

__all__ = ["own_env"]

KEY, OLD = "k" * 40, "o" * 40


async def adas(deployment: Deployment) -> LeadHandle:
    """Open Ada's lead, and wait until it can be found by its address."""
    opened = LeadOpened(org="Ada's institute", person="Ada", title="A hub", email="ada@example.org")
    lead = await deployment.leads.find((await deployment.leads.open(opened)).lead_id)
    await deployment.until(lead, lambda view: view.lead.issue is not None)
    async with asyncio.timeout(TIMEOUT):
        while not await deployment.leads.by_domain("ada@example.org"):
            await asyncio.sleep(0.05)
    return lead


def token(deployment: Deployment, lead_id: str) -> str:
    """Return what the lead's own link fills in."""
    return signed_link(deployment.settings, lead_id).rpartition("=")[2]


async def opened_by(deployment: Deployment, **answers: str) -> Overview:
    """Submit a response that opens a lead of its own, and return that lead."""
    submit(deployment, **answers)
    (finding,) = (await look(deployment)).found
    lead = await deployment.leads.find(finding.rpartition(" ")[2])
    return await has_read(deployment, lead, answers.get("name", "Ada Example"))


async def test_a_response_by_the_leads_own_link_is_its_own(deployment: Deployment) -> None:
    lead = await adas(deployment)
    submit(deployment, org="Another name", email="else@example.com", lead=token(deployment, lead.id))
    await look(deployment)
    view = await has_read(deployment, lead, "Ada Example")
    assert view.lead.org == "Ada's institute"
    assert len(deployment.rows()) == 1


async def test_an_address_that_is_typed_opens_a_lead_that_waits_for_a_person(deployment: Deployment) -> None:
    lead = await adas(deployment)
    first = submit(deployment, lead=token(deployment, lead.id))
    await look(deployment)
    await has_read(deployment, lead, "Ada Example")
    await found_by(deployment, first)
    other = await opened_by(deployment, name="Mallory", more="We need 9000 users")
    assert other.lead_id != lead.id
    assert [each.lead_id for each in other.lead.undecided] == [lead.id]
    view = await deployment.leads.overview(lead)
    assert dict(view.lead.questionnaire.answers)["Your name"] == "Ada Example", "nothing is overwritten"
    assert not view.lead.questionnaire.others
    mallory = await deployment.leads.find(other.lead_id)
    issue = await deployment.number(mallory)
    body = deployment.as_person(SALES, "GET", f"leads/issues/{issue}")["body"]
    assert lead.id in body
    assert "/merged" in body


async def test_a_person_takes_the_answers_over_with_one_command(deployment: Deployment) -> None:
    lead = await adas(deployment)
    other = await deployment.leads.find((await opened_by(deployment)).lead_id)
    await deployment.until(other, lambda view: view.lead.issue is not None)
    comment = await deployment.comment(other, f"/merged into={lead.id}")
    await deployment.sync(other, comment)
    view = await has_read(deployment, lead, "Ada Example")
    assert view.lead.questionnaire.answered_on


async def test_an_id_that_is_typed_is_told_to_a_person(deployment: Deployment) -> None:
    lead = await adas(deployment)
    other = await opened_by(deployment, org="Elsewhere", email="m@example.net", name="Mallory", lead=lead.id)
    (original,) = other.lead.undecided
    assert (original.lead_id, original.reasons) == (lead.id, ("named in the questionnaire",))
    assert not (await deployment.leads.overview(lead)).lead.questionnaire.answers


@pytest.mark.parametrize(
    "forged", ["{other}", "{id}.aaaaaaaabbbbbbbbccccccccdddddddd", "{id}.", "lead-nobody"]
)
async def test_a_token_of_another_lead_proves_nothing(deployment: Deployment, forged: str) -> None:
    lead = await adas(deployment)
    stolen = f"{lead.id}.{token(deployment, 'lead-another').rpartition('.')[2]}"
    await opened_by(deployment, name="Mallory", lead=forged.format(other=stolen, id=lead.id))
    assert not (await deployment.leads.overview(lead)).lead.questionnaire.answers


async def test_a_verified_address_needs_no_link(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await adas(deployment)
    verify(monkeypatch, "Ada@example.org")
    submit(deployment, email="typed@example.net")
    await look(deployment)
    await has_read(deployment, lead, "Ada Example")


async def test_a_day_has_so_many_new_leads_and_the_rest_waits(deployment: Deployment) -> None:
    deployment.settings.google.new_leads_a_day = 2
    for number in range(4):
        submit(deployment, org=f"Institute {number}", email=f"ada@{number}.example", name=f"Ada {number}")
    found = (await look(deployment)).found
    assert found[-1] == "2 responses wait for another day: the questionnaire opens 2 new leads a day"
    assert await waiting_responses(deployment.env.client) == 2
    again = (await look(deployment)).found
    assert again == found[-1:], "no more on the same day"
    deployment.settings.google.new_leads_a_day = 20
    assert len((await look(deployment)).found) == 2
    async with asyncio.timeout(TIMEOUT):
        while {row.org for row in deployment.rows()} != {f"Institute {number}" for number in range(4)}:
            await asyncio.sleep(0.05)
    assert (await look(deployment)).found == ()
    assert await waiting_responses(deployment.env.client) == 0


async def test_an_answer_of_a_megabyte_leaves_the_lead_answering(deployment: Deployment) -> None:
    lead = await adas(deployment)
    for _ in range(5):
        submit(deployment, more="x" * 1_200_000, lead=token(deployment, lead.id))
        await look(deployment)
    view = await has_read(deployment, lead, "Ada Example")
    assert dict(view.lead.questionnaire.answers)["Anything else?"].endswith("(the rest stays in the form)")
    await lead.execute_update("put_on_hold", {"event": "A grant"})
    await lead.execute_update("lost", {"reason": "budget"})


def signing(url: str, *keys: str) -> Settings:
    settings = Settings(_env_file=None)
    given = dict(zip(("signing_key", "signing_key_previous"), keys, strict=False))
    settings = Settings(_env_file=None, **given)  # type: ignore[arg-type]
    settings.google.questionnaire_url = url
    return settings


def test_a_link_counts_while_keys_are_rotated() -> None:
    url = f"https://forms.example/view?entry.1={PLACE}"
    before, between, after = signing(url, OLD), signing(url, KEY, OLD), signing(url, KEY)
    answer = signed_link(before, "lead-a").rpartition("=")[2]
    assert answer.startswith("lead-a.")
    assert [signed_lead(each, answer) for each in (before, between, after)] == ["lead-a", "lead-a", ""]
    assert signed_link(between, "lead-a") == signed_link(after, "lead-a")


def test_without_a_place_or_a_key_nothing_is_signed() -> None:
    plain, no_key = signing("https://forms.example/view", KEY), signing(f"https://forms.example/{PLACE}")
    assert signed_link(plain, "lead-a") == signed_link(no_key, "lead-a") == ""
    assert shown_link(plain, "lead-a") == "https://forms.example/view"
    assert shown_link(no_key, "lead-a") == "https://forms.example/"
    assert signed_lead(no_key, "lead-a.aaaaaaaabbbbbbbbccccccccdddddddd") == ""


@pytest.mark.parametrize("text", ["x" * 1_000_000, "lead-" * 100_000, "\ud800", ""])
def test_any_text_may_be_asked_about(text: str) -> None:
    settings = signing(PLACE, KEY)
    assert signed_lead(settings, text) == ""
    assert len(named_lead(text)) <= 300
