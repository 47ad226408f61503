"""Five of the eight things that really went wrong (process.md), on a real server.

The other three are tested where they happen: 5 in tests/starter/cli/test_leads.py, 6 in
tests/activities/reconcile/test_questionnaire.py, 8 in tests/system/test_contracts_team.py.
tests/process/test_failures.py has the rules behind each.
"""

from dateutil.relativedelta import relativedelta

from tests.support.workflow_lives import Life

SIGNED = {"evidence": "https://drive.example.org/signed.pdf"}


async def test_1_a_hub_does_not_run_on_after_its_contract_without_anybody_hearing_of_it(life: Life) -> None:
    await life.to_hub()
    view = await life.pass_days(370)
    templates = life.outside.templates(life.id)
    assert (
        templates.count("renewal"),
        templates.count("renewal_not_begun"),
        templates.count("contract_lapsed"),
    ) == (
        3,
        1,
        1,
    )
    end = view.lead.contract.end
    assert f"The hub runs although its contract ended on {end}" in view.attention
    view = await life.pass_days(730)
    assert f"The hub runs although its contract ended on {end}" in view.attention, "two years later, too"


async def test_2_no_hub_is_deployed_for_a_lead_that_never_signed(life: Life) -> None:
    await life.decide_all(
        "price_quoted", "quote_accepted", price_quoted={"amount": 12000, "currency": "USD", "per": "year"}
    )
    refused = await life.decide("hub_requested")
    assert not refused.accepted
    assert "No contract is signed" in str(refused)
    view = await life.settled()
    assert view.lead.hub_issue is None
    assert "open_hub_issue" not in " ".join(life.outside.of(life.id))


async def test_3_no_months_cloud_cost_is_forgotten(life: Life) -> None:
    await life.decide_all(
        "price_quoted",
        "quote_accepted",
        "contract_handed_over",
        "contract_signed",
        "vendor_setup_not_needed",
        "hub_requested",
        "hub_live",
        price_quoted={"book": "2026-06", "plan": "General membership"},
        contract_signed=SIGNED,
    )
    view = await life.pass_days(100)
    (forgotten,) = (line for line in view.attention if line.startswith("Usage is not reported"))
    months = forgotten.rpartition("for ")[2].split(", ")
    assert len(months) >= 3
    assert life.outside.templates(life.id).count("usage_missing") > len(months)
    for month in months:
        assert (await life.decide("usage_reported", month=month, active_users=0, cloud_cost="1000")).accepted
    view = await life.pass_days(31)
    billed = [month for invoice in view.lead.invoices for month in invoice.usage_months]
    assert set(months) <= set(billed)
    assert len(billed) == len(set(billed))


async def test_4_contract_hub_and_invoices_know_each_other(life: Life) -> None:
    await life.to_hub()
    lead = (await life.settled()).lead
    assert lead.issue
    assert lead.hub_issue
    assert lead.folder
    assert lead.invoices[0].file
    assert lead.contract.evidence == SIGNED["evidence"]
    assert lead.contract.quote == lead.quotes[0].version


async def test_7_all_who_were_told_of_a_decommission_are_told_that_it_was_overruled(life: Life) -> None:
    await life.to_hub()
    now = await life.env.get_current_time(life.handle)
    on = now.date() + relativedelta(years=1)
    decided = await life.decide("decommission_decided", on=str(on), reason="No funds")
    assert decided.accepted, str(decided)
    assert (await life.decide("decommission_cancelled", reason="New funds")).accepted
    view = await life.pass_days(200)
    sent = [mail for mail in view.lead.mails if mail.template.startswith("decommission_")]
    assert [mail.template for mail in sent] == ["decommission_decided", "decommission_cancelled"]
    assert sent[0].recipients == sent[1].recipients
    assert view.lead.hub.running
    assert view.lead.hub.decommission_on is None
